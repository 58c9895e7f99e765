"""Examined incidents on disk, so that scoring and fitting need not examine them again."""

from __future__ import annotations

import copyreg
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from benchmarks.calibration_lab.analyst import Examined
from benchmarks.calibration_lab.incidents import Incident


def _proxy(held: dict[str, float]) -> MappingProxyType[str, float]:
    return MappingProxyType(held)


def _as_mapping(
    proxy: MappingProxyType[str, float],
) -> tuple[Callable[[dict[str, float]], MappingProxyType[str, float]], tuple[dict[str, float]]]:
    return _proxy, (dict(proxy),)


copyreg.pickle(MappingProxyType, _as_mapping)  # a finding holds such, and pickle by itself does not know them


def keep(path: Path, incident: Incident, found: Examined, cpu_s: float) -> None:
    """Write one incident with what the lines found and the processor time it took; whole or not at all."""
    half = path.with_suffix(".half")
    half.write_bytes(zlib.compress(pickle.dumps((incident, found, cpu_s)), 1))
    half.replace(path)


def read(path: Path) -> tuple[Incident, Examined, float]:
    """What `keep` wrote; only ever read from the benchmark's own folder, as pickle runs what it reads."""
    incident, found, cpu_s = pickle.loads(zlib.decompress(path.read_bytes()))
    return incident, found, cpu_s

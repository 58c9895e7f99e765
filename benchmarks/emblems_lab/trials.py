"""The trials: which emblems are in the library, which are never in it, how each is worn, and what is answered."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from benchmarks.emblems_lab.drawing import Rgb, emblem
from benchmarks.emblems_lab.wearing import Worn, wear

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.uniforms.comparing import Ready, checked_box, compare_box, ready
from witnessmark.lines.uniforms.references import Reference

SIZES_PX = (160, 96, 64, 40)
CONDITIONS: dict[str, Worn] = {
    "sharp": Worn(0, tilt_share=0.06, turn_deg=12.0),
    "blurred": Worn(0, blur_px=0.9, tilt_share=0.06, turn_deg=12.0),
    "folds": Worn(0, blur_px=0.6, fold_share=0.04),
    "tilted": Worn(0, blur_px=0.6, tilt_share=0.14, turn_deg=25.0, loose_share=0.1),
    "covered": Worn(0, blur_px=0.6, cover_share=0.25, fold_share=0.02),
    "all": Worn(0, blur_px=0.9, cover_share=0.15, fold_share=0.04, tilt_share=0.1, turn_deg=20.0, loose_share=0.1),
}


@dataclass(frozen=True, slots=True)
class Split:
    """A library and what is shown to it.

    Attributes
    ----------
    name : str
    styles : tuple of str
        Drawn styles; no style is in two splits.
    first_seed : int
    each : int
        Drawn emblems of a style in the library, and as many that are never in it.
    folder : str
        Pictures of emblems and flags in it, below the data folder; empty for none.
    """

    name: str
    styles: tuple[str, ...]
    first_seed: int
    each: int
    folder: str = ""


SPLITS = {
    "development": Split("development", ("shield", "roundel"), 0, 12, "uniforms"),
    "held-out": Split("held-out", ("lozenge", "tab"), 5000, 24),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One trial.

    Attributes
    ----------
    split, group, shown : str
        Group is "known", "never seen" or "sibling": a known one with another charge in its middle.
    family : str
        Style, "flag", "crop" or "emblem".
    condition : str
    height_px : int
    top : tuple of str
        Labels of the candidates, best first.
    grades : tuple of str
    measured : tuple of dict
    """

    split: str
    group: str
    shown: str
    family: str
    condition: str
    height_px: int
    top: tuple[str, ...]
    grades: tuple[str, ...]
    measured: tuple[dict[str, float], ...]


def shown_of(split: Split, data: Path | None) -> tuple[dict[str, Rgb], dict[str, Rgb], dict[str, Rgb]]:
    """Emblems in the library, never in it, and siblings of those in it."""
    known: dict[str, Rgb] = {}
    for path in sorted((data / split.folder).glob("*.png")) if data is not None and split.folder else ():
        if path.name.startswith(("emblem", "flag", "ref_")):
            picture = cv2.imread(str(path))
            if picture is not None:
                known[path.stem] = np.ascontiguousarray(picture[:, :, ::-1], np.uint8)
    never: dict[str, Rgb] = {}
    for style in split.styles:
        for number in range(split.each):
            known[f"{style}_{number}"] = emblem(style, split.first_seed + number)
            never[f"new_{style}_{number}"] = emblem(style, split.first_seed + 1000 + number)
    sibling = {
        f"sibling_{name}": _other_charge(rgb, split, number)
        for number, (name, rgb) in enumerate(known.items())
        if not name.startswith("flag")
    }
    return known, never, sibling


def _other_charge(rgb: Rgb, split: Split, number: int) -> Rgb:
    """The same badge with what another one has in its middle."""
    style = split.styles[number % len(split.styles)]
    height, width = rgb.shape[:2]
    other = cv2.resize(emblem(style, split.first_seed + 2000 + number), (width, height))
    made = rgb.copy()
    rows, columns = slice(int(0.42 * height), int(0.75 * height)), slice(int(0.28 * width), int(0.72 * width))
    made[rows, columns] = other[rows, columns]
    return made


@cache
def library_of(split_name: str, data: Path | None) -> tuple[Ready, ...]:
    """The split's library, ready."""
    known, _, _ = shown_of(SPLITS[split_name], data)
    return tuple(ready(_reference(name, rgb), rgb) for name, rgb in known.items())


def _reference(name: str, rgb: Rgb, kind: str = "emblem") -> Reference:
    return Reference(Sha256.of(rgb.tobytes()), name, kind, name, "drawn", "CC0-1.0", "2031", "2031", "the benchmark")


def family_of(name: str) -> str:
    """Style or kind of an emblem by its label."""
    for start in ("new_", "sibling_"):
        name = name.removeprefix(start)
    return {"ref": "crop"}.get(name.split("_")[0], name.split("_")[0])


def trial(argument: tuple[str, str, str, str, int, int, str]) -> Row:
    """One trial by its names."""
    cv2.setNumThreads(1)
    split_name, group, name, condition, height_px, seed, folder = argument
    data = Path(folder) if folder else None
    known, never, sibling = _shown(split_name, data)
    rgb = {"known": known, "never seen": never, "sibling": sibling}[group][name]
    way = CONDITIONS[condition]
    worn = Worn(**(asdict(way) | {"height_px": height_px}))
    shot = wear(rgb, worn, seed)
    box = checked_box(shot.box_px, shot.rgb.shape[1], shot.rgb.shape[0])
    seen = compare_box(shot.rgb, box, library_of(split_name, data))
    return Row(
        split_name,
        group,
        name,
        family_of(name),
        condition,
        height_px,
        tuple(each.reference.label for each in seen.candidates),
        tuple(each.grade for each in seen.candidates),
        tuple(asdict(each.measured) for each in seen.candidates),
    )


@cache
def _shown(split_name: str, data: Path | None) -> tuple[dict[str, Rgb], dict[str, Rgb], dict[str, Rgb]]:
    return shown_of(SPLITS[split_name], data)


def arguments(split: Split, data: Path | None, share: float) -> list[tuple[str, str, str, str, int, int, str]]:
    """A share of a split's trials, drawn and ordered by seed; of siblings half as many."""
    groups = dict(zip(("known", "never seen", "sibling"), _shown(split.name, data), strict=True))
    rng = np.random.default_rng(split.first_seed + 11)
    seed = split.first_seed
    made = []
    for group, pictures in groups.items():
        for name in pictures:
            for condition in CONDITIONS:
                for height_px in SIZES_PX:
                    seed += 1
                    if rng.random() < share * (0.5 if group == "sibling" else 1.0):
                        folder = "" if data is None else str(data)
                        made.append((split.name, group, name, condition, height_px, seed, folder))
    return [made[int(index)] for index in rng.permutation(len(made))]


def measure(split: Split, data: Path | None, share: float, workers: int, keep: Path) -> None:
    """Run a split's trials and keep the rows as JSON, from time to time, so that an end before the end loses little."""
    keep.parent.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, object]] = []
    with ProcessPoolExecutor(workers) as pool:
        for row in pool.map(trial, arguments(split, data, share), chunksize=2):
            rows.append(asdict(row))
            if len(rows) % 20 == 0:
                keep.write_text(json.dumps(rows), encoding="utf-8")
    keep.write_text(json.dumps(rows), encoding="utf-8")

"""Makes the weights that tell voices apart from Resemblyzer's wheel, without PyTorch.

    python benchmarks/speech_lab/pack_encoder.py Resemblyzer-0.1.4-py3-none-any.whl speaker_encoder.npz

The wheel carries them in PyTorch's first file format: pickled names and shapes, then the numbers. Nothing in the pickle
is run: only the few names that weights need are known here.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

INSIDE = "resemblyzer/pretrained.pt"
LEFT_OUT = ("similarity_weight", "similarity_bias")
"""Only training uses them."""


class _Described(pickle.Unpickler):
    """Reads what a file describes; refuses every name but those of weights."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name == "FloatStorage":
            return name
        raise pickle.UnpicklingError(f"the file asks for {module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        return pid


def _tensor(*described: Any) -> tuple[Any, ...]:
    return described


def read_weights(stream: BinaryIO) -> dict[str, NDArray[np.float32]]:
    """Weights by name, from a file of PyTorch's first format."""

    def load() -> Any:
        return _Described(stream).load()

    for _ in ("magic number", "protocol", "system"):
        load()
    described, keys = load()["model_state"], load()
    held = {}
    for key in keys:
        (count,) = struct.unpack("<q", stream.read(8))
        held[key] = np.frombuffer(stream.read(4 * count), "<f4")
    found = {}
    for name, (storage, offset, size, stride, *_) in described.items():
        strides = [4 * step for step in stride]
        found[name] = np.lib.stride_tricks.as_strided(held[storage[2]][offset:], size, strides).copy()
    return found


def main() -> None:
    """Pack the weights at half precision."""
    wheel, out = map(Path, sys.argv[1:3])
    with zipfile.ZipFile(wheel) as opened:
        found = read_weights(io.BytesIO(opened.read(INSIDE)))
    halved = {name: values.astype(np.float16) for name, values in found.items() if name not in LEFT_OUT}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, values in sorted(halved.items()):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, values, allow_pickle=False)
            made.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), buffer.getvalue(), zipfile.ZIP_DEFLATED
            )
    print(hashlib.sha256(out.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()

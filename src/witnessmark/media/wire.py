"""The worker's tongue: a JSON header and raw arrays per message, read with a budget and never unpickled.

A worker that a hostile file has taken over may send anything. What comes in is therefore measured before it is
read, of known number types only, and turned into text and arrays, never into code.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import IO, BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from witnessmark.plain import Plain

MAGIC = b"WMM1"
HEADER_MAX_BYTES = 8 << 20
DTYPES = {"<f8", "<f4", "<i8", "<u8", "|u1", "|b1"}
_PREFIX = struct.Struct("<4sI")

Array = NDArray[np.generic]


class WireError(ValueError):
    """What came through the pipe is not what a sound worker sends."""


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """One message: what it is, its plain values, its arrays by name."""

    kind: str
    body: Mapping[str, Plain]
    arrays: Mapping[str, Array]


def write(stream: BinaryIO, kind: str, body: Mapping[str, Plain], arrays: Mapping[str, Array] | None = None) -> None:
    """Send one message.

    Parameters
    ----------
    stream : binary file
    kind : str
    body : mapping
        JSON-compatible; no NaN.
    arrays : mapping of str to ndarray
        Of the types in `DTYPES`; sent in C order.
    """
    blocks = {name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()}
    head = {
        "kind": kind,
        "body": body,
        "arrays": [[name, block.dtype.str, list(block.shape)] for name, block in blocks.items()],
    }
    raw = json.dumps(head, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")
    stream.write(_PREFIX.pack(MAGIC, len(raw)) + raw)
    for block in blocks.values():
        stream.write(block.reshape(-1).view(np.uint8).data if block.size else b"")
    stream.flush()


class Reader:
    """Messages from a pipe, at most `budget_bytes` in all.

    Parameters
    ----------
    stream : binary file
    budget_bytes : int
        Everything read, headers included; a worker that sends more is not listened to.
    """

    def __init__(self, stream: IO[bytes], budget_bytes: int) -> None:
        self._stream = stream
        self._left_bytes = budget_bytes

    def next(self) -> Message | None:
        """The next message; None at the end of the pipe.

        Raises
        ------
        WireError
            When the bytes are not a message, are cut short, or exceed the budget.
        """
        prefix = self._take(_PREFIX.size, at_end_ok=True)
        if prefix is None:
            return None
        magic, size = _PREFIX.unpack(prefix)
        if magic != MAGIC or size > HEADER_MAX_BYTES:
            raise WireError("a message does not begin as one")
        head = _parse(self._need(size))
        kind, body, listed = head.get("kind"), head.get("body"), head.get("arrays")
        if not isinstance(kind, str) or not isinstance(body, dict) or not isinstance(listed, list) or len(listed) > 32:
            raise WireError("a message lacks its kind, body or arrays")
        return Message(kind, body, dict(self._array(entry) for entry in listed))

    def _array(self, entry: Plain) -> tuple[str, Array]:
        if not isinstance(entry, list) or len(entry) != 3:
            raise WireError("an array is not described")
        name, dtype, shape = entry
        if not isinstance(name, str) or not isinstance(dtype, str) or dtype not in DTYPES:
            raise WireError("an array has no name or an unknown number type")
        if not isinstance(shape, list) or len(shape) > 3:
            raise WireError("an array has no shape")
        sides: list[int] = []
        for side in shape:
            if not isinstance(side, int) or isinstance(side, bool) or side < 0:
                raise WireError("an array has an impossible shape")
            sides.append(side)
        kind = np.dtype(dtype)
        raw = self._need(prod(sides) * kind.itemsize)
        if kind == np.bool_:  # any byte may come; only 0 and 1 are booleans
            return name, (np.frombuffer(raw, np.uint8) != 0).reshape(sides)
        return name, np.frombuffer(raw, kind).reshape(sides)

    def _need(self, size: int) -> bytes:
        raw = self._take(size, at_end_ok=False)
        assert raw is not None
        return raw

    def _take(self, size: int, at_end_ok: bool) -> bytes | None:
        if size > self._left_bytes:
            raise WireError("more data than the limits allow")
        self._left_bytes -= size
        parts: list[bytes] = []
        missing = size
        while missing:
            part = self._stream.read(min(missing, 1 << 24))
            if not part:
                if at_end_ok and missing == size:
                    return None
                raise WireError("a message is cut short")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


def _parse(raw: bytes) -> dict[str, Plain]:
    try:
        head = json.loads(raw, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise WireError("a message's header is not JSON") from error
    if not isinstance(head, dict):
        raise WireError("a message's header is not an object")
    return head


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)

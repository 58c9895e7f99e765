"""CRC-32 per block: which block of a file changed, and, by walking the CRC register backwards, which byte."""

import zlib
from typing import NamedTuple

BLOCK_BYTES = 65536
"""Each block of this many bytes has its own CRC-32 (ISO/IEC 13239, as in `zlib.crc32`)."""

_POLYNOMIAL = 0xEDB88320  # CRC-32 generator, bits reflected (ISO/IEC 13239)


def _table() -> list[int]:
    rows = []
    for byte in range(256):
        register = byte
        for _ in range(8):
            register = (register >> 1) ^ (_POLYNOMIAL if register & 1 else 0)
        rows.append(register)
    return rows


_TABLE = _table()
_BY_TOP_BYTE = {entry >> 24: index for index, entry in enumerate(_TABLE)}
_CHANGE_OF = {entry: index for index, entry in enumerate(_TABLE) if index}


class Change(NamedTuple):
    """One byte that may have changed: its place in the block, and what to XOR it with to undo the change."""

    offset: int
    xor: int


def single_byte_changes(recorded: int, found: int, n_bytes: int) -> list[Change]:
    """Every single-byte change of a block that explains its CRC-32.

    Parameters
    ----------
    recorded, found : int
        CRC-32 of the block when sealed, and now.
    n_bytes : int
        Length of the block [bytes]; the same then and now.

    Returns
    -------
    list of Change
        Nearly always one; empty when more than one byte changed.

    Notes
    -----
    CRC-32 is linear over GF(2), so the XOR of both values depends on the change alone: a byte changed by ``e``
    with ``k`` bytes after it leaves ``Z^k T[e]``, where ``T`` is the CRC table and ``Z`` the step of a zero byte.
    ``Z`` is undone ``k`` times until the register is an entry of the table [1]_.

    References
    ----------
    .. [1] M. Stigge, H. Plötz, W. Müller, J.-P. Redlich, "Reversing CRC - Theory and Practice", HU Berlin
       Public Report SAR-PR-2006-05, 2006.
    """
    register = recorded ^ found
    changes = []
    for offset in range(n_bytes - 1, -1, -1):
        if register in _CHANGE_OF:
            changes.append(Change(offset, _CHANGE_OF[register]))
        index = _BY_TOP_BYTE[register >> 24]
        register = ((register ^ _TABLE[index]) << 8 | index) & 0xFFFFFFFF
    return changes


def crcs_of(data: bytes) -> str:
    """CRC-32 of each block of data, eight hexadecimal digits a block, one after the other."""
    return "".join(f"{zlib.crc32(data[start : start + BLOCK_BYTES]):08x}" for start in range(0, len(data), BLOCK_BYTES))

"""The last files of a bag, which no manifest can list: recomputed, compared and, where one byte changed, mended."""

import hashlib
import re
import zlib
from typing import NamedTuple

from witnessmark.dossier.verifier.bag import Bag, Digests, Fault, shown
from witnessmark.dossier.verifier.blocks import BLOCK_BYTES, Change, crcs_of, single_byte_changes
from witnessmark.dossier.verifier.canonical import Refused

TAIL = "witnessmark/tail.txt"
SEAL = "witnessmark/seal.json"
SIGNATURE = "witnessmark/seal.sig"
SEAL_TOKEN = "witnessmark/seal.tsr"
BLOCKS = "witnessmark/blocks.json"
TAG_MANIFESTS = ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt")
TAIL_FILES = (*TAG_MANIFESTS, BLOCKS, SEAL, SIGNATURE, SEAL_TOKEN)
_HEADER = "witnessmark-tail/1\n"


class Known(NamedTuple):
    """What a file was when sealed, as far as it is known."""

    sha256: "str | None" = None
    sha512: "str | None" = None
    size: "int | None" = None
    crcs: "str | None" = None


def tail_text(files: dict[str, bytes]) -> str:
    """The text of tail.txt for the last files: size, SHA-256 and block CRCs of each, closed by its own CRC-32."""
    lines = [
        f"{path} {len(data)} {hashlib.sha256(data).hexdigest()} {crcs_of(data)}\n"
        for path, data in sorted(files.items())
    ]
    body = _HEADER + "".join(lines)
    return f"{body}crc32 {zlib.crc32(body.encode()):08x}\n"


def read_tail(bag: Bag) -> "tuple[dict[str, Known], list[Fault]]":
    """What tail.txt says of the last files, and what is wrong with tail.txt itself.

    Notes
    -----
    The file is a function of the others, so that a change in it is found by writing it anew. When its own
    CRC-32 holds, it is taken at its word and the others are judged by it.
    """
    files = {}
    for path in TAIL_FILES:
        try:
            files[path] = bag.read(path)
        except Refused:
            continue  # absent or absurd: said where the file itself is judged
    expected = tail_text(files).encode()
    try:
        found = bag.read(TAIL)
    except Refused as error:
        return {}, [Fault("missing", TAIL, None, f"{TAIL}: {error}.")]
    if found == expected or _own_crc_holds(found):
        return _entries(found), []
    offsets = [at for at in range(min(len(found), len(expected))) if found[at] != expected[at]]
    first = offsets[0] if offsets else min(len(found), len(expected))
    return {}, [Fault("changed", TAIL, first, f"{TAIL} is not what the files it speaks of make it, from byte {first}.")]


def _own_crc_holds(data: bytes) -> bool:
    match = re.fullmatch(rb"(?s)(.*\n)crc32 ([0-9a-f]{8})\n", data)
    return match is not None and f"{zlib.crc32(match.group(1)):08x}".encode() == match.group(2)


def _entries(data: bytes) -> dict[str, Known]:
    found = {}
    for match in re.finditer(r"(?m)^(\S+) ([0-9]{1,15}) ([0-9a-f]{64}) ([0-9a-f]*)$", data.decode("utf-8", "replace")):
        if match.group(1) in TAIL_FILES:
            found[match.group(1)] = Known(match.group(3), None, int(match.group(2)), match.group(4))
    return found


def judge(bag: Bag, path: str, now: Digests, known: Known) -> "tuple[Fault | None, dict[int, int]]":
    """Compare a file with what it was, and say where it differs.

    Parameters
    ----------
    bag : Bag
    path : str
    now : Digests
    known : Known

    Returns
    -------
    fault : Fault or None
    undo : dict of int to int
        Bytes to XOR, by offset, that make the file hash as sealed again; empty when they are not known.
    """
    wrong = [
        name
        for name, was, is_now in (("SHA-256", known.sha256, now.sha256), ("SHA-512", known.sha512, now.sha512))
        if was is not None and was != is_now
    ]
    if not wrong and known.size in (None, now.size) and known.crcs in (None, now.crcs):
        return None, {}
    name = shown(path)
    if known.size is not None and now.size == 0:
        return Fault("emptied", path, 0, f"{name} is empty; it had {known.size} bytes."), {}
    if known.crcs is None or known.size is None:
        return Fault("changed", path, None, f"{name} has another {' and '.join(wrong)} than when sealed."), {}
    spans, undo = _bad_blocks(bag, path, now, known)
    if known.size != now.size:
        word = "shorter" if now.size < known.size else "longer"
        first = spans[0][0] if spans else min(now.size, known.size)
        sentence = f"{name} is {abs(now.size - known.size)} bytes {word} than when sealed; it differs from byte {first}"
        return Fault("truncated" if now.size < known.size else "extended", path, first, f"{sentence} on."), {}
    if undo and bag.digests(path, undo).sha256 == known.sha256:
        first = min(undo)
        block = bag.read_block(path, first // BLOCK_BYTES)
        now_byte = block[first % BLOCK_BYTES]
        more = f" (and {len(undo) - 1} more)" if len(undo) > 1 else ""
        sentence = f"{name}: byte {first} is 0x{now_byte:02x} and was 0x{now_byte ^ undo[first]:02x} when sealed{more}."
        return Fault("changed", path, first, sentence), undo
    if not spans:
        return Fault("changed", path, None, f"{name} has another {' and '.join(wrong)} than when sealed."), {}
    where = ", ".join(f"{start}-{end - 1}" for start, end in spans[:5]) + (" ..." if len(spans) > 5 else "")
    return Fault("changed", path, spans[0][0], f"{name} differs from when it was sealed within bytes {where}."), {}


def _bad_blocks(bag: Bag, path: str, now: Digests, known: Known) -> "tuple[list[tuple[int, int]], dict[int, int]]":
    """Spans of blocks whose CRC differs, and the one-byte-a-block change that would explain all of them."""
    was = known.crcs or ""
    spans: list[tuple[int, int]] = []
    undo: dict[int, int] = {}
    explained = known.size == now.size
    for index in range(min(len(was), len(now.crcs)) // 8):
        before, after = (int(text[8 * index : 8 * index + 8], 16) for text in (was, now.crcs))
        if before == after:
            continue
        start = index * BLOCK_BYTES
        length = min(BLOCK_BYTES, now.size - start)
        spans.append((start, start + length))
        changes = single_byte_changes(before, after, length) if explained and len(spans) <= 64 else []
        explained = bool(changes)
        for change in _likeliest(bag, path, start, changes, known, undo):
            undo[start + change.offset] = change.xor
    return spans, undo if explained else {}


def _likeliest(
    bag: Bag, path: str, start: int, changes: list[Change], known: Known, undo: dict[int, int]
) -> list[Change]:
    """Of several changes with the same CRC-32, the one that restores the SHA-256; the first when none does alone."""
    if len(changes) < 2 or undo:
        return changes[:1]
    for change in changes:
        if bag.digests(path, {start + change.offset: change.xor}).sha256 == known.sha256:
            return [change]
    return changes[:1]

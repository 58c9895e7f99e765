"""Every file of a bag against the manifests, the tag manifests, the block list and the signed seal."""

import re

from witnessmark.dossier.verifier.bag import MAX_CONTROL_BYTES, Bag, Digests, Fault, read_manifest, shown
from witnessmark.dossier.verifier.blocks import BLOCK_BYTES
from witnessmark.dossier.verifier.canonical import Refused, parse_object
from witnessmark.dossier.verifier.tail import (
    BLOCKS,
    SEAL,
    SEAL_TOKEN,
    SIGNATURE,
    TAG_MANIFESTS,
    TAIL,
    TAIL_FILES,
    Known,
    judge,
    read_tail,
    tail_text,
)

MANIFESTS = ("manifest-sha256.txt", "manifest-sha512.txt")
_ENTRY = re.compile(r'"([^"\\]+)":\{"bytes":([0-9]{1,15}),"crc32":"([0-9a-f]*)"\}')


class Fixity:
    """What comparing all files gives.

    Parameters
    ----------
    bag : Bag

    Attributes
    ----------
    faults : list of Fault
    broken : set of str
        Files known to be changed.
    seal : dict
        The sealing statement, mended where one byte had changed; empty when it cannot be read.
    payload : dict of str to str
        SHA-256 of each payload file as listed.
    """

    def __init__(self, bag: Bag) -> None:
        self.bag = bag
        self.faults = list(bag.faults)
        self.broken: set[str] = set()
        self.seal: dict[str, object] = {}
        self.payload: dict[str, str] = {}
        self._found: dict[str, Digests] = {}
        self._undo: dict[str, dict[int, int]] = {}
        self._known: dict[str, Known] = {}
        self._largest = MAX_CONTROL_BYTES  # no sealed file is larger; what is has no need to be read whole
        self._compare()

    def _say(self, fault: Fault) -> None:
        self.faults.append(fault)
        self.broken.add(fault.path)

    def _judge(self, path: str, known: Known) -> None:
        """Compare one file with what is known of it."""
        self._known[path] = known
        if path not in self.bag.sizes:
            if not any(fault.path == path for fault in self.faults):
                self._say(Fault("missing", path, None, f"{shown(path)} is missing."))
            self.broken.add(path)
            return
        try:
            vast = self.bag.sizes[path] > self._largest
            self._found[path] = self.bag.digests(path, limit=known.size if vast else None)
            fault, undo = judge(self.bag, path, self._found[path], known)
        except Refused as error:
            fault, undo = Fault("unreadable", path, None, f"{shown(path)}: {error}."), {}
        if fault is not None:
            self._say(fault)
            self._undo[path] = undo

    def _mended(self, path: str) -> "bytes | None":
        """A control file as sealed: as it is, with its changed bytes undone, or None when that cannot be had."""
        if path in self.broken and not self._undo.get(path):
            return None
        try:
            data = bytearray(self.bag.read(path))
        except Refused as error:
            self._say(Fault("unreadable", path, None, f"{shown(path)}: {error}."))
            return None
        for offset, xor in self._undo.get(path, {}).items():
            data[offset] ^= xor
        return bytes(data)

    def _compare(self) -> None:
        tail, faults = read_tail(self.bag)
        for fault in faults:
            self._say(fault)
        self._judge(SEAL, tail.get(SEAL, Known()))
        self.seal = self._read_seal()
        sealed = self.seal.get("sha256")
        sealed = sealed if isinstance(sealed, dict) else {}
        for name in TAG_MANIFESTS:
            said = tail.get(name, Known())
            self._judge(name, said._replace(sha256=sealed.get(name, said.sha256)))
        self._judge(SIGNATURE, tail.get(SIGNATURE, Known()))
        if self.seal.get("stamped") is True:
            self._judge(SEAL_TOKEN, tail.get(SEAL_TOKEN, Known()))
        elif self.seal:
            tail.pop(SEAL_TOKEN, None)  # the seal knows of none: it is unexpected
        tags = self._lists(TAG_MANIFESTS, "")
        said = tail.get(BLOCKS, Known())
        self._judge(BLOCKS, self._listed(BLOCKS, tags, {})._replace(size=said.size, crcs=said.crcs))
        blocks = self._read_blocks()
        self._largest = max([self._largest, *(known.size or 0 for known in blocks.values())])
        for path in sorted(set().union(*tags) - {BLOCKS}):
            self._judge(path, self._listed(path, tags, blocks))
        payload = self._lists(MANIFESTS, "data/")
        paths = set().union(*payload) or {path for path in blocks if path.startswith("data/")}
        for path in sorted(paths):
            self._judge(path, self._listed(path, payload, blocks))
        self.payload = {path: self._known[path].sha256 or "" for path in sorted(paths)}
        self._same_lists(MANIFESTS, payload)
        self._same_lists(TAG_MANIFESTS, tags)
        self._unexpected(set().union(*tags) | paths | {*TAG_MANIFESTS, SEAL, SIGNATURE, TAIL} | set(tail))
        if TAIL not in self.broken and self.seal and not self.faults:
            self._tail_agrees()

    def _read_seal(self) -> dict[str, object]:
        data = self._mended(SEAL)
        if data is None:
            return {}
        try:
            seal = parse_object(data[: 1 << 16])
            if seal.get("format") != "witnessmark-seal/1":
                raise Refused("it is not of the format witnessmark-seal/1")
            return seal
        except Refused as error:
            self._say(Fault("unreadable", SEAL, None, f"{SEAL}: {error}."))
            return {}

    def _lists(self, names: tuple[str, ...], prefix: str) -> list[dict[str, str]]:
        """The hashes that each manifest lists; empty for one that cannot be trusted."""
        found = []
        for name in names:
            data = self._mended(name)
            algorithm = name.rpartition("-")[2][:6]
            try:
                found.append(read_manifest(data, algorithm, prefix) if data is not None else {})
            except Refused as error:
                self._say(Fault("unreadable", name, None, f"{name}: {error}."))
                found.append({})
        return found

    def _read_blocks(self) -> dict[str, Known]:
        data = self._mended(BLOCKS)
        if data is None:
            return {}
        text = data.decode("utf-8", "replace")
        found = {match.group(1): match.groups() for match in _ENTRY.finditer(text)}
        listed = ",".join(f'"{path}":{{"bytes":{size},"crc32":"{crcs}"}}' for path, size, crcs in found.values())
        if text != f'{{"block_bytes":{BLOCK_BYTES},"files":{{{listed}}},"format":"witnessmark-blocks/1"}}':
            self._say(Fault("unreadable", BLOCKS, None, f"{BLOCKS} is not a block list as this verifier knows it."))
            return {}
        return {path: Known(None, None, int(size), crcs) for path, size, crcs in found.values()}

    @staticmethod
    def _listed(path: str, lists: list[dict[str, str]], blocks: dict[str, Known]) -> Known:
        known = blocks.get(path, Known())
        return known._replace(sha256=lists[0].get(path), sha512=lists[1].get(path))

    def _same_lists(self, names: tuple[str, ...], lists: list[dict[str, str]]) -> None:
        """Both manifests must list the same files, unless one is already known to be damaged."""
        if not all(lists):
            return
        for path in sorted(set(lists[0]) ^ set(lists[1])):
            there, absent = names if path in lists[0] else names[::-1]
            self._say(Fault("manifest", absent, None, f"{absent} does not list {shown(path)}, {there} does."))

    def _unexpected(self, expected: set[str]) -> None:
        """Files that nothing lists; one with the contents of a missing or changed file is named as such."""
        for path in sorted(set(self.bag.sizes) - expected):
            lost = [
                name
                for name, known in self._known.items()
                if name in self.broken and name not in self.bag.sizes and known.size in (None, self.bag.sizes[path])
            ]
            sha256 = self.bag.digests(path).sha256 if lost else ""
            was = next((name for name in lost if self._known[name].sha256 == sha256), None)
            extra = f"; it holds what {was} held" if was else ""
            self._say(Fault("unexpected", path, None, f"{shown(path)} does not belong to the dossier{extra}."))
        holds = {known.sha256: path for path, known in self._known.items() if known.sha256 is not None}
        for index, fault in enumerate(self.faults):
            now = self._found.get(fault.path)
            other = holds.get(now.sha256) if now is not None else None
            if other is not None and other != fault.path:
                sentence = f"{shown(fault.path)} holds what {shown(other)} held when sealed."
                self.faults[index] = fault._replace(kind="swapped", sentence=sentence)

    def _tail_agrees(self) -> None:
        """With every other file as sealed, the tail must be what they make it, to the byte."""
        last = {path: self.bag.read(path) for path in TAIL_FILES if path in self.bag.sizes}
        if self.bag.read(TAIL) != tail_text(last).encode():
            self._say(Fault("changed", TAIL, None, f"{TAIL} is not what the files it speaks of make it."))

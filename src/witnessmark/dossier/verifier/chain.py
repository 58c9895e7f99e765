"""The custody log inside a bag: no gaps, each event naming the hash of the one before, each one signed."""

from collections.abc import Callable

from witnessmark.dossier.verifier.bag import Bag, Fault
from witnessmark.dossier.verifier.canonical import Refused, canonical_bytes, parse, parse_object

EVENTS = "data/custody/events/"
CHAIN = "data/custody/chain.json"
MAX_EVENT_BYTES = 4 << 20
NOTHING_BEFORE = "00" * 32


class Log:
    """What was read of the log.

    Attributes
    ----------
    heads : dict of int to str
        SHA-256 of each event by number.
    faults : list of Fault
    """

    def __init__(self) -> None:
        self.heads: dict[int, str] = {}
        self.faults: list[Fault] = []


def read_log(
    bag: Bag, hashes: dict[str, str], broken: set[str], public: bool, signed: "Callable[[bytes, bytes], bool] | None"
) -> Log:
    """Check the events of a closed edition, or the chain of hashes of a public one.

    Parameters
    ----------
    bag : Bag
    hashes : dict of str to str
        SHA-256 of each payload file as the manifest lists it.
    broken : set of str
        Files already known to be changed; nothing more is said of them.
    public : bool
        Whether the edition gives the chain in place of the events.
    signed : callable (message, signature), optional
        Checks a signature by the case's key; None when that cannot be done here.
    """
    log = Log()
    if public:
        if CHAIN not in broken:
            _read_chain(bag, log)
        return log
    paths = sorted(path for path in hashes if path.startswith(EVENTS))
    previous = NOTHING_BEFORE
    for number, path in enumerate(paths, 1):
        log.heads[number] = hashes[path]
        if path != f"{EVENTS}{number:08d}.json":
            log.faults.append(Fault("custody", path, None, f"Event {number} is missing; the log must have no gaps."))
            return log
        if path not in broken:
            try:
                event = parse_object(bag.read(path, MAX_EVENT_BYTES))
                reason = _event_fault(event, number, previous, signed)
            except Refused as error:
                reason = str(error)
            if reason:
                log.faults.append(Fault("custody", path, None, f"Event {number}: {reason}."))
        previous = hashes[path]
    return log


def _event_fault(
    event: dict[str, object], number: int, previous: str, signed: "Callable[[bytes, bytes], bool] | None"
) -> "str | None":
    if event.get("number") != number:
        return f"it calls itself number {str(event.get('number'))[:20]!r}"
    if event.get("previous") != previous:
        return "it does not name the hash of the event before it"
    signature = event.pop("signature", None)
    if not isinstance(signature, str) or len(signature) != 128:
        return "it has no signature"
    if signed is None:
        return None
    try:
        raw = bytes.fromhex(signature)
    except ValueError:
        return "its signature is not hexadecimal"
    return None if signed(canonical_bytes(event), raw) else "its signature is not that of the case's key"


def _read_chain(bag: Bag, log: Log) -> None:
    try:
        entries = parse(bag.read(CHAIN))
    except Refused as error:
        log.faults.append(Fault("custody", CHAIN, None, f"The chain of the log cannot be read: {error}."))
        return
    previous = NOTHING_BEFORE
    for number, entry in enumerate(entries if isinstance(entries, list) else [], 1):
        if not isinstance(entry, dict) or entry.get("number") != number or entry.get("previous") != previous:
            log.faults.append(Fault("custody", CHAIN, None, f"Entry {number} does not follow the one before it."))
            return
        previous = str(entry.get("sha256"))
        log.heads[number] = previous

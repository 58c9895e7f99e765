"""The case's data key at the desk: made, opened and changed on record; every opening of a sealed field is logged."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from witnessmark.custody.data_keys import (
    KeyFile,
    Opener,
    Passphrase,
    create_data_key,
    new_key_file,
    open_data_key,
    read_wrapped,
    rewrap,
)
from witnessmark.custody.records import PremisEvent
from witnessmark.custody.sealed_fields import DataKey, FieldPlace, Sealed
from witnessmark.desk.case import Case
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.plain import Plain

PATH_VARIABLE = "WITNESSMARK_DATA_KEY"
"""Where the data key's file is, when it is kept apart from the case."""
PASSPHRASE_VARIABLE = "WITNESSMARK_DATA_PASSPHRASE"
KEY_FILE_VARIABLE = "WITNESSMARK_DATA_KEY_FILE"
OPENED = "sealed.opened"


def data_key_path(case: Case) -> Path:
    """The data key's file: where `PATH_VARIABLE` says, else in the case's folder of keys."""
    given = os.environ.get(PATH_VARIABLE, "").strip()
    return Path(given) if given else case.folder / "keys" / "data_key.json"


def opener_from(key_file: Path | None = None) -> Opener | None:
    """What opens it, from a path given or the environment; None when neither says."""
    file = str(key_file) if key_file is not None else os.environ.get(KEY_FILE_VARIABLE, "").strip()
    if file:
        return KeyFile(Path(file))
    passphrase = os.environ.get(PASSPHRASE_VARIABLE, "")
    return Passphrase(passphrase) if passphrase else None


def make_key(case: Case, opener: Opener) -> DataKey:
    """Make the case's data key and record which it is; a key file that is not there yet is made too.

    Raises
    ------
    ClashError
        When the case has one already: what was sealed under it would be lost.
    """
    if case.settings.get("data_key"):
        raise ClashError(
            f"The case has a data key already ({case.settings['data_key']['id'][:8]}).",
            "Open it, or change what opens it: witnessmark register change-key.",
        )
    if isinstance(opener, KeyFile) and not opener.path.exists():
        new_key_file(opener.path)
    key = create_data_key(data_key_path(case), opener)
    setting: dict[str, Plain] = {"id": key.key_id, "made_at": dt.datetime.now(dt.UTC).isoformat()}
    case.record(PremisEvent.CREATION, "case.set", {"setting": {"data_key": setting}})
    return key


def open_key(case: Case, opener: Opener | None) -> DataKey:
    """Open the case's data key.

    Raises
    ------
    NotFoundError
        When the case has none, or its file is gone.
    BadInputError
        When nothing was given to open it, it does not open, or it is another case's.
    """
    known = case.settings.get("data_key")
    if not known:
        raise NotFoundError("The case has no data key yet.", "Make one: witnessmark register new-key.")
    if opener is None:
        raise BadInputError(
            "Sealed fields need the case's data key.",
            f"Set {PASSPHRASE_VARIABLE} or {KEY_FILE_VARIABLE}, or give --key-file.",
        )
    key = open_data_key(data_key_path(case), opener)
    if key.key_id != known["id"]:
        raise BadInputError(
            f"This is the data key {key.key_id[:8]}; the case's fields are sealed under {known['id'][:8]}.",
            f"Give the file of the case's own key, with {PATH_VARIABLE} if it is kept elsewhere.",
        )
    return key


def change_key(case: Case, opener: Opener, new: Opener, *, keep_old: bool = False) -> DataKey:
    """Change what opens the data key, or add a second way, and record that it was done.

    Raises
    ------
    NotFoundError, BadInputError
        As `open_key`.
    """
    open_key(case, opener)
    if isinstance(new, KeyFile) and not new.path.exists():
        new_key_file(new.path)
    path = data_key_path(case)
    key = rewrap(path, opener, new, keep_old=keep_old)
    ways = [wrap.by for wrap in read_wrapped(path).wraps]
    case.record(PremisEvent.METADATA_MODIFICATION, "data-key.changed", {"key_id": key.key_id, "opened_by": ways})
    return key


def place_of(case: Case, record: str, field: str) -> FieldPlace:
    """Where a sealed field of this case belongs."""
    return FieldPlace(str(case.settings["public_key_sha256"]), record, field)


def open_fields(
    case: Case, key: DataKey, record: str, sealed: Mapping[str, Sealed], fields: Sequence[str], purpose: str
) -> dict[str, Plain | bytes]:
    """Open sealed fields of a record; the log says so before anything is shown.

    Parameters
    ----------
    case : Case
    key : DataKey
    record : str
        The person's id.
    sealed : mapping of field to Sealed
    fields : sequence of str
        Which of them.
    purpose : str
        What they are opened for; written into the log.

    Raises
    ------
    NotFoundError
        When a field was not sealed.
    BadInputError
        Without a purpose, or with another key.
    CustodyError
        When a field was altered.
    """
    if not any(sign.isalnum() for sign in purpose):
        raise BadInputError("Sealed fields are not opened without a purpose.", "Say with --purpose what it is for.")
    missing = [name for name in fields if name not in sealed]
    if missing:
        raise NotFoundError(
            f"'{missing[0]}' of {record} was never sealed.", f"Sealed are: {', '.join(sorted(sealed)) or 'none'}."
        )
    payload = {"record": record, "fields": sorted(set(fields)), "purpose": purpose.strip(), "key_id": key.key_id}
    case.record(PremisEvent.DISSEMINATION, OPENED, payload)
    return {name: key.open(sealed[name], place_of(case, record, name)) for name in fields}

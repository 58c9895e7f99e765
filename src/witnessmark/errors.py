"""The one tree of errors: each says what happened and what the investigator can do."""

from __future__ import annotations


class WitnessmarkError(Exception):
    """Something a person has to know about, in words they can act on.

    Parameters
    ----------
    what : str
        What happened, one sentence without a full stop at the end of a path or hash.
    do : str
        What the person can do about it, one sentence.
    **facts
        The values behind the words, for ``--json`` and for tests.

    Examples
    --------
    >>> error = BadInputError("The file 'clip.mp4' is empty.", "Fetch it again from where it was posted.")
    >>> print(error)
    The file 'clip.mp4' is empty. Fetch it again from where it was posted.
    """

    exit_code = 2

    def __init__(self, what: str, do: str, **facts: object) -> None:
        super().__init__(f"{what} {do}")
        self.what = what
        self.do = do
        self.facts = facts

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.do, self.facts)

    def to_plain(self) -> dict[str, object]:
        """The error as JSON-compatible values: kind, what, do and the facts as text."""
        return {
            "error": type(self).__name__,
            "what": self.what,
            "do": self.do,
            "facts": {key: str(value) for key, value in self.facts.items()},
        }


def _rebuild(kind: type[WitnessmarkError], what: str, do: str, facts: dict[str, object]) -> WitnessmarkError:
    """An error again after it crossed a process or a job's record."""
    return kind(what, do, **facts)


class BadInputError(WitnessmarkError):
    """What was handed in cannot be used as it is."""


class NotFoundError(WitnessmarkError):
    """A case, item, claim, finding or file of that name is not here."""


class ClashError(WitnessmarkError):
    """What was asked would overwrite or contradict what is already recorded."""


class CustodyError(WitnessmarkError):
    """Preserved bytes, the log, a signature or a token are not as they were recorded."""

    exit_code = 1


class MediaError(WitnessmarkError):
    """The decoding process could not be started or kept within its limits."""


class ProviderError(WitnessmarkError):
    """An elevation, weather, gazetteer or time-stamp provider did not answer usefully."""


class DossierError(WitnessmarkError):
    """A dossier cannot be sealed or does not verify."""

    exit_code = 1

"""The five roles a person can have in a case."""

from __future__ import annotations

import enum


class Role(enum.StrEnum):
    """What a person does in a case; one role a person and case."""

    OWNER = "owner"
    INVESTIGATOR = "investigator"
    REVIEWER = "reviewer"
    LAWYER = "lawyer"
    READER = "reader"

    @property
    def words(self) -> str:
        """What the role may do, in a sentence."""
        return _WORDS[self]


_WORDS = {
    Role.OWNER: "Everything in the case, and who else may see it.",
    Role.INVESTIGATOR: "Takes material in, marks it, runs lines, reads claims, assesses and seals.",
    Role.REVIEWER: "Looks at everything and signs off or dissents; changes nothing else.",
    Role.LAWYER: "Looks at everything and says which findings bear on which legal element.",
    Role.READER: "Reads; sees footage only blurred.",
}

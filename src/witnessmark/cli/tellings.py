"""How findings of copies are told to a person in the terminal, alike wherever they come up."""

from __future__ import annotations

from witnessmark.cli.shared import OUT
from witnessmark.desk.copies import Answer
from witnessmark.lines.copies.observations import Found, Searched
from witnessmark.lines.copies.telling import change_words, seen_words

RELATIONS = {"copy": "copy of", "related": "related to", "same-sound": "same sound, other pictures, as"}


def tell_known(known: Answer) -> None:
    """What the libraries say of an item: copies first, then what is only related; never that it is new."""
    if known.not_asked:
        OUT.print(f"  not compared: {known.not_asked}")
        return
    for same in known.same_file:
        OUT.print(f"  the very same file is known as {same.called} in {', '.join(same.libraries)}")
    for found in known.found:
        tell_found(found)
    if not known.found and not known.same_file:
        OUT.print(f"  nothing like it in {_searched(known.searched)}; that does not make it new")


def tell_found(found: Found) -> None:
    """One match: what, which stretches, under which change, and since when it is known."""
    OUT.print(f"  {RELATIONS[found.relation]} {found.known.called}{change_words(found)}, score {found.score:.1f}")
    for stretch in found.stretches[:3]:
        OUT.print(
            f"    {stretch.item_start_s:.1f}-{stretch.item_end_s:.1f} s shows its "
            f"{stretch.known_start_s:.1f}-{stretch.known_end_s:.1f} s"
        )
    if found.known.seen and found.relation == "copy":
        OUT.print(f"    {seen_words(found.known.seen[0])}")


def _searched(searched: tuple[Searched, ...]) -> str:
    parts = [f"{one.library} ({one.recordings_count} recordings)" for one in searched if not one.not_searched]
    return ", ".join(parts) or "any library"

"""Numbers and strangers' texts as a reader may see them: nothing hidden, nothing turned around, nothing too exact."""

from __future__ import annotations

import math
import unicodedata

from witnessmark.plain import Plain

MAX_TEXT = 4000
"""Longest passage printed; the whole stands in case.json."""

_SILENT = {"\u200c", "\u200d", "\u00ad", "\ufe0e", "\ufe0f", "\ufeff"}  # joiners and the like, drawn as nothing


def clean(value: Plain, limit: int = MAX_TEXT) -> str:
    r"""Text that cannot deceive by what it hides.

    Control signs, marks that turn the direction of writing (Unicode TR 36, section 2.1), and code points without a
    meaning become visible, such as ``⟨U+202E⟩``; runs of white space become one space.

    Examples
    --------
    >>> clean("a\x00b\u202ec\n d")
    'a⟨U+0000⟩b⟨U+202E⟩c d'
    """
    text = "" if value is None else str(value)
    limit = len(text) if len(text) <= limit + 50 else limit
    more = len(text) - limit
    made = []
    for sign in text[:limit]:
        if sign.isspace() and sign not in "\x1c\x1d\x1e\x1f\x85\u2028\u2029":
            made.append(" ")
        elif sign in _SILENT:
            continue
        elif unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"):
            made.append(code_point(sign))
        else:
            made.append(sign)
    ending = f" … ({more} more characters in case.json)" if more > 0 else ""
    return " ".join("".join(made).split()) + ending


def short(value: Plain) -> str:
    """A name, label or line of text, as `clean` has it and at most 200 long."""
    return clean(value, 200)


def code_point(sign: str) -> str:
    """A sign by its code point.

    Examples
    --------
    >>> code_point("☃")
    '⟨U+2603⟩'
    """
    return f"⟨U+{ord(sign):04X}⟩"


def percent(probability: Plain) -> str:
    """A probability, never rounded to a certainty it is not.

    Examples
    --------
    >>> percent(0.934), percent(0.9999), percent(0.0001)
    ('93 %', 'over 99 %', 'under 1 %')
    """
    if not isinstance(probability, int | float):
        return "–"
    if 0 < probability < 0.01:
        return "under 1 %"
    if 0.99 < probability < 1:
        return "over 99 %"
    return f"{100 * probability:.0f} %"


def signed(value: Plain) -> str:
    """A log10 likelihood ratio with its sign; a true minus.

    Examples
    --------
    >>> signed(1.26), signed(-0.3), signed(0.0)
    ('+1.3', '−0.3', '0.0')
    """
    if not isinstance(value, int | float) or math.isnan(value):
        return "–"
    if abs(value) >= 300:
        return "+∞" if value > 0 else "−∞"
    text = f"{abs(value):.1f}"
    return text if text == "0.0" else ("+" if value > 0 else "−") + text


def bits(value: Plain) -> str:
    """Information in bits.

    Examples
    --------
    >>> bits(3.21), bits(0.01)
    ('3.2 bits', 'under 0.1 bits')
    """
    if not isinstance(value, int | float):
        return "–"
    return "under 0.1 bits" if value < 0.05 else f"{value:.1f} bits"


def amount(value: Plain, unit: str) -> str:
    """A quantity with three significant digits and its unit.

    Examples
    --------
    >>> amount(1234.56, "km²"), amount(0.04321, "km²")
    ('1,230 km²', '0.0432 km²')
    """
    if not isinstance(value, int | float):
        return "–"
    if value == 0:
        return f"0 {unit}"
    places = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    return (
        f"{rounded:,.{max(0, places)}f}".rstrip("0").rstrip(".") + f" {unit}"
        if places > 0
        else f"{rounded:,.0f} {unit}"
    )


def size(n_bytes: Plain) -> str:
    """A file size, exact and readable.

    Examples
    --------
    >>> size(2_345_678)
    '2,345,678 bytes (2.2 MiB)'
    """
    if not isinstance(n_bytes, int):
        return "–"
    for power, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if n_bytes >= 1 << power:
            return f"{n_bytes:,} bytes ({n_bytes / (1 << power):.1f} {unit})"
    return f"{n_bytes:,} bytes"


def moment(value: Plain) -> str:
    """A time as recorded, easier to read: date, time, offset.

    Examples
    --------
    >>> moment("2024-06-01T09:30:00+04:00"), moment("2024-06-01T05:30:00.123456Z")
    ('2024-06-01 09:30:00 +04:00', '2024-06-01 05:30:00 UTC')
    """
    text = clean(value)
    if len(text) < 20 or text[10] != "T":
        return text or "–"
    rest = text[19:]
    if rest.startswith("."):
        rest = rest.lstrip(".0123456789")
    return f"{text[:10]} {text[11:19]} {'UTC' if rest == 'Z' else rest}"


def span_words(start: str, end: str) -> str:
    """A span between two times that `moment` gave, with the day and whole minutes said once.

    Examples
    --------
    >>> span_words("2024-06-01 04:31:00 UTC", "2024-06-01 06:02:00 UTC")
    '2024-06-01 04:31 to 06:02 UTC'
    """
    if start[16:19] == end[16:19] == ":00":
        start, end = start[:16] + start[19:], end[:16] + end[19:]
    if len(start) > 16 and start[:10] == end[:10] and start[16:] == end[16:]:
        return f"{start.rpartition(' ')[0]} to {end[11:]}"
    return f"{start} to {end}"


def flat(value: Plain, prefix: str = "", limit: int = 40) -> list[list[str]]:
    """Nested values as rows of name and text, at most `limit` of them; what is empty is left out.

    Examples
    --------
    >>> flat({"cuts_s": [1.5, 2.0], "note": None, "frame": {"width_px": 640}})
    [['cuts s', '1.5, 2'], ['frame · width px', '640']]
    """
    found: list[list[str]] = []
    _flatten(value, prefix, found)
    if len(found) > limit:
        found = [*found[:limit], ["…", f"{len(found) - limit} more in case.json"]]
    return found


def _flatten(value: Plain, name: str, found: list[list[str]]) -> None:
    if isinstance(value, dict):
        for key, entry in value.items():
            _flatten(entry, f"{name} · {key}" if name else key, found)
    elif isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
        for index, entry in enumerate(value[:16], 1):
            found.append(_one_row(name, index, entry if isinstance(entry, dict) else {}))
        if len(value) > 16:
            found.append([_label(name), f"… {len(value) - 16} more in case.json"])
    elif value not in (None, "", []):
        found.append([_label(name), _scalar(value)])


def _label(name: str) -> str:
    return clean(name.replace("_", " "), 120)


def _one_row(name: str, index: int, entry: dict[str, Plain]) -> list[str]:
    """A record in one row: a remark as its sentences, anything else member by member."""
    if isinstance(entry.get("seen"), str):
        said = [clean(entry.get(key), 400) for key in ("seen", "innocent") if entry.get(key)]
        return [
            _label(f"{name} {index}: {entry['topic']}" if entry.get("topic") else f"{name} {index}"),
            " ".join(said),
        ]
    parts = [f"{_label(key)}: {_scalar(part)}" for key, part in entry.items() if part not in (None, "", [], {})]
    return [_label(f"{name} {index}"), clean("; ".join(parts), 600)]


def _scalar(value: Plain) -> str:
    if value is None or value in ({}, []):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        parts = [_scalar(entry) for entry in value[:12]]
        return ", ".join(parts) + (f" … ({len(value)} in all)" if len(value) > 12 else "")
    if isinstance(value, dict):
        return "(" + ", ".join(f"{_label(key)} {_scalar(entry)}" for key, entry in value.items()) + ")"
    return clean(value, 300)

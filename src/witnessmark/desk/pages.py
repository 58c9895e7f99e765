"""Pages to look at: one HTML file each, no script, no request, every text escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from witnessmark.desk.case import Case
from witnessmark.desk.items import put_out
from witnessmark.desk.jurisdiction import Bounds
from witnessmark.errors import BadInputError
from witnessmark.plain import parse_moment, visible


def write_page(case: Case, out: Path, template: str, body: Mapping[str, Any]) -> Path:
    """Write a page.

    Parameters
    ----------
    case : Case
        Its reference and title stand on it.
    out : Path
        The file; one that is there already is replaced.
    template : str
        "law" or "timeline".
    body : mapping
        What the template calls ``d``.

    Returns
    -------
    Path

    Raises
    ------
    BadInputError
        When it cannot be written.

    Notes
    -----
    The content security policy allows the one style sheet, named by its SHA-256 (CSP Level 3, section 2.3.1).
    """
    folder = resources.files("witnessmark.desk") / "templates"
    style = (folder / "page.css").read_text(encoding="utf-8").strip()
    environment = Environment(
        loader=DictLoader({template: (folder / f"{template}.html").read_text(encoding="utf-8")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    text = environment.get_template(template).render(
        d=body,
        reference=case.reference,
        title=case.settings["title"],
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        between=between,
        when=when,
    )
    try:
        put_out(out, text.encode())
    except OSError as error:
        raise BadInputError(f"'{out}' cannot be written ({error.strerror}).", "Give another path.") from error
    return out


def when(text: str | None) -> str:
    """A time for people: to the second, or the minute where it is a whole one, with its offset.

    Examples
    --------
    >>> when("2031-09-13T07:30:00+04:00"), when("2031-09-13T07:30:15.250000Z"), when(None)
    ('2031-09-13 07:30 +04:00', '2031-09-13 07:30:15 UTC', 'open')
    """
    if text is None:
        return "open"
    at = parse_moment(text)
    offset = "UTC" if text.endswith("Z") else at.isoformat()[-6:]
    return f"{at:%Y-%m-%d %H:%M}{f':{at:%S}' if at.second or at.microsecond else ''} {offset}"


def between(bounds: Bounds | None) -> str:
    """A probability between two numbers, for people.

    Examples
    --------
    >>> between(Bounds(0.61, 0.86)), between(Bounds(0.5, 0.5)), between(None)
    ('probability 0.61 to 0.86', 'probability 0.50', 'not known')
    """
    if bounds is None:
        return "not known"
    low, high = f"{bounds.at_least:.2f}", f"{bounds.at_most:.2f}"
    return f"probability {low}" if low == high else f"probability {low} to {high}"

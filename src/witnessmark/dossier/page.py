"""The report as one HTML page: no script, no request, its one style sheet allowed by hash and nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources

from jinja2 import DictLoader, Environment, StrictUndefined

from witnessmark.plain import Plain


def render_page(model: Mapping[str, Plain], pictures: Mapping[str, bytes]) -> bytes:
    """Write the page.

    Parameters
    ----------
    model : mapping
        From `report_model`.
    pictures : mapping of path in the bag to PNG bytes
        Carried inside the page as data addresses.

    Notes
    -----
    The content security policy allows pictures from the page itself and the one style sheet, named by its SHA-256
    (CSP Level 3, section 2.3.1). Every text is escaped by the template engine.
    """
    folder = resources.files("witnessmark.dossier")
    style = (folder / "report.css").read_text(encoding="utf-8").strip()
    sources = {"report.html": (folder / "report.html").read_text(encoding="utf-8")}
    environment = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style_hash = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    images = {path: f"data:image/png;base64,{base64.b64encode(png).decode()}" for path, png in pictures.items()}
    text = environment.get_template("report.html").render(d=model, images=images, style=style, style_hash=style_hash)
    return text.encode("utf-8")

"""A case with something on every page, and the pages there are."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import CLAIMS, SPACE, write_clip
from witnessmark.desk.articles import keep_reading, read_articles
from witnessmark.desk.assessing import assess
from witnessmark.desk.case import Case, new_case
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.lawful import attach
from witnessmark.desk.marking import draw_mark
from witnessmark.desk.register import add_person
from witnessmark.desk.statements import add_claims

ARTICLE = """The footage was filmed on 13 September 2031, the Northern Administration said.
"It was recorded near the lake," said Ann Smith, a spokeswoman for the Northern Administration.
"""
PATHS = (
    "/",
    "/account",
    "/people",
    "/c/case",
    "/c/case/items/WM-0001",
    "/c/case/items/WM-0001/frame?at_s=0.5",
    "/c/case/items/WM-0001/clear",
    "/c/case/take-in",
    "/c/case/copies",
    "/c/case/where",
    "/c/case/when?first=2031-09-13&second=2031-09-14",
    "/c/case/conversation",
    "/c/case/emblems",
    "/c/case/claims",
    "/c/case/claims/proposals",
    "/c/case/review",
    "/c/case/law?norm=rome.8-2-a-i",
    "/c/case/register",
    "/c/case/dossier",
    "/c/case/custody",
    "/c/case/activity",
    "/c/case/people",
    "/c/case/search?q=filmed",
    "/c/none-such",
)


def worked(root: Path) -> Case:
    """A case with something on every page."""
    case = new_case(root / "case", "2031-17", "The ridge clip (rehearsed)", operator="Ada", settings={"space": SPACE})
    item = add_item(case, write_clip(root / "clip.mp4")).item
    claims = root / "claims.yaml"
    claims.write_text(CLAIMS, encoding="utf-8")
    add_claims(case, claims)
    draw_mark(case, item, "shadow", {"top_px": [40, 20], "base_px": [40, 60], "tip_px": [90, 65]}, at_pts_s=0.5)
    results = run_lines(case, ["integrity", "sun", "weather"])
    assess(case)
    attach(
        case, "rome.8-2-a-i.4", next(each["id"] for each in results if each["kind"] == "finding"), "context", "When."
    )
    add_person(case, role="held")
    article = root / "article.txt"
    article.write_text(ARTICLE, encoding="utf-8")
    (read,) = read_articles([article], case=case)
    keep_reading(case, article, read)
    return case

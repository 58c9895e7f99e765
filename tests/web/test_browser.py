"""Every page in a real browser: nothing leaves the machine, nothing breaks the policy, axe finds nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CLAIMS, SPACE, write_clip
from tests.web.browser import Watched, chromium, served
from tests.web.people import PASSWORD
from witnessmark.desk.articles import keep_reading, read_articles
from witnessmark.desk.assessing import assess
from witnessmark.desk.case import Case, new_case
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.lawful import attach
from witnessmark.desk.marking import draw_mark
from witnessmark.desk.register import add_person
from witnessmark.desk.statements import add_claims
from witnessmark.web.workplace import Workplace

SHOTS = os.environ.get("WITNESSMARK_SCREENSHOTS")
"""A folder for pictures of every page, in light and dark, for a person to look at."""
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "{{ 7 * 7 }} ${alert(1)}",
    "\u202egpj.exe\u2066",
    "zero\u200bwidth\u00ad",
    "../../etc/passwd",
    "javascript:alert(1)",
)
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


def _worked(root: Path) -> Case:
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


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Workplace]]:
    chromium()
    root = tmp_path_factory.mktemp("desk")
    _worked(root).close()
    with served(root) as (base, workplace):
        workplace.adopt(workplace.accounts.add("Ada", PASSWORD, admin=True))
        yield base, workplace


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = chromium()
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


def test_no_page_breaks_its_policy_or_asks_anybody_else(desk: tuple[str, Workplace], browser: Any) -> None:
    base, _ = desk
    wrong: list[str] = []
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})
        watched = Watched(context.new_page(), base)
        watched.sign_in("Ada", PASSWORD)
        for path in PATHS:
            watched.go(path)
            watched.page.wait_for_timeout(150)
            if SHOTS:
                name = path.strip("/").partition("?")[0].replace("/", "_") or "cases"
                watched.page.wait_for_timeout(1200)
                watched.page.screenshot(path=f"{SHOTS}/{name}-{scheme}.png", full_page=True)
        wrong += [each for each in watched.wrong if "/c/none-such" not in each]
        context.close()
    assert wrong == []


def test_axe_finds_nothing_on_any_page(desk: tuple[str, Workplace], browser: Any) -> None:
    base, _ = desk
    axe = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, bypass_csp=True)  # axe itself is put into the page
        watched = Watched(context.new_page(), base)
        watched.sign_in("Ada", PASSWORD)
        for path in (*PATHS, "/sign-in", "/set-up"):
            if path == "/sign-in":
                context.clear_cookies()
            watched.go(path)
            watched.page.evaluate(axe)
            told = watched.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            for each in told["violations"]:
                where = [node["target"] for node in each["nodes"]][:4]
                found.setdefault(f"{scheme} {path}", []).append(f"{each['id']}: {where}")
        context.close()
    assert found == {}, json.dumps(found, indent=1)


def test_a_frame_is_marked_by_keyboard_alone(desk: tuple[str, Workplace], browser: Any) -> None:
    base, workplace = desk
    watched = Watched(browser.new_page(), base)
    page = watched.page
    watched.sign_in("Ada", PASSWORD)
    watched.go("/c/case/items/WM-0001/frame?at_s=1.5")
    page.get_by_label("Upright line").focus()
    page.keyboard.press("Space")
    page.locator("svg.frame-layer").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Alt+Shift+ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.reload()  # a draft outlives the page
    page.get_by_role("button", name="Save the mark").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**mark=M-*")
    case = workplace.case("case", "Ada")
    drawn = [mark for mark in case.records.marks(case.records.items()[0]["sha256"]) if mark["kind"] == "vertical"]
    assert [mark["at_pts_s"] for mark in drawn] == [1.5]
    top, foot = drawn[0]["body"]["top_px"], drawn[0]["body"]["base_px"]
    assert foot == [top[0] + 1, top[1] + 10]
    assert watched.wrong == []


def test_hostile_text_is_inert_everywhere(browser: Any, tmp_path: Path) -> None:
    said = " ".join(HOSTILE)
    case = new_case(tmp_path / "case", "evil", "x", operator="Ada", settings={"space": SPACE})
    case.record(case_event(), "case.set", {"setting": {"title": said, "mandate": said}})
    clip = write_clip(tmp_path / "clip.mp4")
    named = tmp_path / "<img src=x onerror=alert(1)> \u202egpj.mp4"
    clip.rename(named)
    item = add_item(case, named, method=said, url="javascript:alert(1)").item
    draw_mark(case, item, "content-note", {"note": said})
    draw_mark(case, item, "remark", {"text": said * 200}, at_pts_s=0.5)
    claims = CLAIMS.replace("The clip is older.", json.dumps(said)).replace("Southern Council", json.dumps(said)[1:-1])
    (tmp_path / "claims.yaml").write_text(
        claims.replace(f"name: {json.dumps(said)[1:-1]}", f"name: {json.dumps(said)}")
    )
    add_claims(case, tmp_path / "claims.yaml")
    article = tmp_path / "article.html"
    article.write_text(f"<html><head><title>{said}</title></head><body><p>{ARTICLE} {said}</p></body></html>")
    (read,) = read_articles([article], case=case)
    keep_reading(case, article, read)
    run_lines(case, ["integrity"])
    assess(case)
    case.close()
    with served(tmp_path) as (base, workplace):
        workplace.adopt(workplace.accounts.add(f"Ada {HOSTILE[0]}", PASSWORD, admin=True))
        watched = Watched(browser.new_page(), base)
        watched.sign_in(f"Ada {HOSTILE[0]}", PASSWORD)
        for path in PATHS[:-1]:
            watched.go(path)
            assert watched.page.locator("script:not([src])").count() == 0, path
            assert watched.page.locator("img[src='x'], svg[onload], [onerror]").count() == 0, path
            assert watched.page.locator("a[href^='javascript']").count() == 0, path
            assert "\u202e" not in watched.page.content(), path
        assert watched.wrong == []


def case_event() -> Any:
    from witnessmark.custody.records import PremisEvent

    return PremisEvent.METADATA_MODIFICATION

"""Every page in a real browser, light and dark: nothing leaves the machine or breaks the policy, axe finds nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import CLAIMS, SPACE, write_clip
from tests.web.browser import Watched, chromium, served, started
from tests.web.people import PASSWORD
from tests.web.worked import ARTICLE, PATHS, worked

from witnessmark.custody.records import PremisEvent
from witnessmark.desk.articles import keep_reading, read_articles
from witnessmark.desk.assessing import assess
from witnessmark.desk.case import new_case
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.marking import draw_mark
from witnessmark.desk.statements import add_claims
from witnessmark.web.workplace import Workplace

pytestmark = pytest.mark.timeout(1200)
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


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Workplace]]:
    chromium()
    root = tmp_path_factory.mktemp("desk")
    worked(root).close()
    with served(root) as (base, workplace):
        workplace.adopt(workplace.accounts.add("Ada", PASSWORD, admin=True))
        yield base, workplace


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started() as running:
        yield running


def test_every_page_keeps_its_policy_and_axe_finds_nothing(desk: tuple[str, Workplace], browser: Any) -> None:
    base, _ = desk
    axe = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watched = Watched(context.new_page(), base)
    page = watched.page
    watched.sign_in("Ada", PASSWORD)
    found: dict[str, list[str]] = {}
    for path in (*PATHS, "/sign-in", "/set-up"):
        if path == "/sign-in":
            context.clear_cookies()
        watched.go(path)
        page.wait_for_timeout(150)
        page.evaluate(axe)  # put in by the browser itself, past the policy, which stays in force
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            told = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            for each in told["violations"]:
                where = [node["target"] for node in each["nodes"]][:4]
                found.setdefault(f"{scheme} {path}", []).append(f"{each['id']}: {where}")
            if SHOTS:
                name = path.strip("/").partition("?")[0].replace("/", "_") or "cases"
                page.screenshot(path=f"{SHOTS}/{name}-{scheme}.png", full_page=True)
    context.close()
    assert found == {}, json.dumps(found, indent=1)
    assert [each for each in watched.wrong if "/c/none-such" not in each] == []


def test_hostile_text_is_inert_everywhere(browser: Any, tmp_path: Path) -> None:
    said = " ".join(HOSTILE)
    case = new_case(tmp_path / "case", "evil", "x", operator="Ada", settings={"space": SPACE})
    case.record(PremisEvent.METADATA_MODIFICATION, "case.set", {"setting": {"title": said, "mandate": said}})
    clip = write_clip(tmp_path / "clip.mp4")
    named = tmp_path / "<img src=x onerror=alert(1)> \u202egpj.mp4"
    clip.rename(named)
    item = add_item(case, named, method=said, url="javascript:alert(1)").item
    draw_mark(case, item, "content-note", {"note": said})
    draw_mark(case, item, "remark", {"text": said * 200}, at_pts_s=0.5)
    # a claims file refuses what turns text; everything else a person may type
    typed = json.dumps(" ".join(each for each in HOSTILE if each.isprintable()))
    claims = CLAIMS.replace("The clip is older.", typed).replace("Southern Council", typed)
    (tmp_path / "claims.yaml").write_text(claims, encoding="utf-8")
    add_claims(case, tmp_path / "claims.yaml")
    article = tmp_path / "article.html"
    article.write_text(f"<html><head><title>{said}</title></head><body><p>{ARTICLE} {said}</p></body></html>")
    (read,) = read_articles([article], case=case)
    keep_reading(case, article, read)
    with ThreadPoolExecutor(1) as apart:  # the browser's loop runs in this thread, and jobs will not
        apart.submit(run_lines, case, ["integrity"]).result()
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

"""The desk in a real browser: a frame marked by keyboard alone, the policy kept, a session that ends while drawing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.browser import Watched, chromium, served, started
from tests.web.people import PASSWORD
from tests.web.worked import worked
from witnessmark.web.workplace import Workplace


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


def test_nothing_drawn_is_lost_when_the_session_ends(desk: tuple[str, Workplace], browser: Any) -> None:
    base, workplace = desk
    watched = Watched(browser.new_page(), base)
    page = watched.page
    watched.sign_in("Ada", PASSWORD)
    watched.go("/c/case/items/WM-0001/frame?at_s=1.0")
    page.get_by_label("Upright line").check()
    page.locator("svg.frame-layer").focus()
    for key in ("Enter", "Alt+Shift+ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.context.clear_cookies()  # as when half an hour passed
    page.get_by_role("button", name="Save the mark", exact=True).first.click()
    page.get_by_text("Your session has ended").wait_for()
    assert page.locator("[data-points] tr").count() == 2
    watched.wrong.clear()  # the browser itself notes the refusal
    page.goto(f"{base}/c/case/items/WM-0001/frame?at_s=1.0")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/frame?at_s=1.0")
    assert page.locator("[data-points] tr").count() == 2
    page.get_by_role("button", name="Save the mark", exact=True).first.click()
    page.wait_for_url("**mark=M-*")
    case = workplace.case("case", "Ada")
    drawn = [mark for mark in case.records.marks(case.records.items()[0]["sha256"]) if mark["kind"] == "vertical"]
    assert 1.0 in [mark["at_pts_s"] for mark in drawn]

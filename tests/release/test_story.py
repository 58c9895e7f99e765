"""The whole work in a real browser, by somebody who never read a word about it: from the first account to the seal."""

from __future__ import annotations

import re
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conftest import write_clip
from tests.web.browser import Watched, chromium, served, started
from tests.web.people import PASSWORD

from witnessmark.web.workplace import Workplace

pytestmark = pytest.mark.timeout(1800)
SLOW_MS = 120_000
ARTICLE = """Published 2 October 2031

The footage was filmed on 13 September 2031, the Northern Administration said.
"It was recorded on the morning of 13 September 2031," said Ann Smith, a spokeswoman for the Northern Administration.
"""
CONCLUDED = "The picture shows a moving texture (rehearsed); nothing in it tells a place."
DRAWN = {"Upright line": 2, "Object and its shadow": 3}


@pytest.fixture
def browser() -> Iterator[Any]:
    chromium()
    with started() as running:
        yield running


class Person(Watched):
    """Somebody at the desk, who waits for work and looks at what came of it."""

    def press(self, name: str) -> None:
        """Press the button of this name."""
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def wait_for_work(self) -> None:
        """Follow the work of the case until none is left; it has not failed."""
        states: list[str] = []
        for _ in range(1200):
            told = self.page.evaluate("fetch('/c/2031-17/work').then((answer) => answer.json())")
            states = [piece["state"] for piece in told]
            if states and not {"waiting", "running"} & set(states):
                break
            self.page.wait_for_timeout(500)
        failed = [piece["answer"] for piece in told if piece["state"] == "failed"]
        assert not failed and states, (failed, states)

    def draw(self, at_s: float, tool: str) -> None:
        """Mark a frame: as many points as the tool asks, along a slope, by clicks."""
        self.go(f"/c/2031-17/items/WM-0001/frame?at_s={at_s}")
        self.page.get_by_label(tool).check()
        layer = self.page.locator("svg.frame-layer")
        box = layer.bounding_box()
        assert box is not None
        for step in range(DRAWN[tool]):
            across, down = 0.3 + 0.02 * step, 0.3 + 0.2 * step
            layer.click(position={"x": box["width"] * across, "y": box["height"] * down})
        self.press("Save the mark")
        self.page.wait_for_url("**mark=M-*", timeout=SLOW_MS)


def test_from_the_first_account_to_a_checked_seal(browser: Any, tmp_path: Path) -> None:
    root = tmp_path / "cases"
    root.mkdir()
    clip = write_clip(tmp_path / "found clip.mp4")
    with served(root) as (base, workplace):
        ada = Person(browser.new_context(accept_downloads=True).new_page(), base)
        ada.page.set_default_timeout(SLOW_MS)
        _begin(ada, workplace)
        _take_in(ada, clip)
        _look(ada)
        _mark_and_run(ada)
        _claims(ada, tmp_path)
        packet = _ask_for_an_opinion(ada, tmp_path)
        _opinion(browser, base, packet, tmp_path)
        _law(ada)
        _seal(ada)
        assert ada.wrong == []


def _begin(ada: Person, workplace: Workplace) -> None:
    """Sign up with the set-up link, open a case and say where and when to look."""
    ada.go(f"/set-up?token={workplace.accounts.setup_token()}")
    ada.page.get_by_label("Your name").fill("Ada")
    ada.page.get_by_label("Password").fill(PASSWORD)
    ada.press("Make the account")
    ada.page.get_by_label("Reference").fill("2031-17")
    ada.page.get_by_label("Title").fill("The found clip (rehearsed)")
    ada.press("Open the case")
    ada.page.wait_for_url("**/c/2031-17")
    ada.page.locator("summary", has_text="Set it").click()
    ada.page.get_by_label("West, south, east, north").fill("46.0, 39.8, 46.2, 40.0")
    ada.page.get_by_label("First day").fill("2031-09-12")
    ada.page.get_by_label("Last day").fill("2031-09-14")
    ada.press("Set it")
    ada.page.get_by_text("2031-09-12 00:00:00 UTC").wait_for()


def _take_in(ada: Person, clip: Path) -> None:
    """Take a clip in, in pieces."""
    ada.page.get_by_role("link", name="Take material in").click()
    ada.page.get_by_label("File").set_input_files(clip)
    ada.page.get_by_label("How it was obtained").fill("downloaded from the first posting (rehearsed)")
    with ada.page.expect_request(re.compile(r"/uploads/[0-9a-f]+\?offset=0$")):
        ada.press("Take it in")
    ada.page.wait_for_url("**/c/2031-17#work")
    ada.wait_for_work()


def _look(ada: Person) -> None:
    """See whether it is a copy; see it in the clear, with a purpose."""
    ada.go("/c/2031-17/items/WM-0001")
    assert ada.page.locator(".badge", has_text="blurred").count() == 1
    for line in ("copies", "integrity"):
        ada.go("/c/2031-17/items/WM-0001")
        ada.page.locator(f"#line-{line} summary").click()
        ada.page.locator(f"#line-{line} form button").click()
        ada.wait_for_work()
    ada.go("/c/2031-17/copies")
    assert ada.page.locator("#WM-0001-copies, details.panel, .panel").count() > 0
    ada.go("/c/2031-17/items/WM-0001/clear")
    ada.page.get_by_label("What for").fill("to draw on it (rehearsed)")
    ada.press("Show it in the clear")
    ada.page.locator(".badge", has_text="in the clear").wait_for()
    assert ada.page.locator("video").evaluate("(video) => video.muted") is True


def _mark_and_run(ada: Person) -> None:
    """Draw an upright and a shadow, propose a skyline, run the lines, fuse, and find place and time."""
    ada.draw(0.4, "Upright line")
    ada.draw(0.4, "Object and its shadow")
    ada.go("/c/2031-17/items/WM-0001/frame?at_s=0.4")
    ada.page.get_by_label("Skyline", exact=True).check()
    ada.press("Propose the skyline")
    ada.page.get_by_text(re.compile("A line of|No line")).wait_for()
    for line in ("sun", "conversation"):
        ada.go("/c/2031-17/items/WM-0001")
        ada.page.locator(f"#line-{line} summary").click()
        ada.page.locator(f"#line-{line} form button").click()
        ada.wait_for_work()
    ada.go("/c/2031-17/items/WM-0001")
    assert ada.page.locator("#line-sun .found, #line-sun .cannot").count() == 1
    assert ada.page.locator("#line-conversation .found, #line-conversation .cannot").count() == 1
    ada.go("/c/2031-17")
    ada.press("Fuse the findings")
    ada.wait_for_work()
    ada.go("/c/2031-17/where")
    ada.page.locator("place-map").wait_for()
    ada.go("/c/2031-17/when?first=2031-09-13&second=2031-09-14")
    assert ada.page.locator("table.heat").count() >= 1
    ada.go("/c/2031-17/conversation")
    assert ada.page.get_by_text("WM-0001").count() > 0


def _claims(ada: Person, folder: Path) -> None:
    """Read an article, accept what leaves nothing open, then one by hand, and see the matrix."""
    article = folder / "article.txt"
    article.write_text(ARTICLE, encoding="utf-8")
    ada.go("/c/2031-17/claims")
    ada.page.get_by_label("File (HTML, PDF or text)").set_input_files(article)
    ada.page.get_by_label("Day it was written").fill("2031-10-02")
    ada.page.get_by_label("Offset of the times").fill("+04:00")
    ada.press("Read it")
    ada.wait_for_work()
    ada.go("/c/2031-17/claims/proposals")
    ada.page.locator("article.proposal").first.wait_for()
    first = ada.page.locator("article.proposal").first
    first.locator("form button", has_text="Accept").click()
    ada.go("/c/2031-17/claims")
    ada.page.locator("#matrix tbody tr").first.wait_for()


def _ask_for_an_opinion(ada: Person, folder: Path) -> Path:
    """Make an account for a colleague, let them in as a reviewer, and make a blind packet for them."""
    ada.go("/people")
    ada.page.get_by_label("Name, as it will stand").fill("Ben")
    ada.page.get_by_label("First password").fill(PASSWORD)
    ada.press("Make the account")
    ada.go("/c/2031-17/people")
    ada.page.get_by_label("Person").select_option(label="Ben")
    ada.page.locator("form.card select[name=role]").select_option("reviewer")
    ada.press("Let in")
    ada.go("/c/2031-17/review")
    card = ada.page.locator("form[action$='/review/open']")
    card.locator("select[name=subject]").select_option(index=0)
    card.get_by_label("Reviewer, by the name").fill("Ben")
    with ada.page.expect_download() as coming:
        ada.press("Make the packet")
    kept = folder / "packet.zip"
    coming.value.save_as(kept)
    return kept


def _opinion(browser: Any, base: str, packet: Path, folder: Path) -> None:
    """The colleague is shown nothing that was concluded before their own conclusion is on record."""
    ben = Person(browser.new_context(accept_downloads=True).new_page(), base)
    ben.page.set_default_timeout(SLOW_MS)
    ben.sign_in("Ben", PASSWORD)
    with zipfile.ZipFile(packet) as packed:
        form = yaml.safe_load(packed.read("answer.yaml"))
    for path in ("", "/items/WM-0001", "/claims", "/when", "/where", "/law", "/dossier", "/activity", "/search?q=sun"):
        answer = ben.page.goto(f"{base}/c/2031-17{path}")
        assert answer is not None and answer.status == 403, path
        assert "Conclude first" in ben.page.inner_text("main")
    ben.wrong.clear()  # the browser itself notes each refusal
    ben.go("/c/2031-17/review")
    ben.page.get_by_text("You hold a blind packet on").wait_for()
    key_card = ben.page.locator("form[action$='/review/key']")
    key_card.get_by_label("Whom you work for").fill("independent")
    key_card.get_by_label("Passphrase").fill(PASSWORD)
    with ben.page.expect_download() as coming:
        key_card.locator("button").click()
    key = folder / "ben.key"
    coming.value.save_as(key)
    answered = folder / "answer.yaml"
    answered.write_text(yaml.safe_dump({**form, "answer": CONCLUDED}), encoding="utf-8")
    card = ben.page.locator("form[action$='/review/conclude']")
    card.get_by_label("The packet's form").set_input_files(answered)
    card.get_by_label("Your key").set_input_files(key)
    card.get_by_label("Its passphrase").fill(PASSWORD)
    card.locator("button").click()
    ben.page.get_by_text("Opinions on record").or_(ben.page.get_by_text("Nobody has reviewed")).first.wait_for()
    compare = ben.page.locator("form[action$='/review/compare']")
    compare.locator("select[name=subject]").select_option(str(form["subject"]))
    compare.get_by_label("Your key").set_input_files(key)
    compare.get_by_label("Its passphrase").fill(PASSWORD)
    compare.locator("button").click()
    ben.page.get_by_text("The author's conclusion beside yours").wait_for()
    ben.go("/c/2031-17/items/WM-0001")
    assert ben.page.locator("#line-sun").count() == 1
    assert ben.wrong == []


def _law(ada: Person) -> None:
    """Say that a finding bears on a legal element."""
    ada.go("/c/2031-17/law?norm=rome.8-2-a-i")
    card = ada.page.locator("form[action$='/law/attach']").first
    card.locator("xpath=ancestor::details[1]").locator("summary").click()
    card.locator("select[name=finding]").select_option(index=0)
    card.locator("[name=note]").fill("It bears on when (rehearsed).")
    card.locator("button").first.click()
    ada.page.get_by_text("It bears on when (rehearsed).").first.wait_for()


def _seal(ada: Person) -> None:
    """Seal a dossier, look at it and check it."""
    ada.go("/c/2031-17/dossier")
    ada.page.get_by_label("Edition").select_option("public")
    ada.page.get_by_label("Recipient").fill("A court (rehearsed)")
    ada.page.get_by_label("Purpose").fill("to be looked at")
    ada.press("Seal")
    ada.wait_for_work()
    ada.go("/c/2031-17/dossier")
    ada.page.get_by_role("button", name=re.compile("^Check it now")).click()
    ada.page.get_by_text("everything is as it was sealed").wait_for()


def test_a_cut_upload_goes_on_in_the_browser(browser: Any, tmp_path: Path) -> None:
    root = tmp_path / "cases"
    root.mkdir()
    clip = write_clip(tmp_path / "clip.mp4")
    cut = threading.Event()
    with served(root) as (base, workplace):
        ada = Person(browser.new_page(), base)
        ada.page.set_default_timeout(SLOW_MS)
        _begin(ada, workplace)

        def once(route: Any) -> None:
            if route.request.method == "PUT" and not cut.is_set():
                cut.set()
                route.abort()
            else:
                route.continue_()

        ada.page.route("**/uploads/**", once)
        _take_in(ada, clip)
        assert cut.is_set()
        ada.go("/c/2031-17/items/WM-0001")
        assert "clip.mp4" in ada.page.inner_text("h1")

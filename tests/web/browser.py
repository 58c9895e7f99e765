"""A real desk on loopback and a real browser in front of it."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from witnessmark.web.app import build
from witnessmark.web.workplace import Settings, Workplace

BROWSER_VARIABLE = "WITNESSMARK_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def chromium() -> str:
    """Path of a Chromium; the test is skipped where there is none."""
    found = os.environ.get(BROWSER_VARIABLE) or next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no Chromium is installed; name one with {BROWSER_VARIABLE}")
    return found


@contextmanager
def served(root: Path) -> Iterator[tuple[str, Workplace]]:
    """A desk over a folder of cases, listening on a free port of this machine."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    workplace = Workplace(Settings(root))
    server = uvicorn.Server(uvicorn.Config(build(workplace), log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30.0
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", workplace
    finally:
        server.should_exit = True
        thread.join(10.0)


@contextmanager
def started() -> Iterator[Any]:
    """A Chromium; the test is skipped where there is none, or nothing to drive it with."""
    path = chromium()
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page, and everything that went wrong on it."""

    page: Any
    base: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self._note(said.text) if said.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self._note(f"script error: {error}"))
        self.page.on("dialog", self._refuse)
        self.page.on("request", lambda asked: None if asked.url.startswith(self.base) else self._note(asked.url))

    def _refuse(self, dialog: Any) -> None:
        self._note(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note(self, what: str) -> None:
        self.wrong.append(f"{self.page.url}: {what}")

    def go(self, path: str) -> None:
        """Open a page of the desk."""
        self.page.goto(self.base + path)

    def sign_in(self, name: str, password: str) -> None:
        """Sign in through the form."""
        self.go("/sign-in")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{self.base}/")

"""Weights and times of the desk's pages, on a case of 2,000 marks and 10,000 log entries.

Run as ``python benchmarks/web.py [--seconds 60]``; needs the ``web`` and ``test`` extras.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import new_case, open_case
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.lines.contract import Mark
from witnessmark.plain import Plain
from witnessmark.stores.accounts import Accounts, Role
from witnessmark.web.doors import COOKIE
from witnessmark.web.workplace import ACCOUNTS_FILE

RESULT = Path(__file__).parent / "results" / "web.md"
MARKS, EVENTS = 2_000, 10_000
READERS, THINKING_S = 50, 10.0
HEAVIEST_KB, SLOWEST_ITEM_MS, SLOWEST_P95_S = 400.0, 300.0, 1.0
ITEM = "/c/case/items/WM-0001"
PAGES = (
    "/",
    "/c/case",
    ITEM,
    f"{ITEM}/frame?at_s=0.5",
    "/c/case/copies",
    "/c/case/where",
    "/c/case/when",
    "/c/case/conversation",
    "/c/case/emblems",
    "/c/case/claims",
    "/c/case/review",
    "/c/case/law",
    "/c/case/dossier",
    "/c/case/activity",
    "/c/case/people",
    "/c/case/search?q=clip",
)
SPACE: dict[str, Plain] = {
    "region_deg": [46.0, 39.8, 46.2, 40.0],
    "spacing_m": 1000.0,
    "from": "2031-09-12T00:00:00Z",
    "to": "2031-09-15T00:00:00Z",
    "step_s": 600.0,
}
LINES = ("integrity", "sun", "weather", "copies", "scene")
OWN_FILES = re.compile(r'(?:src|href)="(/static/[^"]+)"')
IMPORTED = re.compile(r'(?:from|import) ?\(?"(\./[^"]+|/static/[^"]+)"')
SERVE = """
import sys
from pathlib import Path
from witnessmark.web.serving import serve_desk
serve_desk(Path(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]))
"""


def make_clip(path: Path) -> Path:
    """Four seconds of moving texture without sound, the same at each run."""
    rng = np.random.Generator(np.random.Philox(20310914))
    texture = rng.integers(0, 255, (45, 120, 3), dtype=np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for index in range(100):
            picture = np.ascontiguousarray(texture[:, index : index + 320])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def make_case(root: Path, events: int) -> None:
    """A case with one item, its marks and as many events as wanted; the lines that need little have run."""
    case = new_case(root / "case", "2031-17", "A busy case (rehearsed)", operator="Ada", settings={"space": SPACE})
    item = add_item(case, make_clip(root / "clip.mp4")).item
    run_lines(case, ["integrity", "weather"])
    for index in range(MARKS):
        body: dict[str, Plain] = {
            "text": f"remark {index}",
            "points_px": [[index % 320, index % 180], [10, 20], [30, 40]],
        }
        name = f"M-{Sha256.of(str(index).encode()).hex()[:12]}"
        mark = Mark(name, item.sha256, "remark", "Ada", (index % 100) / 25.0, body)
        case.record(PremisEvent.METADATA_MODIFICATION, "mark.drawn", {"mark": mark}, [item.sha256])
    while case.log.head().number < events:
        case.record(PremisEvent.METADATA_MODIFICATION, "access.changed", {"person": "Ben", "role": "reader"})
    case.close()


def make_people(root: Path) -> list[str]:
    """An owner and readers, each signed in; the secrets of their sessions, the owner's first."""
    accounts = Accounts(root / ACCOUNTS_FILE)
    secrets = []
    for index in range(READERS + 1):
        person = accounts.add(f"Reader {index}" if index else "Ada", None, admin=not index)
        accounts.set_role(person.id, "case", Role.READER if index else Role.OWNER)
        secrets.append(accounts.begin(person.id))
    return secrets


@dataclass
class Desk:
    """A desk in a process of its own."""

    root: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(self.root), str(self.port)], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 120.0
        while time.monotonic() < deadline:
            try:
                self.get("/sign-in", "")
                return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError("the desk did not start")

    def get(self, path: str, secret: str, accept: str = "text/html") -> bytes:
        """A page, as somebody."""
        headers = {"cookie": f"{COOKIE}={secret}", "accept": accept}
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return bytes(answer.read())

    def post(self, path: str, key: str, sent: object) -> None:
        """Ask for something as a program."""
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        url = f"http://127.0.0.1:{self.port}{path}"
        asked = urllib.request.Request(url, data=json.dumps(sent).encode(), headers=headers)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            answer.read()

    def cpu_s(self) -> float:
        """Processor time it has used [s]."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)


def weigh(desk: Desk, path: str, secret: str) -> tuple[int, int]:
    """Bytes of a page and of all scripts, sheets and icons it brings, and how many files these are."""
    html = desk.get(path, secret)
    todo, seen, total = [each.replace("&amp;", "&") for each in OWN_FILES.findall(html.decode())], set[str](), len(html)
    while todo:
        file = todo.pop()
        if file in seen:
            continue
        seen.add(file)
        data = desk.get(file, secret)
        total += len(data)
        if file.partition("?")[0].endswith(".js"):
            beside = file.partition("?")[0].rpartition("/")[0]
            todo += [f"{beside}/{name[2:]}" if name[0] == "." else name for name in IMPORTED.findall(data.decode())]
    return total, len(seen)


@dataclass
class Waited:
    """What readers waited [s], and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def read_about(desk: Desk, secret: str, until: float, seed: int, waited: Waited) -> None:
    """One person: a page, a while of reading, another page."""
    rng = np.random.Generator(np.random.Philox(seed))
    time.sleep(float(rng.uniform(0.0, THINKING_S)))
    while time.monotonic() < until:
        path = PAGES[int(rng.integers(len(PAGES)))]
        start = time.perf_counter()
        try:
            desk.get(path, secret)
        except (OSError, urllib.error.HTTPError) as error:
            waited.wrong.append(f"{path}: {error}")
        waited.seconds.append(time.perf_counter() - start)
        time.sleep(float(rng.exponential(THINKING_S)))


def measure_crowd(desk: Desk, secrets: list[str], key: str, seconds: float) -> tuple[Waited, int]:
    """All readers at once while lines run; what they waited, and how many runs of a line were asked for."""
    waited, asked = Waited(), 0
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=read_about, args=(desk, secret, until, index, waited))
        for index, secret in enumerate(secrets)
    ]
    for thread in threads:
        thread.start()
    while time.monotonic() < until:
        busy = {
            piece["title"]
            for piece in json.loads(desk.get("/c/case/work", secrets[0], "application/json"))
            if piece["state"] in ("waiting", "running")
        }
        for line in LINES:
            if f"{line} on WM-0001" not in busy:
                desk.post("/api/c/case/lines/run", key, {"lines": [line], "items": ["WM-0001"]})
                asked += 1
        time.sleep(2.0)
    for thread in threads:
        thread.join()
    return waited, asked


def main() -> None:
    """Measure, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the crowd reads")
    parser.add_argument("--times", type=int, default=20, help="how often each page is asked")
    parser.add_argument("--events", type=int, default=EVENTS, help="entries of the log")
    parser.add_argument("--folder", type=Path, help="where the case is made, or kept from the run before")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = given.folder or Path(folder)
        if not (root / "case").exists():
            make_case(root, given.events)
        secrets = make_people(root)
        accounts = Accounts(root / ACCOUNTS_FILE)
        key = accounts.new_token(next(person.id for person in accounts.all() if person.admin), "benchmark", 1)
        case = open_case(root / "case")
        events = case.log.head().number
        case.close()
        desk = Desk(root)
        desk.start()
        try:
            rows = []
            for path in PAGES:
                size, files = weigh(desk, path, secrets[0])
                before, waits = desk.cpu_s(), []
                for _ in range(given.times):
                    start = time.perf_counter()
                    desk.get(path, secrets[0])
                    waits.append(1000.0 * (time.perf_counter() - start))
                cpu_ms = 1000.0 * (desk.cpu_s() - before) / given.times
                rows.append((path, size / 1000.0, files, statistics.median(waits), max(waits), cpu_ms))
            load = os.getloadavg()[0]
            waited, asked = measure_crowd(desk, secrets[1:], key, given.seconds)
        finally:
            desk.stop()
    table = "\n".join(
        f"| `{path}` | {size:.0f} | {files} | {median:.0f} | {worst:.0f} | {cpu:.0f} |"
        for path, size, files, median, worst, cpu in rows
    )
    times = np.array(waited.seconds)
    p50, p95, p99 = (float(np.quantile(times, each)) for each in (0.5, 0.95, 0.99))
    item = next(row for row in rows if row[0] == ITEM)
    heaviest = max(row[1] for row in rows)
    median_ms, cpu_ms = item[3], item[5]
    met = "met" if median_ms < SLOWEST_ITEM_MS else "NOT met by the clock"
    if median_ms >= SLOWEST_ITEM_MS > cpu_ms:
        met += ", met by processor time"
    told = f"""# The desk in a browser: weights and times

`python benchmarks/web.py --seconds {given.seconds:.0f}`; {platform.machine()}, {os.cpu_count()} processors, load
average of the machine {load:.1f} when the pages had been timed and {os.getloadavg()[0]:.1f} after the crowd. One case,
one item, {MARKS:,} marks, {events:,} log entries. One server process; the client is on the same processors.

## Pages

Bytes of the page with its scripts, sheets and icon, uncompressed, without stills, tiles and video; times over
{given.times} requests on loopback, and the server's own processor time a request.

| Page | kB | Files | Median (ms) | Slowest (ms) | Processor (ms) |
|---|---|---|---|---|---|
{table}

Heaviest page: {heaviest:.0f} kB (at most {HEAVIEST_KB:.0f} wanted: {"met" if heaviest < HEAVIEST_KB else "NOT met"}).
Item page: median {median_ms:.0f} ms, processor {cpu_ms:.0f} ms (at most {SLOWEST_ITEM_MS:.0f} wanted: {met}).

## {READERS} people reading, five lines running

{given.seconds:.0f} s; each person asks for a page at random, reads for {THINKING_S:.0f} s on average, asks for another.
The lines {", ".join(LINES)} are asked for again whenever they have ended ({asked} runs); lines of one case run
one after another, in a process of their own.

| Pages asked | Errors | Median (s) | p95 (s) | p99 (s) | Slowest (s) |
|---|---|---|---|---|---|
| {len(times):,} | {len(waited.wrong)} | {p50:.2f} | {p95:.2f} | {p99:.2f} | {times.max():.2f} |

p95 at most {SLOWEST_P95_S:.0f} s wanted: {"met" if p95 < SLOWEST_P95_S else "NOT met under this load"}.
"""
    if waited.wrong:
        told += "\n" + "\n".join(f"- {each}" for each in waited.wrong[:5]) + "\n"
    print(told)
    RESULT.write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main()

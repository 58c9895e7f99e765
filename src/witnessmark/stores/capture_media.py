"""Recordings of known platforms by yt-dlp: a process of its own, behind a guarding proxy, with no other program."""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.metadata
import importlib.util
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from witnessmark.errors import BadInputError, ProviderError
from witnessmark.stores.capture_addresses import Guard
from witnessmark.stores.capture_proxy import guarded_proxy
from witnessmark.stores.capture_wire import Limits

INSTALL = "Install it: pip install 'witnessmark[capture]'."
_WHOLE = "[protocol^=http]"
_UNFINISHED = frozenset({".part", ".ytdl"})
_CONFINED = (
    "import resource, runpy, sys\n"
    "most = int(sys.argv.pop(1))\n"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))\n"
    "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
    "runpy.run_module('yt_dlp', run_name='__main__', alter_sys=True)\n"
)
"""What the process does first: no file of it can grow beyond the limit, whatever yt-dlp is told by a server."""
_FORMATS = (
    f"bv*{_WHOLE},ba{_WHOLE}/b{_WHOLE}/bv*[protocol=m3u8_native],ba[protocol=m3u8_native]/b[protocol=m3u8_native]"
)
"""Pictures and sound as the platform keeps them, in two files where it keeps them apart: nothing is put together."""


@dataclass(frozen=True, slots=True)
class FetchedMedia:
    """What yt-dlp fetched.

    Attributes
    ----------
    files : tuple of Path
        Recordings, as served.
    info : Path or None
        What the platform says of them (JSON).
    facts : dict
        The parts of it that are used: see `posting_facts`.
    version : str
        Of yt-dlp.
    started : datetime
        UTC.
    reached : tuple of (host, port, address)
    refused : tuple of str
    """

    files: tuple[Path, ...]
    info: Path | None
    facts: dict[str, Any]
    version: str
    started: dt.datetime
    reached: tuple[tuple[str, int, str], ...]
    refused: tuple[str, ...]


def installed() -> bool:
    """Whether yt-dlp is there."""
    return importlib.util.find_spec("yt_dlp") is not None


def known_platform(url: str) -> str | None:
    """The platform an address is one of, as yt-dlp calls it; None for any other page, or without yt-dlp."""
    if not installed():
        return None
    extractors = importlib.import_module("yt_dlp.extractor").gen_extractor_classes()
    for extractor in extractors:
        if extractor.IE_NAME != "generic" and extractor.suitable(url):
            return str(extractor.IE_NAME)
    return None


def fetch_media(
    url: str,
    folder: Path,
    guard: Guard,
    limits: Limits,
    *,
    progress: Callable[[float, str], None] | None = None,
) -> FetchedMedia:
    """Have yt-dlp fetch the recordings at an address into a folder.

    It runs as a process of its own that sees no configuration, no cookies, no plug-ins and no other program, and
    reaches the network only through `guarded_proxy`. What it leaves unfinished is not given back.

    Parameters
    ----------
    url : str
    folder : Path
        New and empty.
    guard : Guard
    limits : Limits
    progress : callable (done from 0 to 1, what), optional

    Raises
    ------
    BadInputError
        When yt-dlp is not installed.
    ProviderError
        When it fetched nothing, or took too long.
    """
    if not installed():
        raise BadInputError("Recordings of platforms need yt-dlp, which is not installed.", INSTALL)
    told = progress or (lambda done, what: None)
    inside = folder / "fetched"
    inside.mkdir()
    started = dt.datetime.now(dt.UTC)
    with guarded_proxy(guard, limits) as passage:
        environment = {
            "PATH": "",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "LANG": "C.UTF-8",
            **{name: passage.url for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY")},
        }
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _CONFINED, str(limits.max_bytes), *_options(limits, passage.url), "--", url],
            cwd=inside,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        said = _awaited(process, limits, told, inside, url)
    files = sorted(path for path in inside.iterdir() if path.is_file() and not path.is_symlink())
    info = next((path for path in files if path.name.endswith(".info.json")), None)
    whole = tuple(
        path for path in files if path != info and path.suffix not in (".part", ".ytdl") and path.stat().st_size
    )
    if process.returncode != 0 or not whole:
        why = said or "; ".join(passage.refused[:3]) or "it found no recording there"
        raise ProviderError(
            f"yt-dlp could not fetch '{url}': {why}",
            "Check the address; platforms change, so a newer yt-dlp may help. Nothing was taken in.",
        )
    version = importlib.metadata.version("yt-dlp")
    facts = posting_facts(info)
    return FetchedMedia(
        whole, info, facts, version, started, tuple(dict.fromkeys(passage.reached)), tuple(passage.refused)
    )


def posting_facts(info: Path | None) -> dict[str, Any]:
    """Platform, account, address, text and time of a posting, as far as the platform tells them.

    ``posted`` is there only when the platform gives an instant; a mere day is not made one.
    """
    if info is None:
        return {}
    try:
        told = json.loads(info.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    facts: dict[str, Any] = {}
    for key, names in (
        ("platform", ("extractor_key", "extractor")),
        ("account", ("uploader_id", "uploader", "channel_id", "channel")),
        ("url", ("webpage_url", "original_url")),
        ("text", ("description", "title")),
    ):
        value = next((told[name] for name in names if isinstance(told.get(name), str) and told[name].strip()), None)
        if value is not None:
            facts[key] = value[:20_000]
    seconds = told.get("timestamp")
    if isinstance(seconds, (int, float)) and math.isfinite(seconds) and 0 < seconds < 4e9:
        facts["posted"] = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return facts


def _options(limits: Limits, proxy: str) -> list[str]:
    return [
        *("--ignore-config", "--no-plugin-dirs", "--no-cache-dir", "--no-cookies", "--no-cookies-from-browser"),
        *("--no-playlist", "--max-downloads", "4", "--match-filter", "!is_live", "--format", _FORMATS),
        *("--no-exec", "--no-mtime", "--fixup", "never", "--downloader", "native", "--no-continue"),
        *("--restrict-filenames", "--write-info-json", "--no-write-comments"),
        *("--output", "%(extractor)s-%(id).80B.%(format_id).40B.%(ext)s"),
        *("--output", "infojson:%(extractor)s-%(id).80B"),
        *("--quiet", "--no-progress", "--no-warnings"),
        *("--retries", "2", "--fragment-retries", "2", "--extractor-retries", "1"),
        *("--socket-timeout", f"{limits.idle_s:g}", "--max-filesize", str(limits.max_bytes), "--proxy", proxy),
    ]


def _awaited(
    process: subprocess.Popen[bytes], limits: Limits, told: Callable[[float, str], None], inside: Path, url: str
) -> str:
    """The last line it says, when it ends; it is ended when its time or its space is up.

    Raises
    ------
    ProviderError
    """
    ends_s, begun_s = time.monotonic() + limits.whole_s, time.monotonic()
    try:
        while True:
            try:
                _, said = process.communicate(timeout=0.2)
            except subprocess.TimeoutExpired:
                held = sum(path.stat().st_size for path in inside.iterdir() if path.is_file())
                told(min(0.95, (time.monotonic() - begun_s) / limits.whole_s), f"yt-dlp: {held / 1e6:.1f} MB")
                if time.monotonic() > ends_s or held > 2 * limits.max_bytes:
                    raise ProviderError(
                        f"'{url}' took longer, or more room, than allowed; nothing was taken in.",
                        "Fetch it with another program and take the file in.",
                    ) from None
                continue
            lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
            return lines[-1].removeprefix("ERROR: ")[:400] if lines else ""
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

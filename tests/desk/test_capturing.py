"""Taking in what stands at an address: all of it or nothing, with the way it came on record."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.web import Site, serving
from wacz.main import main as wacz_main

from witnessmark.custody.records import Appearance, Moment
from witnessmark.desk.capturing import capture_url
from witnessmark.desk.case import Case
from witnessmark.desk.exporting import export_case
from witnessmark.desk.items import appearances, original_path
from witnessmark.dossier import Edition
from witnessmark.errors import BadInputError, ClashError, NotFoundError, ProviderError
from witnessmark.stores.capture_addresses import How
from witnessmark.stores.capture_media import posting_facts
from witnessmark.stores.capture_wire import Limits

POSTED = Appearance(
    "Clips", "@eye", None, Moment(dt.datetime(2031, 9, 14, tzinfo=dt.timezone(dt.timedelta(hours=4))), "platform page")
)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def test_a_page_is_taken_in_as_archive_and_source(case: Case, site: Site, tmp_path: Path) -> None:
    site.redirects["/short"] = "/page"
    done = capture_url(case, site.url("/short"), guard=site.guard, appearance=POSTED, method="seen in a channel")
    assert [part.role for part in done.parts] == ["page", "page source"]
    assert done.final_url == site.url("/page") and done.redirects == (site.url("/page"),)
    assert (done.resources, done.missing) == (9, 1)  # one of them answered 404: that is on record too
    archive, source = (part.taken.item for part in done.parts)
    assert original_path(case, source).read_bytes() == site.bodies["/page"][1]
    capture = archive.captures[0]
    assert capture.url == site.url("/short") and capture.method.startswith("seen in a channel: page and")
    assert capture.tool.name == "witnessmark page capture" and capture.started < capture.ended
    assert not appearances(case, archive)  # a page is not the posting
    told = case.records.payloads("item.fetched")[0]
    assert [stop["status"] for stop in told["exchanges"]] == [302, 200]
    assert told["exchanges"][1]["sha256"] == source.sha256.hex()
    assert ["Content-Type", "text/html; charset=utf-8"] in told["exchanges"][1]["headers"]
    assert any("plain HTTP" in note for note in done.notes) and any("without a browser" in note for note in done.notes)
    path = tmp_path / "page.wacz"
    path.write_bytes(original_path(case, archive).read_bytes())
    assert wacz_main(["validate", "-f", str(path)]) == 0
    with zipfile.ZipFile(path) as packed:
        package = json.loads(packed.read("datapackage.json"))
        assert all(entry["hash"].startswith("sha256:") for entry in package["resources"])


def test_captured_pages_are_exported_whole_or_as_notices(case: Case, site: Site, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="holds no"):
        export_case(case, "wacz", tmp_path / "none.wacz")
    site.bodies["/other"] = ("text/html", b"<html><title>Other</title>Ana Invented</html>")
    for path in ("/page", "/other"):
        capture_url(case, site.url(path), guard=site.guard)
    for edition in Edition:
        out = tmp_path / f"{edition}.wacz"
        done = export_case(case, "wacz", out, edition)
        assert wacz_main(["validate", "-f", str(out)]) == 0
        assert done.size_bytes == out.stat().st_size
        inside = _unpacked(out)
        assert (b"Ana Invented" in inside) == (b"127.0.0.1" in inside) == (edition is Edition.CLOSED)
        assert inside.count(b"left out of the public edition") == (0 if edition is Edition.CLOSED else 2)
    events = case.records.payloads("case.exported")
    assert [event["edition"] for event in events] == ["public", "closed"]
    with pytest.raises(ClashError):
        export_case(case, "wacz", tmp_path / "public.wacz")


def _unpacked(path: Path) -> bytes:
    """Every byte of an archive, with what is compressed in it unpacked."""
    import gzip

    held = io.BytesIO()
    with zipfile.ZipFile(path) as packed:
        for entry in packed.infolist():
            data = packed.read(entry)
            held.write(gzip.decompress(data) if entry.filename.endswith(".gz") else data)
    return held.getvalue()


def test_a_file_is_taken_in_under_a_safe_name_with_its_posting(case: Case, site: Site) -> None:
    site.bodies["/v"] = ("video/mp4", b"\x00\x00\x00\x18ftypisom and more")
    site.headers["/v"] = [("Content-Disposition", 'attachment; filename="../../etc/cl ip.mp4"')]
    done = capture_url(case, site.url("/v"), guard=site.guard, appearance=POSTED, look=False)
    assert [part.role for part in done.parts] == ["file"]
    item = done.parts[0].taken.item
    assert item.captures[0].original_name == "cl ip.mp4" and item.media_type == "video/mp4"
    assert appearances(case, item) == (POSTED,)
    again = capture_url(case, site.url("/v"), guard=site.guard, look=False)
    assert again.parts[0].taken.already_kept and len(again.parts[0].taken.item.captures) == 2


@pytest.mark.parametrize(("path", "said"), [("/gone", "answered 404"), ("/empty", "is empty")])
def test_an_answer_that_is_none_is_refused(case: Case, site: Site, path: str, said: str) -> None:
    site.bodies["/empty"] = ("text/html", b"")
    before = case.log.head()
    with pytest.raises(BadInputError, match=said):
        capture_url(case, site.url(path), guard=site.guard)
    assert case.log.head() == before


def test_nothing_half_fetched_is_taken_in(
    case: Case, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    site.bodies["/cut.mp4"] = ("video/mp4", bytes(9000))
    site.cut["/cut.mp4"] = 100
    before = (case.log.head(), sorted(case.objects.keys("")))
    with pytest.raises(ProviderError, match="broke off"):
        capture_url(case, site.url("/cut.mp4"), guard=site.guard)
    site.bodies["/long.mp4"] = ("video/mp4", bytes(90_000))
    with pytest.raises(ProviderError, match="yt-dlp could not"):
        capture_url(case, site.url("/long.mp4"), guard=site.guard, how=How.MEDIA, limits=Limits(max_bytes=20_000))
    assert (case.log.head(), sorted(case.objects.keys(""))) == before


def test_without_a_guard_of_its_own_a_capture_goes_to_public_addresses_only(case: Case, site: Site) -> None:
    for url in (site.url("/page"), f"http://localhost:{site.port}/page", f"http://[::ffff:127.0.0.1]:{site.port}/page"):
        with pytest.raises(BadInputError, match="public addresses only"):
            capture_url(case, url)
    with pytest.raises(ProviderError, match="yt-dlp could not"):
        capture_url(case, site.url("/clip.mp4"), how=How.MEDIA)
    assert not site.asked and not case.records.items()


def test_yt_dlp_fetches_through_the_guard_and_keeps_what_was_served(case: Case, site: Site, clip: Path) -> None:
    site.bodies["/clip.mp4"] = ("video/mp4", clip.read_bytes())
    done = capture_url(case, site.url("/clip.mp4"), how=How.MEDIA, guard=site.guard, look=False)
    assert [part.role for part in done.parts] == ["recording", "what the platform says"]
    recording = done.parts[0].taken.item
    assert original_path(case, recording).read_bytes() == clip.read_bytes()
    assert recording.captures[0].tool.name == "yt-dlp" and re.match(r"\d{4}\.", recording.captures[0].tool.version)
    told = case.records.payloads("item.fetched")[0]["media"]
    assert told["reached"] == [["127.0.0.1", site.port, "127.0.0.1"]] and told["refused"] == []


def test_a_platforms_time_is_taken_only_when_it_is_an_instant(tmp_path: Path) -> None:
    info = tmp_path / "x.info.json"
    info.write_text(json.dumps({"extractor_key": "Clips", "uploader": "@eye", "upload_date": "20310914", "title": "T"}))
    assert posting_facts(info) == {"platform": "Clips", "account": "@eye", "text": "T"}
    info.write_text(json.dumps({"timestamp": 1946764800, "webpage_url": "https://clips.example/1"}))
    assert posting_facts(info)["posted"] == dt.datetime(2031, 9, 10, tzinfo=dt.UTC)
    info.write_text("[1]")
    assert posting_facts(info) == {} and posting_facts(None) == {}

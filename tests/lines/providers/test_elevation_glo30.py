"""Cloud-optimised tiles read by ranges from a server here, kept by their hashes, and read again without it."""

from __future__ import annotations

import hashlib
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from witnessmark.errors import ProviderError
from witnessmark.lines.providers.contract import Elevations
from witnessmark.lines.providers.elevation_glo30 import Glo30Elevation, tile_name
from witnessmark.lines.providers.elevation_ranges import CHUNK_BYTES
from witnessmark.lines.providers.elevation_web import Web

rasterio = pytest.importorskip("rasterio")

POSTS = 720  # a fifth of a real tile's, so that it is quickly made; the layout is the same


def wavy(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1500.0 + 300.0 * np.sin(40.0 * lat_deg) * np.cos(30.0 * lon_deg) + 9.0 * (lon_deg - 8.0))


def tile(folder: Path, south: int, west: int, arc: int = 10) -> Path:
    """A tile as the bucket has it: no shared row in the south or column in the east, noise that compresses ill."""
    step = 1.0 / POSTS
    lat = south + 1.0 - np.arange(POSTS)[:, None] * step + np.zeros(POSTS)
    lon = west + np.arange(POSTS)[None, :] * step + np.zeros((POSTS, 1))
    noise = np.random.default_rng(south * 360 + west).normal(0.0, 0.05, lat.shape)
    name = tile_name(south, west, arc)
    path = folder / name / f"{name}.tif"
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="COG",
        height=POSTS,
        width=POSTS,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=rasterio.Affine(step, 0, west - step / 2, 0, -step, south + 1.0 + step / 2),
        compress="DEFLATE",
        blocksize=128,
    ) as dataset:
        dataset.write((wavy(lat, lon) + noise).astype(np.float32), 1)
    return path


class Bucket:
    """A web server with ranges, as little as a tile needs, that counts and can be told to misbehave."""

    def __init__(self, root: Path) -> None:
        self.asked: list[tuple[str, str]] = []
        self.served_bytes = 0
        self.busy = 0
        self.whole = False
        self.cut = 0
        bucket = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                return

            def _say(self, status: int, body: bytes = b"", **headers: str) -> None:
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                bucket.asked.append((self.path, self.headers.get("Range", "")))
                if bucket.busy > 0:
                    bucket.busy -= 1
                    return self._say(503)
                path = root / self.path.lstrip("/")
                if not path.is_file():
                    return self._say(404, b"<Error><Code>NoSuchKey</Code></Error>")
                data = path.read_bytes()
                tag = f'"{hashlib.md5(data).hexdigest()}"'
                if self.headers.get("If-Match", tag) != tag:
                    return self._say(412)
                wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
                if wanted is None or bucket.whole:
                    return self._say(200, data, ETag=tag)
                first, last = int(wanted[1]), min(int(wanted[2]), len(data) - 1)
                bucket.served_bytes += last - first + 1
                if bucket.cut > 0:
                    bucket.cut -= 1
                    self.close_connection = True
                    self.send_response(206)
                    self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
                    self.send_header("Content-Length", str(last - first + 1))
                    self.end_headers()
                    self.wfile.write(data[first : first + 10])
                    return None
                return self._say(
                    206, data[first : last + 1], ETag=tag, Content_Range=f"bytes {first}-{last}/{len(data)}"
                )

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GLO-30 has two tiles, a third is in GLO-90 only, all else is sea."""
    root = tmp_path_factory.mktemp("bucket")
    tile(root, 46, 8)
    tile(root, 46, 9)
    tile(root, 45, 8, arc=30)
    return root


@pytest.fixture
def bucket(tiles: Path) -> Iterator[Bucket]:
    server = Bucket(tiles)
    yield server
    server.close()


def ask(folder: Path, bucket: Bucket | None, lat: list[float], lon: list[float], url: str = "") -> Elevations:
    base = bucket.url if bucket else url
    web = Web(timeout_s=5.0, pauses_s=(0.01, 0.01)) if bucket else None
    return Glo30Elevation(folder, web, base, base).heights(np.array(lat), np.array(lon))


def test_a_window_is_read_not_the_tile(tmp_path: Path, tiles: Path, bucket: Bucket) -> None:
    lat, lon = [46.51, 46.52, 46.5], [8.41, 8.42, 8.45]
    seen = ask(tmp_path, bucket, lat, lon)
    np.testing.assert_allclose(seen.height_m, wavy(np.array(lat), np.array(lon)), atol=0.5)
    assert seen.vertical_datum == "EGM2008 geoid"
    whole = (tiles / tile_name(46, 8, 10) / f"{tile_name(46, 8, 10)}.tif").stat().st_size
    assert whole > 8 * CHUNK_BYTES
    assert bucket.served_bytes < whole / 2
    assert all(path.endswith(".tif") for path, _ in bucket.asked)


def test_readings_are_the_ranges_with_their_hashes(tmp_path: Path, tiles: Path, bucket: Bucket) -> None:
    seen = ask(tmp_path, bucket, [46.51], [8.41])
    data = (tiles / tile_name(46, 8, 10) / f"{tile_name(46, 8, 10)}.tif").read_bytes()
    assert len(seen.readings) >= 2
    for reading in seen.readings:
        span = re.fullmatch(rf"{bucket.url}/\S+\.tif#bytes=(\d+)-(\d+)", reading.source)
        assert span and reading.provider == "glo30" and reading.retrieved is not None
        part = data[int(span[1]) : int(span[2]) + 1]
        assert bytes(reading.sha256) == hashlib.sha256(part).digest() and reading.size_bytes == len(part)
        kept = tmp_path / "objects" / str(reading.sha256)[:2] / str(reading.sha256)
        assert kept.read_bytes() == part


def test_what_is_kept_needs_no_network_and_reads_the_same(tmp_path: Path, bucket: Bucket) -> None:
    first = ask(tmp_path, bucket, [46.51, 45.3, 44.5], [8.41, 8.3, 8.3])
    asked = len(bucket.asked)
    again = ask(tmp_path, bucket, [46.51, 45.3, 44.5], [8.41, 8.3, 8.3])
    assert len(bucket.asked) == asked
    offline = ask(tmp_path, None, [46.51, 45.3, 44.5], [8.41, 8.3, 8.3], bucket.url)
    for later in (again, offline):
        np.testing.assert_array_equal(later.height_m, first.height_m)
        assert later.readings == first.readings
    with pytest.raises(ProviderError, match="nothing may be fetched"):
        ask(tmp_path, None, [46.9], [9.9], bucket.url)


def test_where_glo30_has_none_glo90_is_read_and_the_sea_is_level(tmp_path: Path, bucket: Bucket) -> None:
    seen = ask(tmp_path, bucket, [45.5, 44.5], [8.5, 8.5])
    np.testing.assert_allclose(seen.height_m, [wavy(np.array([45.5]), np.array([8.5]))[0], 0.0], atol=0.5)
    absent = [reading.source for reading in seen.readings if reading.source.endswith("#absent")]
    assert [tile_name(44, 8, arc) in text for arc, text in zip((10, 30), absent, strict=True)] == [True, True]
    assert not np.asarray(seen.void).any()


def test_tiles_meet_without_a_seam(tmp_path: Path, bucket: Bucket) -> None:
    lon = 9.0 + np.linspace(-2.0, 2.0, 41) / POSTS
    seen = ask(tmp_path, bucket, [46.5] * 41, lon.tolist())
    np.testing.assert_allclose(seen.height_m, wavy(np.full(41, 46.5), lon), atol=0.6)
    lat = 46.0 + np.linspace(-2.0, 2.0, 41) / POSTS
    down = ask(tmp_path, bucket, lat.tolist(), [8.5] * 41)
    np.testing.assert_allclose(down.height_m, wavy(lat, np.full(41, 8.5)), atol=0.6)


def test_a_damaged_range_is_fetched_anew_and_refused_offline(tmp_path: Path, bucket: Bucket) -> None:
    first = ask(tmp_path, bucket, [46.51], [8.41])
    asked = len(bucket.asked)
    largest = max((tmp_path / "objects").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    data = bytearray(largest.read_bytes())
    data[len(data) // 2] ^= 1
    largest.write_bytes(data)
    with pytest.raises(ProviderError, match="not kept in full"):
        ask(tmp_path, None, [46.51], [8.41], bucket.url)
    again = ask(tmp_path, bucket, [46.51], [8.41])
    np.testing.assert_array_equal(again.height_m, first.height_m)
    assert len(bucket.asked) == asked + 1
    assert hashlib.sha256(largest.read_bytes()).hexdigest() == largest.name


def test_a_listing_cut_short_by_a_crash_does_not_count(tmp_path: Path, bucket: Bucket) -> None:
    first = ask(tmp_path, bucket, [46.51], [8.41])
    for listing in (tmp_path / "reads").iterdir():
        listing.write_bytes(listing.read_bytes() + b'{"url": "htt')
    np.testing.assert_array_equal(ask(tmp_path, bucket, [46.51], [8.41]).height_m, first.height_m)


def test_a_tile_that_changes_on_the_server_is_not_mixed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    path = tile(root, 46, 8)
    bucket = Bucket(root)
    try:
        ask(tmp_path / "kept", bucket, [46.51], [8.41])
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        with pytest.raises(ProviderError, match="changed on the server"):
            ask(tmp_path / "kept", bucket, [46.05], [8.95])
    finally:
        bucket.close()


def test_passing_failures_are_tried_again(tmp_path: Path, bucket: Bucket) -> None:
    bucket.busy = 2
    assert np.isfinite(ask(tmp_path / "busy", bucket, [46.51], [8.41]).height_m).all()
    bucket.cut = 2
    assert np.isfinite(ask(tmp_path / "cut", bucket, [46.51], [8.41]).height_m).all()
    bucket.busy = 99
    with pytest.raises(ProviderError, match="503"):
        ask(tmp_path / "down", bucket, [46.51], [8.41])


def test_failures_while_a_window_is_read_are_told(tmp_path: Path, bucket: Bucket) -> None:
    ask(tmp_path, bucket, [46.99], [8.01])
    bucket.busy = 99
    with pytest.raises(ProviderError, match="503"):
        ask(tmp_path, bucket, [46.05], [8.95])


def test_servers_without_ranges_and_without_an_answer(tmp_path: Path, bucket: Bucket) -> None:
    bucket.whole = True
    with pytest.raises(ProviderError, match="does not serve parts"):
        ask(tmp_path, bucket, [46.51], [8.41])
    with pytest.raises(ProviderError, match="could not be fetched"):
        Web(timeout_s=1.0, pauses_s=()).fetch("http://127.0.0.1:9/x.tif", 0, 10, "")
    with pytest.raises(ProviderError, match="not a web address"):
        Web().fetch("file:///etc/hostname", 0, 10, "")


def test_places_that_are_none_are_refused(tmp_path: Path, bucket: Bucket) -> None:
    with pytest.raises(ProviderError, match="no latitude between"):
        ask(tmp_path, bucket, [91.0], [8.0])

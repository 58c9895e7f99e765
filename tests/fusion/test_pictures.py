"""The drawn posterior and the plain summary: what they hold, and that the same input gives the same bytes."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from witnessmark.fusion import Assessment, ClaimRegion, fuse
from witnessmark.fusion.pictures import draw, draw_place, draw_time
from witnessmark.fusion.summary import summary
from witnessmark.hypotheses import Hypotheses
from witnessmark.plain import canonical

if TYPE_CHECKING:
    from tests.fusion.conftest import Build


def made(build: Build, narrow: float) -> tuple[Assessment, Hypotheses, list[ClaimRegion]]:
    over = build.space(20, 30, 288, [0.1])
    row, column = np.divmod(np.arange(over.shape[0]), 30)
    instant = np.arange(288)
    findings = [
        ("place", build.finding(-0.5 * ((row[:, None] - 8.0) ** 2 + (column[:, None] - 20.0) ** 2) / 9.0, [-4.0])),
        ("time", build.finding(-0.5 * ((instant[None, :] - 90.0) / narrow) ** 2, [-4.0])),
    ]
    claims = [
        ClaimRegion("first", None, instant < 144),
        ClaimRegion("second", column > 14, instant >= 144),
        ClaimRegion("third", None, None, frozenset({"other-0"}), on_grid=False),
    ]
    return fuse(findings, over, claims), over, claims


def pixels(png: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def holds(png: bytes, colour: str) -> int:
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int(np.all(np.abs(pixels(png).astype(int) - wanted) < 12, axis=2).sum())


def test_the_same_input_gives_the_same_bytes_without_a_trace_of_when_or_by_what(build: Build) -> None:
    one, other = (draw(*made(build, 30.0)) for _ in range(2))
    for picture, again in zip(one, other, strict=True):
        assert picture.png == again.png
        assert not picture.shows_footage
        assert not Image.open(io.BytesIO(picture.png)).info.keys() - {"dpi"}
    assert [picture.name for picture in one] == ["posterior-time.png", "posterior-place.png"]


def test_regions_and_claims_are_drawn(build: Build) -> None:
    assessment, over, claims = made(build, 30.0)
    time, place = draw(assessment, over, claims)
    for colour in ("#2b6ca3", "#bcd5ea", "#d55e00", "#009e73"):  # both regions, both claims that speak of time
        assert holds(time.png, colour) > 200, colour
    assert holds(place.png, "#009e73") > 200
    assert holds(place.png, "#d55e00") == 0  # that claim says nothing of place
    bare = draw_time(assessment, over)
    assert holds(bare.png, "#d55e00") == 0
    # at its foot the dark band takes as much of the axis as the 50 % region does; the axis, nine tenths of the picture
    dark = np.all(np.abs(pixels(bare.png).astype(int) - (0x2B, 0x6C, 0xA3)) < 4, axis=2)
    share = assessment.regions_time[0].minutes / (over.times.n_instants * 10.0)
    assert dark.sum(axis=1).max() / dark.shape[1] == pytest.approx(0.9 * share, rel=0.05)


def test_a_narrow_posterior_is_shown_closer_too(build: Build) -> None:
    wide, narrow = (draw_time(*made(build, width)[:2]) for width in (60.0, 4.0))
    assert pixels(narrow.png).shape[0] > 1.5 * pixels(wide.png).shape[0]


def test_what_leaves_nothing_on_the_grid_is_drawn_as_such(build: Build) -> None:
    over = build.space(2, 2, 4, [0.1])
    half = np.array([[0.0, 0.0, -np.inf, -np.inf]])
    result = fuse([("a", build.finding(half, [0.0])), ("b", build.finding(half[:, ::-1], [0.0]))], over)
    time, place = draw(result, over)
    assert holds(time.png, "#2b6ca3") == 0
    assert pixels(place.png).std() > 0
    assert summary(result, over)["most_probable_time"] is None
    canonical(summary(result, over))


def test_one_cell_and_one_instant_can_be_drawn(build: Build) -> None:
    over = build.space(1, 1, 1, [0.5])
    result = fuse([], over)
    assert draw_place(result, over).png.startswith(b"\x89PNG")
    assert draw_time(result, over).png.startswith(b"\x89PNG")


def test_the_summary_is_plain_and_says_what_the_assessment_says(build: Build) -> None:
    assessment, over, claims = made(build, 30.0)
    plain = json.loads(canonical(summary(assessment, over)))
    assert plain["most_probable_time"] == "2022-09-13T19:05:00Z"  # the middle of the best ten minutes
    assert plain["most_probable_place"]["lat_deg"] == pytest.approx(39.5 + 800 / 111_000, abs=1e-6)
    assert plain["space_digest"] == over.digest()
    assert [entry["claim_id"] for entry in plain["standings"]] == [claim.claim_id for claim in claims]
    assert plain["standings"][0]["log10_lr"] == pytest.approx(assessment.standings[0].log10_lr, rel=1e-11)
    assert [entry["finding_id"] for entry in plain["shares"]] == ["place", "time"]
    assert plain["shares"][1]["without"].keys() == {"first", "second", "third"}
    assert plain["regions_time"][1]["intervals"][0][0].endswith("Z")
    assert plain["regions_place"][0]["cells"] == int(assessment.regions_place[0].mask.sum())
    assert plain["does_not_discriminate"] == list(assessment.does_not_discriminate)

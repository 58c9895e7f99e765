"""Working copies: what is blurred, what is left out, and that nothing half-written stays."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from tests.media.faced import Rgb, backdrop, needs_detector, portrait, recording, set_into

from witnessmark.errors import BadInputError, ClashError, MediaError
from witnessmark.media.blur import PART_BLOCKS_ACROSS, coarse
from witnessmark.media.blurring import Drawn, Plan, blur_file
from witnessmark.media.faces import Box

CLOUDS = backdrop(192, 128)
GRAINS = np.random.default_rng(5).integers(0, 256, (128, 192, 3), dtype=np.uint8)


def pictures(path: Path) -> tuple[list[float], list[Rgb]]:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        shown = [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in frames]
        return [float(frame.time) for frame in frames], shown


def grain(part: Rgb) -> float:
    """Mean step between neighbours: high in grains, low where they are blurred."""
    return float(np.abs(np.diff(part.astype(float).mean(axis=2), axis=1)).mean())


@needs_detector
def test_no_picture_shows_the_face_of_a_track(tmp_path: Path) -> None:
    places: list[Box] = []

    def drawn_at(number: int) -> Rgb:
        picture = CLOUDS.copy()
        place = set_into(picture, portrait(40), -20 + 5 * number, 20)
        if number == 9:
            picture[20:128] = CLOUDS[20:128]  # the detector cannot see it here; the track goes on
        places[number:] = [place]
        return picture

    source = recording(tmp_path / "walk.mp4", drawn_at, 20)
    done = blur_file(source, tmp_path / "out.mp4", Plan(faces=True))
    assert done.tracks == 1 and done.looked >= 8 and done.sound == "left out" and done.detector_sha256 is not None
    times, clear = pictures(source)
    after_times, after = pictures(tmp_path / "out.mp4")
    assert after_times == pytest.approx(times, abs=1e-4)
    for number, place in enumerate(places):
        left, top = max(0, round(place.x_px)), round(place.y_px)
        face = np.s_[top : top + round(place.h_px), left : round(place.x_px + place.w_px)]
        if number != 9 and after[number][face].size:
            assert grain(after[number][face]) < 0.5 * grain(clear[number][face]) + 0.3, number
    middle = np.s_[0:18, 0:192]
    assert np.abs(after[10][middle].astype(int) - clear[10][middle]).mean() < 4  # the rest is left as it was


def test_boxes_by_hand_hold_for_their_time_and_move(tmp_path: Path) -> None:
    source = recording(tmp_path / "grains.mp4", lambda number: GRAINS, 12, sound=True, metadata={"title": "secret"})
    still_box = Drawn(((None, Box(10, 10, 40, 40)),), 0.1, 0.3)
    moving = Drawn(((0.0, Box(100, 60, 30, 30)), (0.4, Box(140, 60, 30, 30))), 0.0, 0.4)
    done = blur_file(source, tmp_path / "out.mp4", Plan(drawn=(still_box, moving), keep_sound=True))
    times, after = pictures(tmp_path / "out.mp4")
    held = [grain(picture[14:46, 14:46]) < 8 for picture in after]
    assert held == [0.1 <= round(t, 3) <= 0.3 for t in times]
    for time_s, picture in zip(times, after, strict=True):
        if time_s <= 0.4:
            x = 100 + round(100 * time_s)
            assert grain(picture[64:86, x + 4 : x + 26]) < 8
    assert done.drawn_used == (sum(held), sum(t <= 0.4 for t in times)) and done.sound == "kept"
    with av.open(str(tmp_path / "out.mp4")) as made:
        assert [stream.type for stream in made.streams] == ["video", "audio"]
        assert "secret" not in str(made.metadata) and made.streams.video[0].codec_context.has_b_frames == 0
        heard = np.concatenate([frame.to_ndarray()[0] for frame in made.decode(audio=0)])
    peak_hz = np.argmax(np.abs(np.fft.rfft(heard))) * 16_000 / len(heard)
    assert abs(peak_hz - 440) < 10
    raw = (tmp_path / "out.mp4").read_bytes()
    assert b"secret" not in raw and b"x264" not in raw and b"Lavc" not in raw


def test_the_same_plan_gives_the_same_bytes_and_everything_leaves_no_detail(tmp_path: Path) -> None:
    source = recording(tmp_path / "grains.mp4", lambda number: GRAINS, 4)
    plan = Plan(everything=True, grey=True, max_side_px=96)
    for name in ("one.mp4", "two.mp4"):
        done = blur_file(source, tmp_path / name, plan)
    assert (done.width_px, done.height_px) == (96, 64)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()
    assert all(grain(picture) < 3 for picture in pictures(tmp_path / "one.mp4")[1])


def test_what_is_drawn_over_a_part_holds_few_numbers_and_the_same_in_each_picture(tmp_path: Path) -> None:
    few = coarse(GRAINS[:60, :50])
    assert max(few.shape[:2]) <= PART_BLOCKS_ACROSS and len(np.unique(few)) <= 16
    changing = [np.roll(GRAINS, number, axis=1) for number in range(4)]
    source = recording(tmp_path / "grains.mp4", lambda number: changing[number], 4)
    blur_file(source, tmp_path / "out.mp4", Plan(drawn=(Drawn(((None, Box(20, 20, 60, 60)),)),)))
    seen = [picture[26:74, 26:74].astype(int) for picture in pictures(tmp_path / "out.mp4")[1]]
    assert max(np.abs(other - seen[0]).mean() for other in seen[1:]) < 2


def test_a_still_stands_upright_and_sheds_its_metadata(tmp_path: Path) -> None:
    raw = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "a maker"
    Image.fromarray(GRAINS).save(raw, "JPEG", quality=95, exif=exif)
    (tmp_path / "still.jpg").write_bytes(raw.getvalue())
    for name in ("out.png", "out.jpg"):
        done = blur_file(tmp_path / "still.jpg", tmp_path / name, Plan(drawn=(Drawn(((None, Box(0, 0, 64, 64)),)),)))
        with Image.open(tmp_path / name) as made:
            assert made.size == (192, 128) and not made.getexif()
            rgb = np.asarray(made.convert("RGB"), np.uint8)
        assert grain(rgb[4:60, 4:60]) < 8 < grain(rgb[80:, 80:])
    assert done.pictures == 1


def test_what_cannot_be_done_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    source = recording(tmp_path / "grains.mp4", lambda number: GRAINS, 3)
    everything = Plan(everything=True)
    outside = Plan(drawn=(Drawn(((None, Box(500, 500, 10, 10)),)),))
    with pytest.raises(BadInputError, match="not said what to blur"):
        blur_file(source, tmp_path / "out.mp4", Plan())
    with pytest.raises(BadInputError, match="192 x 128 px"):
        blur_file(source, tmp_path / "out.mp4", outside)
    with pytest.raises(BadInputError, match="Name it"):
        blur_file(source, tmp_path / "out.avi", everything)
    with pytest.raises(ClashError):
        blur_file(source, source, everything)
    (tmp_path / "noise.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(200))
    with pytest.raises(MediaError):
        blur_file(tmp_path / "noise.mp4", tmp_path / "out.mp4", everything)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grains.mp4", "noise.mp4"]


def test_a_recording_that_breaks_off_is_blurred_up_to_there_and_says_so(tmp_path: Path) -> None:
    whole = recording(tmp_path / "whole.mp4", lambda number: np.roll(GRAINS, 7 * number, axis=1), 20).read_bytes()
    at = whole.index(b"mdat") + 4
    middle = at + (len(whole) - at) // 2
    (tmp_path / "cut.mp4").write_bytes(whole[:middle] + bytes(2000) + whole[middle + 2000 :])
    done = blur_file(tmp_path / "cut.mp4", tmp_path / "out.mp4", Plan(everything=True))
    _, after = pictures(tmp_path / "out.mp4")
    assert len(after) == done.pictures >= 5 and all(grain(picture) < 3 for picture in after)

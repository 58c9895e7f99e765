import dataclasses
import datetime as dt
import json
import math
from pathlib import Path

import av
import numpy as np
import pytest

from witnessmark.errors import BadInputError
from witnessmark.rehearsal import Incident, Scenario, render_incident, render_panorama, set_up
from witnessmark.rehearsal.camera import clean_frame
from witnessmark.rehearsal.soundscape import soundscape
from witnessmark.rehearsal.stage import frame_times
from witnessmark.rehearsal.truth import establish, skyline


def frames_of(path: Path) -> tuple[list[float], list["np.ndarray[tuple[int, ...], np.dtype[np.uint8]]"]]:
    with av.open(str(path)) as container:
        decoded = [(float(frame.time or 0.0), frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    return [time for time, _ in decoded], [np.asarray(picture, dtype=np.uint8) for _, picture in decoded]


def test_the_clip_decodes_with_the_times_and_tags_it_was_given(incident: Incident) -> None:
    with av.open(str(incident.clip)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height, video.frames) == (320, 180, 50)
        assert video.average_rate == 25 and container.duration == pytest.approx(2_000_000, abs=25_000)
        assert container.metadata["creation_time"] == "2024-10-14T13:42:00.000000Z"  # 13:41:23 and 37 s fast
        assert container.metadata["model"] == "RH-1" and "encoder" not in container.metadata
        assert video.metadata["creation_time"] == "2024-10-14T13:42:00.000000Z"
    assert b"x264" not in incident.clip.read_bytes()
    times, pictures = frames_of(incident.clip)
    np.testing.assert_allclose(times, np.arange(50) / 25.0, atol=1e-6)
    assert pictures[0].shape == (180, 320, 3) and pictures[0].std() > 20.0


def test_the_same_scenario_gives_the_same_bytes(incident: Incident, small_scenario: Scenario, tmp_path: Path) -> None:
    steps: list[tuple[float, str]] = []
    again = render_incident(small_scenario, tmp_path / "clip", progress=lambda done, what: steps.append((done, what)))
    assert again.clip.read_bytes() == incident.clip.read_bytes()
    assert again.truth_path.read_bytes() == incident.truth_path.read_bytes()
    assert again.truth_path == tmp_path / "clip-truth" / "truth.json"
    done = [share for share, _ in steps]
    assert done == sorted(done) and done[-1] == 1.0 and len(done) > 8


def test_truth_and_clip_stay_apart(small_scenario: Scenario, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="beside the clip"):
        render_incident(small_scenario, tmp_path / "x", truth_folder=tmp_path / "x")
    assert not list(tmp_path.rglob("*.mp4"))


def test_the_written_truth_is_consistent(incident: Incident) -> None:
    document = json.loads(incident.truth_path.read_text(encoding="utf-8"))
    assert document["schema"] == "witnessmark-rehearsal-truth/1"
    camera, frames, sun = document["camera"], document["frames"], document["sun"]
    assert camera["lens"]["focal_px"] == pytest.approx(160.0 / math.tan(math.radians(31.0)), abs=1e-3)
    assert camera["eye_elevation_m"] - camera["ground_elevation_m"] == pytest.approx(1.62, abs=1e-3)
    assert len(frames["pts_s"]) == len(frames["heading_deg"]) == 50
    assert dt.datetime.fromisoformat(document["start_utc"]) == dt.datetime(2024, 10, 14, 13, 41, 23, tzinfo=dt.UTC)
    assert sun["start"]["azimuth_deg"] < sun["middle"]["azimuth_deg"] < sun["end"]["azimuth_deg"]
    assert not sun["behind_relief"] and document["weather"]["direct_sun_at_camera"]
    names = {prop["name"]: prop for prop in document["props"]}
    assert set(names) == {"pole", "wall", "fence", "marker", "cairn", "van"}
    for prop in names.values():
        assert prop["casts_shadow"] and len(prop["top"]["pixel"]) == len(prop["top"]["visible"]) == 50
        foot, tip = prop["foot"], prop["shadow_tip"]
        bearing = math.degrees(math.atan2(tip["east_m"] - foot["east_m"], tip["north_m"] - foot["north_m"])) % 360.0
        assert bearing == pytest.approx((sun["middle"]["azimuth_deg"] + 180.0) % 360.0, abs=0.02)
        run = math.hypot(tip["east_m"] - foot["east_m"], tip["north_m"] - foot["north_m"])
        rise = foot["elevation_m"] + prop["height_m"] - tip["elevation_m"]
        assert math.degrees(math.atan2(rise, run)) == pytest.approx(sun["middle"]["apparent_elevation_deg"], abs=0.02)
    assert any(names["marker"]["foot"]["visible"]) and any(names["marker"]["top"]["visible"])


def test_tops_and_feet_project_onto_the_props(incident: Incident) -> None:
    """The panorama's own mask of what was drawn agrees with the tracked points."""
    truth = incident.truth
    stage = truth.stage
    panorama = render_panorama(stage)
    for number, standing in enumerate(truth.standing):
        if standing.built.prop.kind not in ("pole", "marker"):
            continue
        for share, wanted in ((0.5, True), (0.97, True), (1.06, False)):
            at = standing.foot.at_m + share * (standing.top.at_m - standing.foot.at_m)
            column, row = panorama.cylinder.locate(*(np.array([v]) for v in at - np.array([0.0, 0.0, stage.eye_m])))
            seen = panorama.prop_mask[round(float(row[0])), round(float(column[0]))]
            assert bool(seen == number) is wanted, (standing.built.prop.name, share)


def test_the_drawn_skyline_is_the_true_one(small_scenario: Scenario) -> None:
    """In a noise-free frame, sky turns to ground within a pixel of the true row."""
    bigger = dataclasses.replace(
        small_scenario,
        props=(),
        duration_s=0.2,
        device=dataclasses.replace(small_scenario.device, width_px=480, height_px=270),
    )
    errors = []
    for roll in (0.0, 4.0):
        stage = set_up(dataclasses.replace(bigger, roll_deg=roll))
        panorama = render_panorama(stage)
        picture = clean_frame(stage, panorama, 2).astype(float)
        line = skyline(stage, panorama, 2)
        assert np.all(np.isfinite(line.row_px)) and not line.behind_prop.any()
        for column, row, reach in zip(line.column_px, line.row_px, line.range_m, strict=True):
            if reach > 12_000.0 or not 12 < row < 255:
                continue  # a far ridge is veiled too much for a simple edge
            strip = picture[:, int(column)].sum(axis=1)
            step = strip[:-4] - strip[4:]
            window = slice(max(int(row) - 14, 0), int(row) + 12)
            # From the top: the first place where it darkens by half of what it does at most.
            first = int(np.argmax(step[window] > 0.5 * step[window].max())) + window.start
            local = strip[first : first + 8]
            half = (local[0] + local.min()) / 2.0
            below = int(np.argmax(local < half))
            share = (local[below - 1] - half) / max(local[below - 1] - local[below], 1e-9)
            errors.append(first + below - 1 + share + 0.5 - row)
    errors_px = np.array(errors)
    assert len(errors_px) > 120
    assert abs(np.median(errors_px)) < 0.35
    assert np.quantile(np.abs(errors_px), 0.9) < 1.0


def test_ridges_are_as_far_as_the_geodesic_says(incident: Incident) -> None:
    line = incident.truth.skylines[0]
    ground = incident.truth.stage.ground
    for k in range(0, len(line.range_m), 15):
        angle, reach = math.radians(line.azimuth_deg[k]), line.range_m[k]
        x, y = np.array([reach * math.sin(angle)]), np.array([reach * math.cos(angle)])
        top = ground.surface(x, y, np.array([reach])).height_m[0]
        radius = 6_371_000.0 / 0.87
        rise = top - incident.truth.stage.eye_m - reach**2 / (2.0 * radius)
        assert math.degrees(math.atan2(rise, reach)) == pytest.approx(line.elevation_deg[k], abs=0.12)


def test_claps_are_heard_when_they_were_made(incident: Incident) -> None:
    with av.open(str(incident.clip)) as container:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
        rate = container.streams.audio[0].rate
    assert abs(len(sound) / rate - 2.0) < 0.05
    loudest = int(np.argmax(np.abs(np.diff(sound)))) / rate
    assert loudest == pytest.approx(0.8, abs=0.025)
    assert 0.005 < float(np.sqrt(np.mean(sound**2))) < 0.3


def test_wind_is_stronger_low_down_and_swells() -> None:
    sound = soundscape(20.0, 0.5, (), 4).astype(float)
    power = np.abs(np.fft.rfft(sound)) ** 2
    frequency = np.fft.rfftfreq(len(sound), 1.0 / 48_000)

    def level(low: float, high: float) -> float:
        return 10.0 * math.log10(power[(frequency >= low) & (frequency < high)].mean())

    assert level(60, 120) > level(240, 480) + 6.0 > level(960, 1920) + 12.0
    loudness = np.sqrt((sound[: 48_000 * 20].reshape(40, -1) ** 2).mean(axis=1))
    assert loudness.max() > 1.8 * loudness.min()
    np.testing.assert_array_equal(sound.astype(np.float32), soundscape(20.0, 0.5, (), 4))


@pytest.mark.parametrize("rotation", [90, 180])
def test_turned_and_variable_rate_clips_are_told_as_such(
    small_scenario: Scenario, tmp_path: Path, rotation: int
) -> None:
    device = dataclasses.replace(
        small_scenario.device,
        width_px=64,
        height_px=96,
        rotation_deg=rotation,
        variable_rate=True,
        clock="local-as-utc",
        crf=14,
        noise=0.0,
    )
    scenario = dataclasses.replace(small_scenario, device=device, duration_s=0.6, props=(), reach_m=12_000.0)
    incident = render_incident(scenario, tmp_path / "turned")
    stage = incident.truth.stage
    with av.open(str(incident.clip)) as container:
        assert container.metadata["creation_time"] == "2024-10-14T09:42:00.000000Z"
        decoded = list(container.decode(video=0))
    assert round(-decoded[0].rotation) % 360 == rotation
    np.testing.assert_allclose([float(frame.time or 0) for frame in decoded], stage.time_s, atol=1e-6)
    assert np.diff(stage.time_s).std() > 0.001
    stored = decoded[10].to_ndarray(format="rgb24").astype(float)
    upright = np.rot90(stored, -rotation // 90)
    clean = clean_frame(stage, render_panorama(stage), 10).astype(float)
    assert upright.shape == clean.shape
    assert np.corrcoef(upright.ravel(), clean.ravel())[0, 1] > 0.97


def test_clocks_may_be_stripped_and_rates_steady(small_scenario: Scenario) -> None:
    from witnessmark.rehearsal.container import creation_time

    start = dt.datetime(2024, 5, 1, 10, 0, tzinfo=dt.timezone(dt.timedelta(hours=3)))
    assert creation_time(start, "stripped", 9.0, 3.0) is None
    assert creation_time(start, "utc", -61.4, 3.0) == "2024-05-01T06:58:58.000000Z"
    assert creation_time(start, "local-as-utc", 0.0, 3.0) == "2024-05-01T10:00:00.000000Z"
    np.testing.assert_allclose(np.diff(frame_times(small_scenario)), 0.04)


def test_truth_of_a_stage_needs_no_clip(flat_scenario: Scenario) -> None:
    from tests.rehearsal.shaped_relief import shaped

    scenario = dataclasses.replace(flat_scenario, props=(), pitch_deg=2.0)
    stage = set_up(scenario, shaped(np.full((61, 61), 100.0)))
    line = establish(stage, render_panorama(stage)).skylines[0]
    # A level plain, seen from 2.5 m above it, as far as the rays reach.
    np.testing.assert_allclose(line.elevation_deg, -math.degrees(2.5 / 4000.0 + 0.87 * 4000.0 / 2 / 6.37e6), atol=0.002)
    np.testing.assert_allclose(line.row_px, line.relief_row_px, atol=0.02)

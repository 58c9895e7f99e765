"""From a scenario to a clip on disk and, elsewhere, the truth about it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from witnessmark.errors import BadInputError
from witnessmark.plain import Plain
from witnessmark.rehearsal import container, truth
from witnessmark.rehearsal.camera import film
from witnessmark.rehearsal.relief import Relief
from witnessmark.rehearsal.scenario import Scenario
from witnessmark.rehearsal.soundscape import RATE_HZ, soundscape
from witnessmark.rehearsal.stage import Stage, no_progress, render_panorama, set_up
from witnessmark.rehearsal.truth import Truth


@dataclass(frozen=True, slots=True, eq=False)
class Incident:
    """A rendered clip and where the truth about it lies.

    Attributes
    ----------
    clip : Path
        ``clip.mp4``.
    truth_path : Path
        ``truth.json``, in a folder of its own.
    truth : Truth
    """

    scenario: Scenario
    clip: Path
    truth_path: Path
    truth: Truth


def render_incident(
    scenario: Scenario,
    out: Path,
    *,
    truth_folder: Path | None = None,
    relief: Relief | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Incident:
    """Render a rehearsed incident: ``out/clip.mp4`` and, apart from it, ``truth.json``.

    Parameters
    ----------
    scenario : Scenario
    out : Path
        Folder of the clip; made when missing.
    truth_folder : Path or None
        Folder of the truth; ``<out>-truth`` beside `out` when None. It may not be `out`.
    relief : Relief or None
        Elevation model; `jacksboro` when None.
    progress : callable (done from 0 to 1, what is being done) or None

    Returns
    -------
    Incident

    Raises
    ------
    BadInputError
        When the scenario cannot be rendered, or truth and clip would share a folder.

    Notes
    -----
    The same scenario gives the same bytes on the same machine and library versions: one encoder thread, seeded noise,
    no clock read.
    """
    folder = truth_folder if truth_folder is not None else out.with_name(out.name + "-truth")
    if folder.resolve() == out.resolve():
        raise BadInputError(
            f"The truth would lie beside the clip in '{out}'.", "Name another folder for it, so that nobody peeks."
        )
    report = progress or no_progress
    out.mkdir(parents=True, exist_ok=True)
    stage = set_up(scenario, relief)
    panorama = render_panorama(stage, lambda done, what: report(0.60 * done, what))
    clip = out / "clip.mp4"
    written = _metadata(stage)
    device = scenario.device
    turned = device.rotation_deg in (90, 270)
    width, height = (device.height_px, device.width_px) if turned else (device.width_px, device.height_px)
    sound = soundscape(
        float(stage.time_s[-1]) + 1.0 / device.rate_hz,
        scenario.weather.wind,
        scenario.sounds,
        scenario.seed % 2**31 + 13,
    )
    with container.Recorder(
        clip,
        width,
        height,
        device.rate_hz,
        crf=device.crf,
        key_interval=device.key_interval,
        metadata=written,
        sound_rate_hz=RATE_HZ,
    ) as recorder:
        frames = film(stage, panorama, lambda done, what: report(0.60 + 0.36 * done, what))
        container.interleave(recorder, frames, sound, RATE_HZ)
    if device.rotation_deg:
        container.turn(clip, device.rotation_deg, width, height)
    report(0.97, "writing down the truth")
    known = truth.establish(stage, panorama)
    facts: dict[str, Plain] = {
        "name": clip.name,
        "sha256": hashlib.sha256(clip.read_bytes()).hexdigest(),
        "frames": len(stage.time_s),
        "stored_width_px": width,
        "stored_height_px": height,
        "rotation_deg": device.rotation_deg,
        "metadata": dict(written),
        "clock_error_s": device.clock_error_s,
    }
    path = folder / "truth.json"
    truth.write(known.document(facts, []), path)
    report(1.0, "done")
    return Incident(scenario, clip, path, known)


def _metadata(stage: Stage) -> dict[str, str]:
    device = stage.scenario.device
    written = dict(device.tags)
    created = container.creation_time(stage.scenario.start, device.clock, device.clock_error_s, device.utc_offset_h)
    if created is not None:
        written["creation_time"] = created
    return written

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from tests.rehearsal.shaped_relief import BARE, shaped

from witnessmark.rehearsal import (
    Device,
    Incident,
    Prop,
    Relief,
    Scenario,
    SoundEvent,
    Weather,
    demo_scenario,
    render_incident,
    small,
)


@pytest.fixture(scope="session")
def flat() -> Relief:
    return shaped(np.full((121, 121), 500.0), "flat")


@pytest.fixture(scope="session")
def flat_scenario() -> Scenario:
    return Scenario(
        name="flat",
        seed=3,
        lat_deg=45.0,
        lon_deg=7.0,
        start=dt.datetime(2024, 4, 20, 9, 30, tzinfo=dt.UTC),
        duration_s=0.4,
        heading_start_deg=70.0,
        heading_end_deg=70.0,
        pitch_deg=-12.0,
        shake_deg=0.0,
        eye_height_m=2.5,
        weather=Weather(cloud_cover=0.0),
        cover=BARE,
        props=(Prop("pole", "pole", 74.0, 9.0, 2.4, facing_deg=90.0),),
        device=Device(width_px=480, height_px=270),
        reach_m=4000.0,
    )


@pytest.fixture(scope="session")
def small_scenario() -> Scenario:
    scenario = small(demo_scenario())
    weather = dataclasses.replace(scenario.weather, cloud_cover=0.0)
    return dataclasses.replace(scenario, weather=weather, sounds=(SoundEvent("clap", 0.8, -3.0),))


@pytest.fixture(scope="session")
def incident(small_scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Incident:
    """The demo, small, under a clear sky."""
    folder: Path = tmp_path_factory.mktemp("incident")
    return render_incident(small_scenario, folder / "clip", truth_folder=folder / "truth")

"""Rendered incidents with known truth: the demo, the calibration and the test source of every line of inquiry."""

from witnessmark.rehearsal.edits import EDITS, Edit, apply_edit
from witnessmark.rehearsal.incident import Incident, render_incident
from witnessmark.rehearsal.presets import demo_scenario, random_scenarios, small
from witnessmark.rehearsal.relief import Relief, jacksboro
from witnessmark.rehearsal.scenario import Device, Scenario, SoundEvent, Weather
from witnessmark.rehearsal.shapes import Prop
from witnessmark.rehearsal.stage import Stage, render_panorama, set_up
from witnessmark.rehearsal.story import Story, demo_story
from witnessmark.rehearsal.truth import Truth

__all__ = [
    "EDITS",
    "Device",
    "Edit",
    "Incident",
    "Prop",
    "Relief",
    "Scenario",
    "SoundEvent",
    "Stage",
    "Story",
    "Truth",
    "Weather",
    "apply_edit",
    "demo_scenario",
    "demo_story",
    "jacksboro",
    "random_scenarios",
    "render_incident",
    "render_panorama",
    "set_up",
    "small",
]

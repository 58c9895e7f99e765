"""Decoding in a sandbox: facts, frame times, shots, stills and sound, or a sentence on where it broke."""

from witnessmark.media.calls import probe, sandbox_facts, sound, still_at, survey
from witnessmark.media.records import Box, Broken, Limits, Probe, Sound, Still, Stream, Survey

__all__ = [
    "Box",
    "Broken",
    "Limits",
    "Probe",
    "Sound",
    "Still",
    "Stream",
    "Survey",
    "probe",
    "sandbox_facts",
    "sound",
    "still_at",
    "survey",
]

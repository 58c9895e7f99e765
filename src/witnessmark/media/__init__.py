"""Decoding in a sandbox: facts, frame times, shots, stills and sound, or a sentence on where it broke."""

from witnessmark.media.blur import blur, png_bytes
from witnessmark.media.calls import (
    hear,
    pictures,
    probe,
    sample,
    sample_and_sound,
    sandbox_facts,
    sound,
    still_at,
    survey,
)
from witnessmark.media.records import Box, Broken, Heard, Limits, Probe, Sampled, Sound, Still, Stream, Survey
from witnessmark.media.sheet import contact_sheet

__all__ = [
    "Box",
    "Broken",
    "Heard",
    "Limits",
    "Probe",
    "Sampled",
    "Sound",
    "Still",
    "Stream",
    "Survey",
    "blur",
    "contact_sheet",
    "hear",
    "pictures",
    "png_bytes",
    "probe",
    "sample",
    "sample_and_sound",
    "sandbox_facts",
    "sound",
    "still_at",
    "survey",
]

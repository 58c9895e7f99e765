"""When the conversation line abstains, what it never says, and the numbers that are stated rather than measured."""

from __future__ import annotations

WHEN_IT_ABSTAINS = (
    "the extra 'speech' is not installed, or the configured model is not the file that was named",
    "the file cannot be decoded or holds no sound",
    "no voice is heard in it",
)

STANDING_LIMITS = (
    "What is said bears on a place or a time only as far as a person draws it from the words; by itself it weighs "
    "nothing.",
    "Transcripts are a machine's: words may be missing, wrong or invented, also where nothing is marked.",
    "The language is a suggestion by uncalibrated scores; verdicts were checked on real voices in English alone. For "
    "Azerbaijani and Armenian nothing was checked on real voices.",
    "Translations are a machine's and are often wrong in sense; have them made by a person before they are quoted.",
    "Voices are grouped within this item only, by how they sound; who speaks is never said, and two people may sound "
    "alike.",
    "Music, singing and sudden sounds are suggestions; what made a sudden sound is not known.",
)

CAP_NATS = 0.0
"""The finding weighs nothing, so it can be beside the point without harm."""
EVENTS_LISTED = 300
"""Of each kind; the rest is counted."""
TURNS_LISTED = 5000
DEFAULT_LANGUAGES = ("az", "hy", "ru", "tr", "en")
"""Where a case names none."""

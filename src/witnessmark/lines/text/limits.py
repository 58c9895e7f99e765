"""What the text line cannot tell, and its measured error rates."""

from __future__ import annotations

STANDING_LIMITS = (
    "Readings are suggestions: a person compares each with the picture beside it.",
    "A script is not a language, and a language is not a place or a party: signs, goods and captions travel.",
    "Captions and watermarks were laid over by somebody, perhaps long after filming.",
    "Handwriting, ornamental letters and writing that is bent or runs from top to bottom are mostly missed.",
)
"""True of every result."""

NO_WEIGHT = "What is written does not by itself say where or when this was filmed."
NO_WEIGHT_HELP = "Let a person read it, and put on record as a claim or a mark what follows from it."

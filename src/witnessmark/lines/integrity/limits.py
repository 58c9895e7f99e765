"""When the integrity line abstains, how often clocks and detectors were found wrong, and what bounds its weight."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from witnessmark.lines.integrity.clock import DAY_S, UTC_OFFSETS_H, ClockErrorModel, Counts

SAME_S = 600.0  # two times this close are called the same when pairs are sorted into kinds


@dataclass(frozen=True, slots=True)
class ClockPair:
    """A real device's stated local time against GPS time, both as its file holds them.

    Attributes
    ----------
    device : str
    stated_local : datetime
        Camera time, without offset.
    gps : datetime
        UTC as the GPS fields state it.
    place_offset_h : float
        Legal offset at the GPS position on that day [h].
    source : str
        Public sample set and file.
    """

    device: str
    stated_local: dt.datetime
    gps: dt.datetime
    place_offset_h: float
    source: str

    @property
    def error_s(self) -> float:
        """Stated minus GPS time [s]."""
        stated = self.stated_local.replace(tzinfo=dt.UTC) - dt.timedelta(hours=self.place_offset_h)
        return (stated - self.gps).total_seconds()


def _pair(device: str, stated: str, gps: str, place_offset_h: float, source: str) -> ClockPair:
    return ClockPair(
        device,
        dt.datetime.fromisoformat(stated),
        dt.datetime.fromisoformat(gps).replace(tzinfo=dt.UTC),
        place_offset_h,
        source,
    )


PAIRS = (
    _pair("Nikon Coolpix P6000", "2008-10-22T16:28:39", "2008-10-23T14:27:07", 2.0, "exif-samples DSCN0010.jpg"),
    _pair("Nokia 8.3", "2022-01-12T07:30:14", "2022-01-12T07:30:14", 1.0, "exif-samples HMD_Nokia_8.3_5G_hdr.heif"),
    _pair("Sony camera", "2018-06-08T13:24:10", "2018-06-08T20:24:11", -7.0, "mapillary_tools DSC00001.JPG"),
    _pair("Apple iPhone 4", "2011-01-13T14:33:39", "2011-01-13T14:33:36", 1.0, "metadata-extractor-images iPhone 4"),
    _pair("Apple iPhone 6", "2014-09-16T14:05:12", "2014-09-16T13:05:12", 1.0, "metadata-extractor-images iPhone 6"),
    _pair("Apple iPhone 6 Plus", "2014-10-31T13:32:37", "2014-10-31T13:32:37", 0.0, "metadata-extractor-images 6 plus"),
    _pair("Samsung S4 Zoom", "2013-09-26T15:24:45", "2013-09-26T14:23:02", 1.0, "metadata-extractor-images SM-C101"),
)
"""One pair a device: pictures of one device share its clock, so five from one camera count once."""


def kind_of(error_s: float) -> str:
    """Sort a clock error into right | zone | day | wrong.

    Examples
    --------
    >>> [kind_of(12.0), kind_of(-3590.0), kind_of(-86300.0), kind_of(5e6)]
    ['right', 'zone', 'day', 'wrong']
    """
    if abs(error_s) <= SAME_S:
        return "right"
    if any(abs(error_s - offset_h * 3600.0) <= SAME_S for offset_h in UTC_OFFSETS_H):
        return "zone"
    days = round(error_s / DAY_S)
    return "day" if 1 <= abs(days) <= 31 and abs(error_s - days * DAY_S) <= SAME_S else "wrong"


def counts_of(pairs: Sequence[ClockPair]) -> Counts:
    """How many devices fall into each kind; none can show a rewritten time, as their files are camera originals."""
    kinds = [kind_of(pair.error_s) for pair in pairs]
    tally = {kind: float(kinds.count(kind)) for kind in ("right", "zone", "day", "wrong")}
    return Counts(**tally, rewritten=0.0)


CLOCK = ClockErrorModel(
    provenance=(
        f"Dirichlet prior of 4 counts; camera clocks against GPS in photographs of {len(PAIRS)} devices from public "
        "sample sets, of which 4 right, 2 off by a zone, 1 by a day; not a random sample, no videos, and on phones GPS "
        "and camera time may share a clock. Nothing was measured for files written by editors and platforms."
    ),
    prior={
        "camera": Counts(right=1.0, zone=1.0, day=0.5, wrong=1.0, rewritten=0.5),
        "unknown": Counts(right=0.75, zone=0.75, day=0.25, wrong=1.0, rewritten=1.25),
        "generic": Counts(right=0.5, zone=0.5, day=0.25, wrong=0.75, rewritten=2.0),
        "editor": Counts(right=0.25, zone=0.25, day=0.25, wrong=0.75, rewritten=2.5),
        "platform": Counts(right=0.25, zone=0.25, day=0.25, wrong=0.75, rewritten=2.5),
    },
    measured={"camera": counts_of(PAIRS)},
    core_scale_s=60.0,  # 2 of 7 devices lie about 100 s off (Nikon, Samsung): the scale at which t2 has 1/4 beyond that
)


def beside_rate_bound(model: ClockErrorModel, writer: str, level: float = 0.95) -> float:
    """Upper credible bound of the rate at which a stated time has nothing to do with the time of filming.

    That is, the clock was wrong altogether or the time was written later, by a program or by a hand. The `level`
    quantile of the Beta distribution of (counts beside, other counts), prior and measured, by integrating over
    y = (1 - x)^b, in which its density x^(a-1) is smooth. Where nothing was measured, the prior alone keeps it near 1.

    Examples
    --------
    >>> [round(beside_rate_bound(CLOCK, writer), 2) for writer in ("camera", "editor")]
    [0.33, 0.99]
    """
    counts = model.counts(writer)
    a = counts.wrong + counts.rewritten
    b = counts.total - a
    y = (np.arange(100_000) + 0.5) / 100_000
    x = 1.0 - y ** (1.0 / b)
    below = np.cumsum(x[::-1] ** (a - 1.0))
    return float(x[::-1][np.searchsorted(below, level * below[-1])])


def cap_nats(model: ClockErrorModel, writer: str) -> float:
    """The cap by which fusing holds this line: -ln of `beside_rate_bound`.

    Fusing takes exp(-cap) as the chance that the finding says nothing, so a stated time never leaves less than that
    share of the prior standing, whatever it says.
    """
    return max(0.0, -math.log(beside_rate_bound(model, writer)))


@dataclass(frozen=True, slots=True)
class DetectorRate:
    """Measured rate of a detector, from benchmarks/integrity.py.

    Attributes
    ----------
    what : str
    found_count, edited_count : int
        Edits found of those made.
    false_count, clean_count : int
        Unedited clips on which it spoke, of those tried.
    """

    what: str
    found_count: int
    edited_count: int
    false_count: int
    clean_count: int


MEASURED = (
    DetectorRate("a cut of 1-3 s", 12, 12, 3, 60),
    DetectorRate("a frozen stretch of 0.5-1.5 s", 10, 12, 0, 60),
    DetectorRate("1-6 single repeated frames", 12, 12, 1, 60),
    DetectorRate("3-11 dropped frames", 12, 12, 0, 60),
    DetectorRate("sound shortened by 20-55 %", 12, 12, 0, 60),
)
"""On 12 rehearsed scenes that no threshold was set on; unedited: as filmed, re-encoded, smaller, mirrored, cropped."""

WHEN_IT_ABSTAINS = (
    "the file cannot be decoded, or holds no pictures",
    "it states no usable creation time and no posting bounds the time of filming within the time axis",
    "every instant of the time axis lies after the first known posting",
)

STANDING_LIMITS = (
    "Metadata can be written by anybody; nothing in this line shows that a stated time is genuine.",
    "A cut in a still moment, a smooth blend or a re-recording from a screen may leave nothing that this line sees.",
    "It says nothing of place.",
)

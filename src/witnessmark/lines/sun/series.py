"""Published periodic terms of the sun's and the moon's motion, cut where they no longer matter here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def _terms(text: str) -> Floats:
    """Rows of numbers, one term a row, as shape (n_columns, n_terms)."""
    rows = [[float(number) for number in row.split()] for row in text.strip().splitlines()]
    return np.array(rows, dtype=np.float64).T


EARTH_L0 = _terms("""
    175347046 0 0
    3341656 4.6692568 6283.07585
    34894 4.6261 12566.1517
    3497 2.7441 5753.3849
    3418 2.8289 3.5231
    3136 3.6277 77713.7715
    2676 4.4181 7860.4194
    2343 6.1352 3930.2097
    1324 0.7425 11506.7698
    1273 2.0371 529.691
    1199 1.1096 1577.3435
    990 5.233 5884.927
    902 2.045 26.298
    857 3.508 398.149
    780 1.179 5223.694
    753 2.533 5507.553
    505 4.583 18849.228
    492 4.205 775.523
    357 2.92 0.067
    317 5.849 11790.629
    284 1.899 796.298
    271 0.315 10977.079
    243 0.345 5486.778
    206 4.806 2544.314
    205 1.869 5573.143
    202 2.458 6069.777
    156 0.833 213.299
    132 3.411 2942.463
    126 1.083 20.775
    115 0.645 0.98
    103 0.636 4694.003
    102 0.976 15720.839
    102 4.267 7.114
""")
"""Heliocentric longitude of the earth: amplitude [1e-8 rad], phase [rad], rate [rad / 1000 Julian years].

VSOP87 (Bretagnon & Francou 1988, Astronomy and Astrophysics 202, 309) as tabled by Reda & Andreas 2004, table A4.2,
doi:10.1016/j.solener.2003.12.003; terms of 1e-6 rad (0.00006 degrees) and more.
"""

EARTH_L1 = _terms("""
    628331966747 0 0
    206059 2.678235 6283.07585
    4303 2.6351 12566.1517
    425 1.59 3.523
    119 5.796 26.298
    109 2.966 1577.344
""")
"""The same, to be multiplied by thousands of Julian years since J2000."""

EARTH_L2 = _terms("""
    52919 0 0
    8720 1.0721 6283.0758
    309 0.867 12566.152
""")
"""The same, to be multiplied by their square."""

EARTH_R0 = _terms("""
    100013989 0 0
    1670700 3.0984635 6283.07585
    13956 3.05525 12566.1517
""")
"""Distance of the earth from the sun: amplitude [1e-8 au], phase, rate; for parallax and aberration only."""

_POWERS = (EARTH_L0, EARTH_L1, EARTH_L2, EARTH_R0)
EARTH = np.vstack(
    [
        np.hstack([terms[1:] for terms in _POWERS]),
        *(np.hstack([terms[0] * (k == other) for k, terms in enumerate(_POWERS)]) for other in range(4)),
    ]
)
"""The four together: phase and rate of every term, then its amplitude in each of the four, 0 in those it is not of."""

NUTATION = _terms("""
    125.04452 -1934.136261 -17.20 9.20
    560.933 72001.5396 -1.32 0.57
    436.633 962535.7626 -0.23 0.10
    250.08904 -3868.272522 0.21 -0.09
""")
"""Angle at J2000 [deg], its rate [deg a Julian century], amplitude in longitude [arc s, sine] and obliquity [cosine].

Of the moon's node, twice the sun's and twice the moon's mean longitude, and twice the node; Meeus 1998, chapter 22.
"""

MOON_LONGITUDE = _terms("""
    0 0 1 0 6288774 -20905355
    2 0 -1 0 1274027 -3699111
    2 0 0 0 658314 -2955968
    0 0 2 0 213618 -569925
    0 1 0 0 -185116 48888
    0 0 0 2 -114332 -3149
    2 0 -2 0 58793 246158
    2 -1 -1 0 57066 -152138
    2 0 1 0 53322 -170733
    2 -1 0 0 45758 -204586
    0 1 -1 0 -40923 -129620
    1 0 0 0 -34720 108743
    0 1 1 0 -30383 104755
    2 0 0 -2 15327 10321
    0 0 1 2 -12528 0
    0 0 1 -2 10980 79661
    4 0 -1 0 10675 -34782
    0 0 3 0 10034 -23210
    4 0 -2 0 8548 -21636
    2 1 -1 0 -7888 24208
    2 1 0 0 -6766 30824
    1 0 -1 0 -5163 -8379
    1 1 0 0 4987 -16675
    2 -1 1 0 4036 -12831
    2 0 2 0 3994 -10445
    4 0 0 0 3861 -11650
    2 0 -3 0 3665 14403
    0 1 -2 0 -2689 -7003
    2 0 -1 2 -2602 0
    2 -1 -2 0 2390 10056
    1 0 1 0 -2348 6322
    2 -2 0 0 2236 -9884
    0 1 2 0 -2120 5751
    0 2 0 0 -2069 0
    2 -2 -1 0 2048 -4950
    2 0 1 -2 -1773 4130
    2 0 0 2 -1595 0
    4 -1 -1 0 1215 -3958
    0 0 2 2 -1110 0
""")
"""Multiples of D, M, M', F; amplitudes in longitude [1e-6 deg, sine] and distance [1e-3 km, cosine].

ELP-2000/82 (Chapront-Touze & Chapront 1983, Astronomy and Astrophysics 124, 50) as tabled by Meeus, Astronomical
Algorithms, 2nd ed. 1998, table 47.A; terms of 0.001 degrees and more.
"""

MOON_LATITUDE = _terms("""
    0 0 0 1 5128122
    0 0 1 1 280602
    0 0 1 -1 277693
    2 0 0 -1 173237
    2 0 -1 1 55413
    2 0 -1 -1 46271
    2 0 0 1 32573
    0 0 2 1 17198
    2 0 1 -1 9266
    0 0 2 -1 8822
    2 -1 0 -1 8216
    2 0 -2 -1 4324
    2 0 1 1 4200
    2 1 0 -1 -3359
    2 -1 -1 1 2463
    2 -1 0 1 2211
    2 -1 -1 -1 2065
    0 1 -1 -1 -1870
    4 0 -1 -1 1828
    0 1 0 1 -1794
    0 0 0 3 -1749
    0 1 -1 1 -1565
    1 0 0 1 -1491
    0 1 1 1 -1475
    0 1 1 -1 -1410
    0 1 0 -1 -1344
    1 0 0 -1 -1335
    0 0 3 1 1107
    4 0 0 -1 1021
""")
"""Multiples of D, M, M', F and amplitude in latitude [1e-6 deg, sine]; Meeus 1998, table 47.B."""

DELTA_T = _terms("""
    1900 -2.7
    1910 10.5
    1920 21.2
    1930 24.0
    1940 24.3
    1950 29.2
    1960 33.2
    1970 40.2
    1980 50.5
    1990 56.9
    2000 63.8
    2010 66.1
    2020 69.4
    2030 69.5
""")
"""Year and terrestrial minus universal time [s]; Astronomical Almanac, section K, the last value extrapolated.

A second of error moves the sun by 0.00001 and the moon by 0.00015 degrees.
"""

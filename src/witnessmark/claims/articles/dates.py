"""Dates and times in a text, resolved against the text's own date, with the precision that the words have."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace

from witnessmark.claims.articles.hours import PART, Dated, part_of_day, with_hours
from witnessmark.claims.articles.words import lowered
from witnessmark.claims.proposals import Precision, SaidTime

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_DAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
_NUMBERS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
        ]
    )
} | {"a": 1, "an": 1}
_MONTH = (
    r"(?P<{0}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?:,? (?:of )?(?P<{0}>(?:19|20)\d\d))?"
_DAY = r"(?P<{0}>[0-3]?\d)(?:st|nd|rd|th)?"
_NUMBER = (
    r"(?P<n>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|few|a few|a couple of)"
)


def _iso(first: dt.date, after: dt.date) -> tuple[str, str]:
    return first.isoformat(), after.isoformat()


class DateReader:
    """Reads times against the day a text was written.

    Parameters
    ----------
    said_on : date or None
    zone : str or None
        Offset of local times, such as "+04:00".
    """

    def __init__(self, said_on: dt.date | None, zone: str | None = None) -> None:
        self._on = said_on
        self._zone = zone
        month, year, day = _MONTH, _YEAR, _DAY
        rules: list[tuple[str, Callable[[re.Match[str]], Dated]]] = [
            (r"\b(?P<y>(?:19|20)\d\d)-(?P<mo>\d\d)-(?P<d>\d\d)\b(?!-)", self._numbers_iso),
            (r"\b(?P<a>\d{1,2})(?P<sep>[/.])(?P<b>\d{1,2})(?P=sep)(?P<y>(?:19|20)?\d\d)\b(?![/.]\d)", self._numbers),
            (
                rf"\b(?:the )?night (?:of|between|from) (?:the )?{day.format('d1')}(?: ?-"
                rf" ?| to | and | into ){day.format('d2')}(?: of)? {month.format('mo')}{year.format('y')}",
                self._night,
            ),
            (
                rf"\b(?:the )?night (?:of|between|from) {month.format('mo')} {day.format('d1')}"
                rf"(?: ?- ?| to | and | into ){day.format('d2')}\b{year.format('y')}",
                self._night,
            ),
            (
                rf"\b(?:the )?night (?:of|between|from) (?:the )?{day.format('d1')} {month.format('mo')}"
                rf"(?: ?- ?| to | and | into )(?:the )?{day.format('d2')} {month.format('mo2')}{year.format('y')}",
                self._night,
            ),
            (
                rf"\b(?:(?:between|from) )?{day.format('d1')}(?: {month.format('mo')})?(?:"
                rf" ?- ?| to | and | or |, ){day.format('d2')}(?: of)? {month.format('mo2')}{year.format('y')}",
                self._days,
            ),
            (
                rf"\b(?:(?:between|from) )?{month.format('mo2')} {day.format('d1')}(?: ?-"
                rf" ?| to | and | or ){day.format('d2')}\b(?! [a-z]*(?:people|soldiers)){year.format('y')}",
                self._days,
            ),
            (rf"\b{day.format('d')}(?: of)? {month.format('mo')}(?![a-z]){year.format('y')}", self._day),
            (rf"\b{month.format('mo')} {day.format('d')}\b(?!:\d){year.format('y')}", self._day),
            (
                rf"\b(?:in |the )?(?P<part>mid(?:dle)?|early|late|beginning|start|end|first"
                rf" half|second half)[- ](?:(?:in|of|to) )?{month.format('mo')}(?![a-z]){year.format('y')}",
                self._month_part,
            ),
            (
                rf"\b(?P<last>last|this|in|since|of|during|until|by|from|through|back in)"
                rf" {month.format('mo')}(?![a-z]){year.format('y')}",
                self._month,
            ),
            (rf"\b{month.format('mo')}(?![a-z]),? (?:of )?(?P<y>(?:19|20)\d\d)\b", self._month),
            (r"\b(?P<which>last|this|next|previous) (?P<unit>week|month|year|weekend)\b", self._relative),
            (rf"\b{_NUMBER} (?P<unit>day|week|month|year|hour)s? (?:ago|earlier|before that|previously)\b", self._ago),
            (
                rf"\b(?P<word>yesterday|today|last night|tonight|overnight|this (?:night|morning"
                rf"|afternoon|evening)|day before yesterday)(?: {PART})?",
                self._near_day,
            ),
            (
                rf"\b(?:(?P<last>last|this|next|late|early) )?(?:on )?(?P<wd>monday|tuesday"
                rf"|wednesday|thursday|friday|saturday|sunday)(?:'s)?(?: {PART})?",
                self._weekday,
            ),
            (
                r"\b(?:in|since|during|of|back in|from|after|before|until) (?:early |late"
                r" |mid-)?(?P<y>(?:19|20)\d\d)\b(?! (?:people|soldiers|men|civilians|troops))",
                self._year,
            ),
        ]
        self._rules = [(re.compile(pattern), read) for pattern, read in rules]

    def find(self, plain: str, start: int, end: int) -> tuple[Dated, ...]:
        """All words for times in a stretch, in order, none within another; parts of the day and the clock go along."""
        low = lowered(plain)
        found: list[Dated] = []
        taken: list[tuple[int, int]] = []
        for pattern, read in self._rules:
            for match in pattern.finditer(low, start, end):
                if any(match.start() < last and match.end() > first for first, last in taken):
                    continue
                month = match.groupdict().get("mo") or match.groupdict().get("mo2")
                if month in ("may", "march", "mar") and plain[match.start() : match.end()].lower().find(month) >= 0:
                    at = low.index(month, match.start())
                    if not plain[at].isupper():
                        continue
                try:
                    dated = read(match)
                except (ValueError, OverflowError):
                    words = plain[match.start() : match.end()]
                    dated = Dated(match.start(), match.end(), None, f"'{words}' is no date; what is meant?")
                if dated.time is not None:
                    dated = replace(dated, time=replace(dated.time, words=plain[match.start() : match.end()]))
                taken.append((match.start(), match.end()))
                found.append(dated)
        found.sort(key=lambda each: each.start)
        return tuple(with_hours(low, plain, each, end, self._zone) for each in found)

    def _said(self, match: re.Match[str], first: dt.date, after: dt.date, precision: Precision) -> Dated:
        begin, end = _iso(first, after)
        return Dated(match.start(), match.end(), SaidTime(begin, end, precision, self._zone, match.group()))

    def _asks(self, match: re.Match[str], why: str) -> Dated:
        return Dated(match.start(), match.end(), None, why)

    def _no_date(self, match: re.Match[str]) -> Dated:
        return self._asks(match, f"'{match.group()}': the document's own date is not known; give it with --said-on.")

    def _year_of(self, month: int, day: int, given: str | None) -> int | None:
        """The year: given, or that of the last such day not after the text's own, a day's grace for zones."""
        if given:
            return int(given)
        if self._on is None:
            return None
        this = self._on.year
        known = dt.date(this, month, min(day, calendar.monthrange(this, month)[1]))
        return this if known <= self._on + dt.timedelta(days=1) else this - 1

    def _day(self, match: re.Match[str]) -> Dated:
        month, day = _MONTHS[match["mo"]], int(match["d"])
        year = self._year_of(month, day, match["y"])
        if year is None:
            return self._no_date(match)
        first = dt.date(year, month, day)
        return self._said(match, first, first + dt.timedelta(days=1), Precision.DAY)

    def _numbers_iso(self, match: re.Match[str]) -> Dated:
        first = dt.date(int(match["y"]), int(match["mo"]), int(match["d"]))
        return self._said(match, first, first + dt.timedelta(days=1), Precision.DAY)

    def _numbers(self, match: re.Match[str]) -> Dated:
        year = int(match["y"]) + (2000 if len(match["y"]) == 2 else 0)
        one, two = int(match["a"]), int(match["b"])
        readings = []
        for month, day in ((two, one), (one, two)):
            if 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]:
                readings.append(dt.date(year, month, day))
        readings = sorted(set(readings))
        if not readings:
            return self._asks(match, f"'{match.group()}' is no date in either order; what is meant?")
        if match["sep"] == "." and len(readings) == 1 and two <= 12:
            return self._said(match, readings[0], readings[0] + dt.timedelta(days=1), Precision.DAY)
        meant = " or ".join(f"{each.day} {calendar.month_name[each.month]} {each.year}" for each in readings)
        ask = f"Does '{match.group()}' mean {meant}?"
        precision = Precision.DAY if len(readings) == 1 else Precision.DAYS
        said = self._said(match, readings[0], readings[-1] + dt.timedelta(days=1), precision)
        assert said.time is not None
        likeliest = tuple(_iso(each, each + dt.timedelta(days=1)) for each in readings) if len(readings) > 1 else ()
        return replace(said, time=replace(said.time, ambiguous=ask, likeliest=likeliest), ask=ask)

    def _days(self, match: re.Match[str]) -> Dated:
        month = _MONTHS[match["mo2"]]
        start_month = _MONTHS[match.groupdict()["mo"]] if match.groupdict().get("mo") else month
        one, two = int(match["d1"]), int(match["d2"])
        year = self._year_of(month, two, match["y"])
        if year is None:
            return self._no_date(match)
        first, last = dt.date(year, start_month, one), dt.date(year, month, two)
        if first > last:
            first = first.replace(year=year - 1)
        return self._said(match, first, last + dt.timedelta(days=1), Precision.DAYS)

    def _night(self, match: re.Match[str]) -> Dated:
        month = _MONTHS[match["mo"]]
        year = self._year_of(month, int(match["d1"]), match["y"])
        if year is None:
            return self._no_date(match)
        return Dated(
            match.start(), match.end(), part_of_day(dt.date(year, month, int(match["d1"])), "night", self._zone)
        )

    def _month_part(self, match: re.Match[str]) -> Dated:
        month = _MONTHS[match["mo"]]
        year = self._year_of(month, 1, match["y"])
        if year is None:
            return self._no_date(match)
        last = calendar.monthrange(year, month)[1]
        first_day, last_day = {
            "mid": (11, 20),
            "middle": (11, 20),
            "early": (1, 10),
            "beginning": (1, 10),
            "start": (1, 10),
            "late": (21, last),
            "end": (21, last),
            "first half": (1, 15),
            "second half": (16, last),
        }[match["part"]]
        return self._said(
            match,
            dt.date(year, month, first_day),
            dt.date(year, month, last_day) + dt.timedelta(days=1),
            Precision.PART_OF_MONTH,
        )

    def _month(self, match: re.Match[str]) -> Dated:
        month = _MONTHS[match["mo"]]
        if match.groupdict().get("last") in ("by", "of", "from") and not match["y"]:
            return self._asks(match, "")
        year = self._year_of(month, 1, match["y"])
        if year is None:
            return self._no_date(match)
        if (
            match.groupdict().get("last") == "last"
            and self._on is not None
            and (year, month) == (self._on.year, self._on.month)
        ):
            year -= 1
        return self._said(match, dt.date(year, month, 1), _next_month(year, month), Precision.MONTH)

    def _year(self, match: re.Match[str]) -> Dated:
        year = int(match["y"])
        return self._said(match, dt.date(year, 1, 1), dt.date(year + 1, 1, 1), Precision.YEAR)

    def _relative(self, match: re.Match[str]) -> Dated:
        if self._on is None:
            return self._no_date(match)
        step = {"last": -1, "previous": -1, "this": 0, "next": 1}[match["which"]]
        if match["unit"] in ("week", "weekend"):
            monday = self._on - dt.timedelta(days=self._on.weekday()) + dt.timedelta(weeks=step)
            if match["unit"] == "weekend":
                saturday = monday + dt.timedelta(days=5)
                return self._said(match, saturday, saturday + dt.timedelta(days=2), Precision.DAYS)
            return self._said(match, monday, monday + dt.timedelta(days=7), Precision.WEEK)
        if match["unit"] == "year":
            return self._said(
                match, dt.date(self._on.year + step, 1, 1), dt.date(self._on.year + step + 1, 1, 1), Precision.YEAR
            )
        months = self._on.year * 12 + self._on.month - 1 + step
        year, month = months // 12, months % 12 + 1
        return self._said(match, dt.date(year, month, 1), _next_month(year, month), Precision.MONTH)

    def _ago(self, match: re.Match[str]) -> Dated:
        if match["n"] not in _NUMBERS and not match["n"].isdigit():
            return self._asks(match, "")
        if self._on is None:
            return self._no_date(match)
        number = _NUMBERS[match["n"]] if match["n"] in _NUMBERS else int(match["n"])
        if match["unit"] == "hour":
            return self._said(
                match, self._on - dt.timedelta(days=-(-number // 24)), self._on + dt.timedelta(days=1), Precision.DAYS
            )
        if match["unit"] == "day":
            day = self._on - dt.timedelta(days=number)
            return self._said(match, day, day + dt.timedelta(days=1), Precision.DAY)
        if match["unit"] == "week":
            day = self._on - dt.timedelta(weeks=number)
            return self._said(match, day - dt.timedelta(days=3), day + dt.timedelta(days=4), Precision.WEEK)
        if match["unit"] == "year":
            return self._said(
                match, dt.date(self._on.year - number, 1, 1), dt.date(self._on.year - number + 1, 1, 1), Precision.YEAR
            )
        months = self._on.year * 12 + self._on.month - 1 - number
        year, month = months // 12, months % 12 + 1
        return self._said(match, dt.date(year, month, 1), _next_month(year, month), Precision.MONTH)

    def _near_day(self, match: re.Match[str]) -> Dated:
        if self._on is None:
            return self._no_date(match)
        word, part = match["word"], match["part"]
        back = {"yesterday": 1, "day before yesterday": 2}.get(word, 0)
        if word in ("last night", "overnight", "this night"):
            back, part = 1, "night"
        elif word == "tonight":
            part = "night"
        elif word.startswith("this "):
            part = word.split()[1]
        day = self._on - dt.timedelta(days=back)
        if part:
            return Dated(match.start(), match.end(), part_of_day(day, part, self._zone))
        return self._said(match, day, day + dt.timedelta(days=1), Precision.DAY)

    def _weekday(self, match: re.Match[str]) -> Dated:
        if self._on is None:
            return self._no_date(match)
        back = (self._on.weekday() - _DAYS[match["wd"]]) % 7
        if match["last"] == "last" and back == 0:
            back = 7
        if match["last"] == "next":
            back -= 7
        day = self._on - dt.timedelta(days=back)
        if match["part"]:
            return Dated(match.start(), match.end(), part_of_day(day, match["part"], self._zone))
        return self._said(match, day, day + dt.timedelta(days=1), Precision.DAY)


def _next_month(year: int, month: int) -> dt.date:
    return dt.date(year + month // 12, month % 12 + 1, 1)


def chosen(found: tuple[Dated, ...], plain: str) -> SaidTime | None:
    """The time a statement is about: its first, or a finer one within it; narrower ones called likeliest go along."""
    times = [each for each in found if each.time is not None]
    if not times:
        return None
    first = times[0].time
    assert first is not None
    likeliest: list[tuple[str, str]] = []
    for each in times[1:]:
        time = each.time
        assert time is not None
        inside = first.from_ <= time.from_ and time.to <= first.to and (time.from_, time.to) != (first.from_, first.to)
        if not inside:
            continue
        near = plain[max(0, each.start - 60) : each.end + 60].lower()
        if re.search(r"likel|probab|possib", near):
            likeliest.extend(_single_days(time))
        elif not likeliest:
            first = time
    return replace(first, likeliest=tuple(likeliest)) if likeliest else first


def _single_days(time: SaidTime) -> list[tuple[str, str]]:
    """A span of days, day by day."""
    if time.precision is not Precision.DAYS:
        return [(time.from_, time.to)]
    first, last = dt.date.fromisoformat(time.from_), dt.date.fromisoformat(time.to)
    days = [first + dt.timedelta(days=number) for number in range(min(31, (last - first).days))]
    return [_iso(day, day + dt.timedelta(days=1)) for day in days]

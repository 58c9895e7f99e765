"""Places in a text with their relations, as regions with their error; a name that no gazetteer knows stays a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Protocol

import yaml

from witnessmark.claims.articles import shapes
from witnessmark.claims.articles.words import Parties, one_of, roles
from witnessmark.claims.proposals import SaidPlace

_RELATIONS = yaml.safe_load(
    files("witnessmark.claims.articles").joinpath("data", "relations.yaml").read_text(encoding="utf-8")
)
_REACH_KM: dict[str, float] = {str(key): float(value) for key, value in _RELATIONS["reach_km"].items()}
_SIDE = (
    r"(?:(?:north|south|east|west|north-?east|north-?west|south-?east|south-?west)"
    r"(?:ern(?:most)?)?|central|upper|lower)"
)
_KIND = (
    r"(?:village|town|city|settlement|region|province|district|lake|river|mount"
    r"|mountain|municipality|commune|county|hamlet|community|area|valley|peak"
    r"|oblast|governorate|border)"
)
_NAME = (
    r"(?P<{0}>(?:(?:Lake|Mount|Mt\.?|River|Cape|Fort|San|Santa|Saint|St\.?|Al"
    r"|El|New|Upper|Lower|Old|Great|Little|Northern|Southern|Eastern"
    r"|Western|North|South|East|West|Central) )*[A-ZÀ-ÖØ-ÞŠŽČĆŁĞİŞ][\w'’-]+(?:"
    r" (?:Lake|River|Mountains?|Valley|Pass|Bay|Island|Ridge|Gorge|Forest|Region"
    r"|Province|District|City|Hill|Peak|Village|Road|Bridge|Airport|Reservoir"
    r"|Quarry|Monastery|[A-Z][\w'’-]+))*)"
)
_TOWARD = {
    "north": 0,
    "north-east": 45,
    "northeast": 45,
    "east": 90,
    "south-east": 135,
    "southeast": 135,
    "south": 180,
    "south-west": 225,
    "southwest": 225,
    "west": 270,
    "north-west": 315,
    "northwest": 315,
}
_UNIT_KM = {"km": 1.0, "kilometre": 1.0, "kilometer": 1.0, "mile": 1.609344, "metre": 0.001, "meter": 0.001, "m": 0.001}
_WORD_NUMBERS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "a dozen": 12,
    "a": 1,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
}
_INTRO = (
    rf"(?:(?:the|an?|its|his|their) )?(?:[A-Z][\w-]+['’]s )?(?:(?P<side>{_SIDE})"
    rf"(?:[ -](?:part|tip|end|edge|side|shore|outskirts|slopes?|half|corner)(?:"
    rf" of)?)? )?(?:(?:the|a|an) )?(?:(?:(?!(?:with|of|by|to|for|and|or|that|which"
    rf"|who|from|in|on|at|as|his|her|their|its|where|when|after|before|near|outside|around|between|close|towards|behind|not|far)\b)[a-z-]+"
    rf"|[A-Z][\w-]+ian|[A-Z][\w-]+i|[A-Z][\w-]+ese) ){{0,2}}?(?:{_KIND}(?:s)?"
    rf" (?:of )?)?(?:the )?"
)
_DISTANT = re.compile(
    rf"(?P<about>some|about|around|roughly|approximately|nearly|less than|more"
    rf" than|over)? ?(?P<n>\d+(?:\.\d+)?|{one_of(_WORD_NUMBERS)}) ?(?P<u>km|kilomet"
    rf"(?:re|er)s?|miles?|met(?:re|er)s?|m)\b"
    rf"(?: (?:to the )?(?P<to>{one_of(_TOWARD)}))?(?:wards?)? (?:of|from|outside) {_INTRO}{_NAME.format('a')}"
)
_BETWEEN = re.compile(
    rf"\b(?P<rel>between) {_INTRO.replace('side', 'side1')}{_NAME.format('a')}"
    rf" and {_INTRO.replace('side', 'side2')}{_NAME.format('b')}"
)
_RELATED = re.compile(rf"\b(?P<rel>{one_of(_REACH_KM)}) {_INTRO}{_NAME.format('a')}")
_ADMINISTRATIVE = frozenset(
    ["region", "province", "district", "village", "town", "city", "county", "settlement", "municipality", "oblast"]
)
"""Words that may be left off a name; a lake is not the village of its name."""
_TAIL_KIND = re.compile(rf" (?:{_KIND})\b")
_SHARE = {"most": 1.0 / 3.0, "": 0.5}
_LEADING_COMMON = frozenset(
    [
        "the",
        "a",
        "an",
        "this",
        "that",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "twitter",
        "telegram",
        "facebook",
        "youtube",
        "tiktok",
        "instagram",
        "english",
        "whatsapp",
    ]
)


@dataclass(frozen=True, slots=True)
class Known:
    """A place that a gazetteer knows.

    Attributes
    ----------
    name : str
    lat_deg, lon_deg : float
    uncertainty_km : float
        How far what the name means reaches, or the point may be off.
    source : str
    ring : tuple of (float, float)
        Longitudes and latitudes of an outline, where one is known.
    """

    name: str
    lat_deg: float
    lon_deg: float
    uncertainty_km: float
    source: str
    ring: tuple[tuple[float, float], ...] = ()

    def outline(self, more_km: float = 0.0) -> list[shapes.Point]:
        """Its outline, or a circle as wide as it is uncertain."""
        if self.ring and more_km == 0.0:
            return list(self.ring)
        own = shapes.reach_km(self.ring) if self.ring else self.uncertainty_km
        return shapes.circle((self.lon_deg, self.lat_deg), max(0.1, own + more_km))


class Atlas(Protocol):
    """Finds places by name."""

    def find(self, name: str) -> tuple[Known, ...]:
        """All places of that name, the likeliest first."""
        ...


@dataclass(frozen=True, slots=True)
class Placed:
    """Words for a place, where they stand, what they mean, and a question where that is open."""

    start: int
    end: int
    place: SaidPlace
    ask: str | None = None


class PlaceReader:
    """Reads places.

    Parameters
    ----------
    atlas : Atlas or None
    known : Parties
    persons : callable
        Whether a word is the name of a person or body of the text.
    """

    def __init__(
        self, atlas: Atlas | None, known: Parties, persons: Callable[[str], bool] = lambda name: False
    ) -> None:
        self._atlas = atlas
        self._parties = known
        self._persons = persons
        self._look = cache(self._look_up)

    def find(self, text: str, start: int, end: int) -> tuple[Placed, ...]:
        """The places of a stretch, in order."""
        found: list[Placed] = []
        for pattern, read in ((_DISTANT, self._distant), (_BETWEEN, self._between), (_RELATED, self._related)):
            for match in pattern.finditer(text, start, end):
                if any(match.start() < each.end and match.end() > each.start for each in found) or not self._is_place(
                    match, text
                ):
                    continue
                within = self._within(text, match.end(), end)
                placed = read(match, within)
                if placed is not None:
                    found.append(placed)
        return tuple(sorted(found, key=lambda each: each.start))

    def _is_place(self, match: re.Match[str], text: str) -> bool:
        name = match["a"]
        first = name.split()[0]
        if first.lower() in _LEADING_COMMON or first.lower() in roles().never:
            return False
        if self._parties.adjectives.get(name) and name not in self._parties.names:
            return False
        relation = match.groupdict().get("rel") or "km"
        sure = re.search(
            rf"\b{_KIND} (?:of )?(?:the )?$", text[max(0, match.start("a") - 30) : match.start("a")]
        ) or _TAIL_KIND.match(text, match.end())
        if self._persons(name) and not sure:
            return False
        worded = any(word.lower() in roles().places for word in name.split())
        if relation not in (
            "at",
            "in",
            "from",
            "on",
            "by",
            "around",
            "within",
            "into",
            "across",
            "throughout",
            "inside",
            "above",
            "along",
            "towards",
            "outside",
        ):
            return name not in self._parties.peoples
        if relation in ("by", "on", "above", "along", "around", "towards", "outside"):
            return bool(sure or worded or (relation != "on" and self._look(name)))
        organisation = any(
            word.lower() in roles().organisations or word.lower() in roles().kinds for word in name.split()
        )
        if organisation or (name.isupper() and name not in self._parties.names) or name in self._parties.peoples:
            return False
        if relation in ("from", "at"):
            return bool(sure or worded or self._parties.names.get(name) or self._look(name))
        return True

    def _within(self, text: str, start: int, end: int) -> tuple[str, ...]:
        """Names of what the place lies in, from the words right after: "in the Tarn region", ", Northland"."""
        names: list[str] = []
        follows = re.match(
            rf"(?: {_KIND})?,? (?:in|of) {_INTRO}{_NAME.format('a')}|(?: {_KIND})?, {_NAME.format('b')}",
            text[start:end],
        )
        if follows is not None:
            names.append(follows["a"] or follows["b"])
            owner = re.search(r"([A-Z][\w-]+)['’]s ", follows.group())
            if owner is not None:
                names.append(owner.group(1))
        return tuple(names)

    def _look_up(self, name: str) -> tuple[Known, ...]:
        if self._atlas is None:
            return ()
        bare = re.sub(r"['’]s$", "", name)
        tried = [bare]
        words = bare.split()
        if words[-1].lower() in _ADMINISTRATIVE and len(words) > 1:
            tried.append(" ".join(words[:-1]))
        party = self._parties.names.get(bare)
        if party is not None and party != bare:
            tried.append(party)
        for attempt in tried:
            places = self._atlas.find(attempt)
            if places:
                return places
        return ()

    def _choose(self, name: str, within: tuple[str, ...]) -> tuple[Known | None, tuple[str, ...], str | None]:
        """The place meant, its rivals, and a question where the text does not decide between them."""
        places = self._look(name)
        if not places:
            why = "no gazetteer was given" if self._atlas is None else "the gazetteer does not know it"
            return None, (), f"Where is '{name}'? {why[0].upper()}{why[1:]}."
        rivals = tuple(f"{each.name} at {each.lat_deg:.3f}, {each.lon_deg:.3f} ({each.source})" for each in places[1:6])
        if len(places) == 1:
            return places[0], (), None
        for holder in within:
            held = self._look(holder)
            if held:
                centre = (held[0].lon_deg, held[0].lat_deg)
                reach = shapes.reach_km(held[0].ring) if held[0].ring else max(held[0].uncertainty_km, 1.0)
                near = sorted(places, key=lambda each: shapes.distance_km(centre, (each.lon_deg, each.lat_deg)))
                if shapes.distance_km(centre, (near[0].lon_deg, near[0].lat_deg)) <= 2 * reach + 100.0:
                    return (
                        near[0],
                        tuple(
                            f"{each.name} at {each.lat_deg:.3f}, {each.lon_deg:.3f} ({each.source})"
                            for each in near[1:6]
                        ),
                        None,
                    )
        if places[0].uncertainty_km >= 4.0 and places[0].uncertainty_km >= 2.0 * places[1].uncertainty_km:
            return places[0], rivals, None
        return (
            None,
            (f"{places[0].name} at {places[0].lat_deg:.3f}, {places[0].lon_deg:.3f} ({places[0].source})", *rivals),
            f"Which '{name}' is meant? {len(places)} places have that name.",
        )

    def _related(self, match: re.Match[str], within: tuple[str, ...]) -> Placed:
        name = _bare(match["a"])
        relation = match["rel"]
        side = (match["side"] or "").lower()
        chosen, rivals, ask = self._choose(name, within)
        words = f"{side} part of" if side and relation in ("in", "at", "inside", "within", "from", "into") else relation
        made: list[shapes.Point] = []
        if chosen is not None:
            made = chosen.outline(_REACH_KM[relation])
            toward = next((bearing for word, bearing in _TOWARD.items() if relation == f"{word} of"), None)
            if toward is not None:
                made = shapes.sector(
                    (chosen.lon_deg, chosen.lat_deg), toward, 45.0, 0.0, _REACH_KM[relation] + chosen.uncertainty_km
                )
            elif side and words != relation:
                made = shapes.part(made, side, 1.0 / 3.0 if "most" in side else 0.5)
        return self._placed(match, name, words, made, rivals, ask)

    def _distant(self, match: re.Match[str], within: tuple[str, ...]) -> Placed | None:
        name = _bare(match["a"])
        number = float(_WORD_NUMBERS.get(match["n"], 0) or match["n"])
        unit = match["u"].rstrip("s") if match["u"] != "m" else "m"
        far_km = number * _UNIT_KM[unit]
        relation = f"{match['n']} {match['u']} {match['to'] + ' of' if match['to'] else 'from'}"
        chosen, rivals, ask = self._choose(name, within)
        made: list[shapes.Point] = []
        if chosen is not None:
            slack = far_km * float(_RELATIONS["distance_share"]) + chosen.uncertainty_km
            centre = (chosen.lon_deg, chosen.lat_deg)
            if match["to"]:
                half = float(_RELATIONS["bearing_deg"])
                made = shapes.sector(centre, _TOWARD[match["to"]], half, max(0.0, far_km - slack), far_km + slack)
            else:
                made = shapes.circle(centre, far_km + slack)
        return self._placed(match, name, relation, made, rivals, ask)

    def _between(self, match: re.Match[str], within: tuple[str, ...]) -> Placed:
        first, second = _bare(match["a"]), _bare(match["b"])
        one, rivals_one, ask_one = self._choose(first, within)
        two, rivals_two, ask_two = self._choose(second, within)
        made = shapes.between((one.lon_deg, one.lat_deg), (two.lon_deg, two.lat_deg)) if one and two else []
        return self._placed(
            match, f"{first} and {second}", "between", made, rivals_one + rivals_two, ask_one or ask_two
        )

    def _placed(
        self,
        match: re.Match[str],
        name: str,
        relation: str,
        ring: list[shapes.Point],
        rivals: tuple[str, ...],
        ask: str | None,
    ) -> Placed:
        geometry = shapes.polygon(ring) if ring else None
        error = round(shapes.reach_km(ring), 2) if geometry is not None else None
        return Placed(
            match.start(), match.end(), SaidPlace(name, relation, geometry, error, rivals, match.group()), ask
        )


def _bare(name: str) -> str:
    return re.sub(r"['’]s?$", "", name)


class JoinedAtlas:
    """Several atlases; the first that knows a name answers."""

    def __init__(self, parts: Iterable[Atlas]) -> None:
        self._parts = tuple(parts)

    def find(self, name: str) -> tuple[Known, ...]:
        """Places of that name from the first part that knows any."""
        return next((found for found in (part.find(name) for part in self._parts) if found), ())


def widened(place: Known, ring: tuple[tuple[float, float], ...]) -> Known:
    """A place with an outline."""
    return replace(place, ring=ring)

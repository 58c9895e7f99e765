"""Places and times of a claims file, from nodes to regions and intervals."""

from __future__ import annotations

import datetime as dt

from witnessmark.claims.fields import Fields, Problems, nearest
from witnessmark.claims.places import AllOf, AnyOf, Box, Circle, Near, Outside, Polygon, Region
from witnessmark.claims.reading import Entries, Keyed, Node, Text
from witnessmark.claims.times import Interval, is_day, parse_day, parse_precision, parse_time, parse_zone

FORMS = ("point", "bbox", "polygon", "near", "any", "all", "not")
MAX_CORNERS = 1000
"""Most corners of a polygon; an administrative boundary can be simplified to fewer."""
MAX_RADIUS_KM = 10_000.0
"""A quarter of the earth; anything larger is 'anywhere'."""


def read_region(node: Node, where: str, problems: Problems) -> Region | None:
    """One place form; None, with the problem noted, when it cannot be read."""
    fields = Fields(node, where, problems)
    forms = [key for key in fields.keys if key in FORMS]
    if isinstance(node, Keyed) and len(forms) != 1:
        strange = [key for key in fields.keys if key not in FORMS]
        hint = nearest(strange[0], FORMS) if strange and not forms else f"give exactly one of {', '.join(FORMS)}."
        problems.note(node.line, f"{where} has {len(forms)} forms; {hint}")
        return None
    if not forms:
        return None
    form = forms[0]
    inner = fields.node(form, required=True)
    fields.close()
    if inner is None:
        return None
    if form == "point":
        return _circle(Fields(inner, f"{where}, point", problems))
    if form == "near":
        return _near(Fields(inner, f"{where}, near", problems))
    if form == "bbox":
        return _box(inner, f"{where}, bbox", problems)
    if form == "polygon":
        return _polygon(inner, f"{where}, polygon", problems)
    if form == "not":
        part = read_region(inner, f"{where}, not", problems)
        return Outside(part) if part is not None else None
    if not isinstance(inner, Entries) or not inner.nodes:
        problems.note(inner.line, f"'{form}' of {where} should be a list of places.")
        return None
    parts = [read_region(entry, f"{where}, {form}", problems) for entry in inner.nodes]
    read = tuple(part for part in parts if part is not None)
    if len(read) < len(parts):
        return None
    return AnyOf(read) if form == "any" else AllOf(read)


def _circle(fields: Fields) -> Circle | None:
    lat = fields.number("lat", -90.0, 90.0)
    lon = fields.number("lon", -180.0, 180.0)
    radius = fields.number("radius_km", 0.0, MAX_RADIUS_KM)
    fields.close()
    if radius == 0.0:
        fields.problems.note(fields.line_of("radius_km"), "a radius of 0 km holds no ground; say how near was meant.")
    return Circle(lat, lon, radius) if lat is not None and lon is not None and radius else None


def _near(fields: Fields) -> Near | None:
    name = fields.text("name")
    radius = fields.number("radius_km", 0.0, MAX_RADIUS_KM)
    fields.close()
    return Near(name, radius) if name is not None and radius is not None else None


def _box(node: Node, where: str, problems: Problems) -> Box | None:
    keys = ("west", "south", "east", "north")
    if isinstance(node, Entries):
        if len(node.nodes) != 4:
            problems.note(node.line, f"{where} has {len(node.nodes)} numbers; give west, south, east, north.")
            return None
        lines = dict.fromkeys(keys, node.line)
        node = Keyed(node.line, dict(zip(keys, node.nodes, strict=True)), lines, ())
    fields = Fields(node, where, problems)
    west, south, east, north = (fields.number(key, -180.0, 180.0) for key in keys)
    fields.close()
    if west is None or south is None or east is None or north is None:
        return None
    if not (-90.0 <= south < north <= 90.0):
        problems.note(
            node.line, f"{where}: south {south:g} and north {north:g} hold no ground; the order is W, S, E, N."
        )
        return None
    if west == east:
        problems.note(node.line, f"{where}: west and east are both {west:g}; the order is W, S, E, N.")
        return None
    return Box(west, south, east, north)


def _polygon(node: Node, where: str, problems: Problems) -> Polygon | None:
    entries = node.nodes if isinstance(node, Entries) else ()
    corners: list[tuple[float, float]] = []
    for entry in entries[: MAX_CORNERS + 2]:
        if not isinstance(entry, Entries) or len(entry.nodes) != 2:
            problems.note(entry.line, f"{where}: each corner is [latitude, longitude].")
            return None
        keys = ("lat", "lon")
        keyed = Keyed(entry.line, dict(zip(keys, entry.nodes, strict=True)), dict.fromkeys(keys, entry.line), ())
        fields = Fields(keyed, where, problems)
        lat, lon = fields.number("lat", -90.0, 90.0), fields.number("lon", -180.0, 180.0)
        if lat is None or lon is None:
            return None
        corners.append((lat, lon))
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()  # a ring closed by hand
    if not 3 <= len(corners) <= MAX_CORNERS:
        problems.note(node.line, f"{where} has {len(corners)} corners; give 3 to {MAX_CORNERS}.")
        return None
    if len(set(corners)) < len(corners):
        problems.note(node.line, f"{where} has the same corner twice; keep one.")
        return None
    polygon = Polygon(tuple(corners))
    ring = polygon.ring_deg()
    if ring[:, 1].max() - ring[:, 1].min() >= 180.0:
        problems.note(node.line, f"{where} reaches half round the earth; write it as several under 'any'.")
        return None
    if ring[:, 0].max() == ring[:, 0].min() or ring[:, 1].max() == ring[:, 1].min():
        problems.note(node.line, f"{where} is a line and holds no ground; check its corners.")
        return None
    if polygon.crosses_itself():
        problems.note(node.line, f"{where} crosses itself, so inside is not defined; put the corners in order.")
        return None
    return polygon


def read_interval(node: Node, where: str, problems: Problems) -> Interval | None:
    """One time form; None, with the problem noted, when it cannot be read."""
    fields = Fields(node, where, problems)
    if not isinstance(node, Keyed):
        return None
    forms = [form for form in (("day",), ("at",), ("from", "to")) if any(fields.has(key) for key in form)]
    if len(forms) != 1:
        for key in ("day", "at", "from", "to", "zone", "precision"):
            fields.node(key)
        fields.close()
        problems.note(node.line, f"{where} should have one of: 'day'; 'at'; 'from' and/or 'to'.")
        return None
    stated = ", ".join(
        f"{key}: {value.value}" for key, value in node.nodes.items() if isinstance(value, Text) and value.value
    )
    if forms[0] == ("day",):
        begins, ends = _day(fields, "day", problems)
        fields.close()
        return Interval(begins, ends, 0.0, stated) if begins and ends else None
    if forms[0] == ("at",):
        moment = fields.read("at", parse_time)
        precision = fields.read("precision", parse_precision)
        fields.close()
        if precision == 0.0:
            problems.note(
                fields.line_of("precision"), "a point in time has no length; say how precise it is, as '15 min'."
            )
        return Interval(moment, moment, precision, stated) if moment and precision else None
    return _span(fields, stated, problems)


def _day(fields: Fields, key: str, problems: Problems) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Begin and end of a day in the mapping's zone."""
    if not fields.has("zone"):
        fields.node("zone")
        text = fields.text(key)
        with problems.at(fields.line_of(key)):
            if text is not None and not is_day(text):
                parse_day(text, dt.UTC)
        problems.note(
            fields.line_of(key),
            f"the day of {fields.where} has no zone; add 'zone: +04:00', the offset the speaker meant.",
        )
        return None, None
    zone = fields.read("zone", parse_zone)
    begins = fields.read(key, lambda text: parse_day(text, zone)) if zone is not None else None
    if begins is None:
        fields.text(key)
        return None, None
    try:
        return begins, begins + dt.timedelta(days=1)
    except OverflowError:
        problems.note(fields.line_of(key), f"the day of {fields.where} is past the calendar's end.")
        return None, None


def _span(fields: Fields, stated: str, problems: Problems) -> Interval | None:
    """From, to, or both: times with offsets, or days with a zone."""
    ends: dict[str, dt.datetime | None] = {"from": None, "to": None}
    n_days = n_given = 0
    ok = True
    for key in ("from", "to"):
        text = fields.text(key, required=False)
        if text is None:
            ok &= not fields.has(key)
            continue
        n_given += 1
        if is_day(text):
            n_days += 1
            begin, end = _day(fields, key, problems)
            ends[key] = begin if key == "from" else end
        else:
            ends[key] = fields.read(key, parse_time)
        ok &= ends[key] is not None
    precision = fields.read("precision", parse_precision, required=n_days < n_given)
    if n_days == 0:
        if fields.has("zone"):
            problems.note(fields.line_of("zone"), "a zone goes with days; times carry their own offset. Leave it out.")
        fields.node("zone")
    fields.close()
    if not ok or (precision is None and n_days < n_given):
        return None
    begins, stops = ends["from"], ends["to"]
    if begins is not None and stops is not None and begins >= stops:
        problems.note(fields.line, f"{fields.where} ends before it begins; exchange 'from' and 'to'.")
        return None
    return Interval(begins, stops, precision or 0.0, stated)

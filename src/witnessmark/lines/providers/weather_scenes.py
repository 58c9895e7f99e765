"""Satellite scenes read by an analyst: cloud and snow over the place, with a stated share that is read rightly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from witnessmark.errors import ProviderError
from witnessmark.lines.providers.contract import Reading, WeatherHour
from witnessmark.lines.providers.weather_records import (
    Recorded,
    Stated,
    height_m,
    moment,
    read_bytes,
    refuse_offset,
    refusing,
    whole_hours,
)

FORMAT = "witnessmark-scenes/1"
SNOW_M, BARE_M = 0.05, 0.0
"""Depth that stands for snow that is seen to lie, and for none [m]."""
HOW = (
    f'Give {{"format": "{FORMAT}", "satellite", "lat_deg", "lon_deg", "right_share", "scenes": [{{"at_utc", '
    '"cloud_cover_percent", "snow_on_ground"}]}.'
)


@refusing
def read_scenes(path: Path, stated: Stated | None = None) -> tuple[Recorded, ...]:
    """The scenes of a file.

    Parameters
    ----------
    path : Path
        JSON: ``format``, ``satellite``, ``lat_deg``, ``lon_deg``, ``right_share`` (0.5-1, in how many scenes cloud and
        snow are read rightly), ``analyst``, ``scenes`` with ``at_utc``, ``cloud_cover_percent`` or null,
        ``snow_on_ground`` (true, false, null) and ``scene``, its identifier.
    stated : Stated, optional

    Raises
    ------
    ProviderError
        When it is no such file, a time has no offset, or the share is not stated.
    """
    stated, name = stated or Stated(), path.name
    refuse_offset(name, stated)
    try:
        body = json.loads(read_bytes(path))
        if body["format"] != FORMAT:
            raise ValueError(f"its format is {body['format']!r}")
        right = float(body["right_share"])
        hours, notes = whole_hours(_hour(name, scene) for scene in body["scenes"])
        lat, lon = (_number(body, key) for key in ("lat_deg", "lon_deg"))
        height = height_m(name, _number(body, "elevation_m"))
        satellite = str(body["satellite"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProviderError(f"'{name}' holds no scenes ({type(error).__name__}: {error}).", HOW) from error
    if not 0.5 <= right <= 1.0:
        raise ProviderError(
            f"'{name}' states that {right:g} of its scenes are read rightly.", "Give right_share from 0.5 to 1."
        )
    record = Recorded(
        reading=Reading.of_file("folder", path),
        station="",
        lat_deg=stated.lat_deg if lat is None else lat,
        lon_deg=stated.lon_deg if lon is None else lon,
        elevation_m=stated.elevation_m if height is None else height,
        model=f"satellite scenes ({satellite}), read by an analyst",
        kind="satellite",
        hours=hours,
        right_share=right,
        notes=notes,
    )
    return (record,)


def _hour(name: str, scene: Mapping[str, object]) -> WeatherHour:
    snow, cover = scene.get("snow_on_ground"), scene.get("cloud_cover_percent")
    if snow not in (True, False, None) or not (cover is None or isinstance(cover, (int, float))):
        raise ValueError(
            "a scene's cloud_cover_percent is no number or its snow_on_ground neither true, false nor null"
        )
    return WeatherHour(
        moment(name, str(scene["at_utc"]), None, "Write each scene's at_utc with its offset, such as ...T08:10Z."),
        cloud_cover_percent=None if cover is None else float(cover),
        snow_depth_m=None if snow is None else SNOW_M if snow else BARE_M,
    )


def _number(body: Mapping[str, object], key: str) -> float | None:
    value = body.get(key)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None

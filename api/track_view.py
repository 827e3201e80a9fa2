"""A track as docs/api.md has it: a LineString with times, speeds, signals and gaps beside it."""

from __future__ import annotations

from typing import Any

import msgspec

from api.column_text import number_array, pair_array, time_array, value_array
from api.times import iso_us
from model.position import UNKNOWN, FixSource
from model.signals import unpack
from storage.tracks import Gap, Track

_SOURCE = {int(source): source.name.lower() for source in FixSource}
_DEGREE_DIGITS, _SMALLINT_DIGITS = 9, 5


def track_feature(device_id: int, track: Track) -> dict[str, Any]:
    """A GeoJSON Feature; every list in `properties` has an entry a coordinate."""
    found: dict[str, Any] = msgspec.json.decode(track_json(device_id, track))
    return found


def track_json(device_id: int, track: Track) -> bytes:
    """`track_feature` as text."""
    rows = track.rows
    properties = {
        "device_id": device_id,
        "points": track.points,
        "simplified": track.simplified,
        "cut": track.cut,
        "unpositioned": track.unpositioned,
        "times": time_array(rows["time_us"]),
        "speed_kmh": number_array(rows["speed_kmh_e1"], _SMALLINT_DIGITS, 1, UNKNOWN),
        "course_deg": number_array(rows["course_deg"], _SMALLINT_DIGITS, 0, UNKNOWN),
        "accuracy_m": number_array(rows["accuracy_m"], _SMALLINT_DIGITS, 0, UNKNOWN),
        "signals": value_array(rows["signals"], unpack),
        "fix_source": value_array(rows["fix_source"], _SOURCE.__getitem__),
        "gaps": [_gap(gap) for gap in track.gaps],
    }
    places = pair_array(rows["longitude_e6"], rows["latitude_e6"], _DEGREE_DIGITS, 6)
    geometry = {"type": "LineString", "coordinates": places}
    return msgspec.json.encode({"type": "Feature", "geometry": geometry, "properties": properties})


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "from": iso_us(gap.from_us),
        "to": iso_us(gap.to_us),
        "from_index": gap.from_index,
        "to_index": gap.to_index,
        "kind": gap.kind,
    }

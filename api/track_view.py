"""A track as docs/api.md has it: a LineString with times, speeds, signals and gaps beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from api.times import iso_us
from model.position import UNKNOWN, FixSource
from model.signals import unpack
from storage.tracks import Gap, Track

_SOURCE = {int(source): source.name.lower() for source in FixSource}


def track_feature(device_id: int, track: Track) -> dict[str, Any]:
    """A GeoJSON Feature; every list in `properties` has an entry a coordinate."""
    rows = track.rows
    words = {bits: unpack(bits) for bits in np.unique(rows["signals"]).tolist()}
    coordinates = np.column_stack((rows["longitude_e6"], rows["latitude_e6"])) / 1e6
    properties = {
        "device_id": device_id,
        "points": track.points,
        "simplified": track.simplified,
        "cut": track.cut,
        "unpositioned": track.unpositioned,
        "times": _times(rows["time_us"]),
        "speed_kmh": [None if v == UNKNOWN else v / 10 for v in rows["speed_kmh_e1"].tolist()],
        "course_deg": [None if v == UNKNOWN else v for v in rows["course_deg"].tolist()],
        "accuracy_m": [None if v == UNKNOWN else v for v in rows["accuracy_m"].tolist()],
        "signals": [words[bits] for bits in rows["signals"].tolist()],
        "fix_source": [_SOURCE[source] for source in rows["fix_source"].tolist()],
        "gaps": [_gap(gap) for gap in track.gaps],
    }
    geometry = {"type": "LineString", "coordinates": coordinates.tolist()}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _times(time_us: Any) -> list[str]:
    """As `iso_us`, ten times as fast for a vehicle-day."""
    texts = np.datetime_as_string(time_us.astype("datetime64[us]").astype("datetime64[ms]"))
    return [f"{text.removesuffix('.000')}Z" for text in texts.tolist()]


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "from": iso_us(gap.from_us),
        "to": iso_us(gap.to_us),
        "from_index": gap.from_index,
        "to_index": gap.to_index,
        "kind": gap.kind,
    }

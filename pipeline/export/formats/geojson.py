"""GeoJSON (RFC 7946): a LineString a piece with lists beside it, or a Point a violation.

As a track over the API, every list in `properties` has an entry a coordinate.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from pipeline.export.columns import Page
from pipeline.export.formats.lists import as_lists
from pipeline.export.formats.pieces import pieces
from pipeline.export.formats.titles import violation_properties

_SAME = ("device_id", "identity", "name", "plate")
_LISTS = ("speed_kmh", "course_deg", "altitude_m", "accuracy_m", "fix_source", "odometer_m",
          "alarms", "signals")  # fmt: skip


class _Features:
    """A FeatureCollection that is written as its features come."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._file.write(b'{"type":"FeatureCollection","features":[')
        self._between = b"\n"

    def write(self, page: Page) -> None:
        """Its features."""
        for feature in self._features(page):
            self._file.write(self._between + msgspec.json.encode(feature))
            self._between = b",\n"

    def close(self) -> None:
        """The end of the collection."""
        self._file.write(b"\n]}\n")
        self._file.close()

    def _features(self, page: Page) -> Iterator[dict[str, Any]]:
        raise NotImplementedError


class GeojsonTracks(_Features):
    """Tracks; a piece of one fix is a Point."""

    def _features(self, page: Page) -> Iterator[dict[str, Any]]:
        for piece in pieces(page):
            longitude, latitude, times = as_lists(piece, ("longitude", "latitude", "time"))
            line = [list(pair) for pair in zip(longitude, latitude, strict=True)]
            same = {name: as_lists(piece, (name,))[0][0] for name in _SAME}
            beside = dict(zip(_LISTS, as_lists(piece, _LISTS), strict=True))
            one = len(line) == 1
            yield {
                "type": "Feature",
                "geometry": {
                    "type": "Point" if one else "LineString",
                    "coordinates": line[0] if one else line,
                },
                "properties": {**same, "times": times, **beside},
            }


class GeojsonPoints(_Features):
    """Violations."""

    def _features(self, page: Page) -> Iterator[dict[str, Any]]:
        places = zip(*as_lists(page, ("longitude", "latitude")), strict=True)
        for place, properties in zip(places, violation_properties(page), strict=True):
            yield {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": list(place)},
                "properties": properties,
            }

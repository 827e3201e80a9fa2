"""GPX 1.1 (topografix.com/GPX/1/1): a track a piece, or a waypoint a violation."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from pipeline.export.columns import Page
from pipeline.export.formats.lists import as_lists
from pipeline.export.formats.pieces import pieces
from pipeline.export.formats.titles import title_of, violation_words

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="Xunji">\n'
)
_POINT = ("longitude", "latitude", "altitude_m", "time", "satellites")


class GpxTracks:
    """Of a fix: place, altitude, time, satellites. GPX 1.1 has no place for more."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._file.write(_HEAD)

    def write(self, page: Page) -> None:
        """Tracks."""
        for piece in pieces(page):
            points = map(_point, *as_lists(piece, _POINT))
            name = escape(title_of(piece))
            self._file.write(f"<trk><name>{name}</name><trkseg>\n")
            self._file.write("".join(points))
            self._file.write("</trkseg></trk>\n")

    def close(self) -> None:
        """The end tag."""
        self._file.write("</gpx>\n")
        self._file.close()


class GpxWaypoints:
    """Violations."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._file.write(_HEAD)

    def write(self, page: Page) -> None:
        """Waypoints."""
        columns = as_lists(page, ("longitude", "latitude", "started_at"))
        for (lon, lat, at), (title, text) in zip(
            zip(*columns, strict=True), violation_words(page), strict=True
        ):
            self._file.write(
                f'<wpt lat="{lat}" lon="{lon}"><time>{at}</time>'
                f"<name>{escape(title)}</name><desc>{escape(text)}</desc></wpt>\n"
            )

    def close(self) -> None:
        """The end tag."""
        self._file.write("</gpx>\n")
        self._file.close()


def _point(lon: float, lat: float, ele: int | None, time: str, sat: int | None) -> str:
    height = "" if ele is None else f"<ele>{ele}</ele>"
    seen = "" if sat is None else f"<sat>{sat}</sat>"
    return f'<trkpt lat="{lat}" lon="{lon}">{height}<time>{time}</time>{seen}</trkpt>\n'

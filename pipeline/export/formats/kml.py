"""KML 2.3 (OGC 12-007r2): tracks as `Track` with times and speeds, violations as points."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from pipeline.export.columns import Page
from pipeline.export.formats.lists import as_lists
from pipeline.export.formats.pieces import pieces
from pipeline.export.formats.titles import title_of, violation_words

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">\n'
    "<Document>\n"
)
# Speeds beside the track, which Google Earth draws under it.
_SCHEMA = (
    '<Schema id="fixes"><gx:SimpleArrayField name="speed_kmh" type="float">'
    "<displayName>km/h</displayName></gx:SimpleArrayField></Schema>\n"
)


class KmlTracks:
    """`gx:Track`, which Google Earth and QGIS read; all times of a piece, then all places."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._file.write(_HEAD + _SCHEMA)

    def write(self, page: Page) -> None:
        """A Placemark a piece."""
        names = ("longitude", "latitude", "altitude_m", "time", "speed_kmh")
        for piece in pieces(page):
            lon, lat, height, time, speed = as_lists(piece, names)
            places = zip(lon, lat, height, strict=True)
            parts = [
                f"<Placemark><name>{escape(title_of(piece))}</name><gx:Track>\n",
                *(f"<when>{at}</when>\n" for at in time),
                *(f"<gx:coord>{x} {y} {z or 0}</gx:coord>\n" for x, y, z in places),
                '<ExtendedData><SchemaData schemaUrl="#fixes">'
                '<gx:SimpleArrayData name="speed_kmh">\n',
                *(f"<gx:value>{'' if v is None else v}</gx:value>\n" for v in speed),
                "</gx:SimpleArrayData></SchemaData></ExtendedData></gx:Track></Placemark>\n",
            ]
            self._file.write("".join(parts))

    def close(self) -> None:
        """The end tags."""
        self._file.write("</Document>\n</kml>\n")
        self._file.close()


class KmlPoints:
    """Violations."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._file.write(_HEAD)

    def write(self, page: Page) -> None:
        """A Placemark each."""
        columns = as_lists(page, ("longitude", "latitude", "started_at"))
        for (lon, lat, at), (title, text) in zip(
            zip(*columns, strict=True), violation_words(page), strict=True
        ):
            self._file.write(
                f"<Placemark><name>{escape(title)}</name>"
                f"<description>{escape(text)}</description>"
                f"<TimeStamp><when>{at}</when></TimeStamp>"
                f"<Point><coordinates>{lon},{lat}</coordinates></Point></Placemark>\n"
            )

    def close(self) -> None:
        """The end tags."""
        self._file.write("</Document>\n</kml>\n")
        self._file.close()

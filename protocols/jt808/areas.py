"""Areas and routes: the fields of 0x8600 to 0x8606 and 0x0608. JT/T 808-2013 8.35 to 8.42.

Bits of `attr` decide which fields are there: 0 times, 1 speed limit. A segment's `segment_attr`
likewise: 0 driving times, 1 speed limit. 2019 adds a speed limit for the night and a name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protocols.jt808.fields import Field, Fields, Number, Reader, SizedText, Values, When
from protocols.jt808.fields import pack_number as pack
from protocols.jt808.repeated import Group, InPackages
from protocols.jt808.time_fields import Time

EDITIONS = ("2011", "2013", "2019")
HAS_TIMES, HAS_SPEED = 1 << 0, 1 << 1
COORDINATE_BYTES = 4


def _has(mask: int, name: str) -> Callable[[Values, int | None], bool]:
    return lambda values, _left: bool(values[name] & mask)


_TIMED, _LIMITED = _has(HAS_TIMES, "attr"), _has(HAS_SPEED, "attr")
_HEAD: Fields = (Number("area_id", 4), Number("attr", 2))
_TIMES: Fields = (When(_TIMED, Time("start")), When(_TIMED, Time("end")))
_SPEED: Fields = (
    When(_LIMITED, Number("max_speed_kmh", 2)),
    When(_LIMITED, Number("overspeed_duration_s", 1)),
)
_NEW_IN_2019: Fields = (When(_LIMITED, Number("night_max_speed_kmh", 2)), SizedText("name", 2))


@dataclass(frozen=True, slots=True)
class _Vertices:
    """Count WORD, (2011: vertices in this package BYTE,) then latitude and longitude DWORD each."""

    package_count: bool = False
    name: str = "vertices"

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        count = int.from_bytes(reader.take(2, self.name), "big")
        if self.package_count:
            values["total"], count = count, reader.take(1, self.name)[0]
        raw = reader.take(count * 2 * COORDINATE_BYTES, self.name)
        numbers = [
            int.from_bytes(raw[at : at + COORDINATE_BYTES], "big")
            for at in range(0, len(raw), COORDINATE_BYTES)
        ]
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        values[self.name] = [list(pair) for pair in pairs]
        reader.note(start, self.name, values[self.name])

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        vertices = values[self.name]
        head = pack(len(vertices), 2, "vertex count")
        if self.package_count:
            total = pack(values.get("total", len(vertices)), 2, "total")
            head = total + pack(len(vertices), 1, "vertex count")
        numbers = [number for vertex in vertices for number in vertex]
        return head + b"".join(pack(n, COORDINATE_BYTES, self.name) for n in numbers)


def _corner(name: str) -> Fields:
    return (Number(f"{name}_lat_raw", 4), Number(f"{name}_lon_raw", 4))


_CENTRE: Fields = (Number("lat_raw", 4), Number("lon_raw", 4), Number("radius_m", 4))
_CORNERS: Fields = (*_corner("top_left"), *_corner("bottom_right"))


def _area(place: Fields, edition: str) -> Fields:
    return (*_HEAD, *place, *_TIMES, *_SPEED, *(_NEW_IN_2019 if edition == "2019" else ()))


def _polygon(edition: str) -> Fields:
    vertices = _Vertices(package_count=edition == "2011")
    return (*_HEAD, *_TIMES, *_SPEED, vertices, *(_NEW_IN_2019 if edition == "2019" else ()))


_DRIVEN, _SEGMENT_LIMITED = _has(1, "segment_attr"), _has(2, "segment_attr")
_PLACE: Fields = (
    Number("segment_id", 4),
    Number("lat_raw", 4),
    Number("lon_raw", 4),
    Number("width_m", 1),
    Number("segment_attr", 1),
    When(_DRIVEN, Number("too_long_s", 2)),
)
_SHORTEST: Field = When(_DRIVEN, Number("too_short_s", 2))
_LIMIT: Fields = (
    When(_SEGMENT_LIMITED, Number("max_speed_kmh", 2)),
    When(_SEGMENT_LIMITED, Number("overspeed_duration_s", 1)),
)
_NIGHT: Field = When(_SEGMENT_LIMITED, Number("night_max_speed_kmh", 2))
_POINT: Fields = (Number("point_id", 4), *_PLACE, _SHORTEST, *_LIMIT)


def _route(edition: str) -> Fields:
    head: Fields = (Number("route_id", 4), Number("attr", 2), *_TIMES)
    if edition == "2011":
        return (*head, InPackages(Group("points", (*_PLACE, *_LIMIT)), "points", 2))
    if edition == "2013":
        return (*head, Group("points", _POINT, 2))
    return (*head, Group("points", (*_POINT, _NIGHT), 2), SizedText("name", 2))


CIRCLE = {edition: _area(_CENTRE, edition) for edition in EDITIONS}
RECTANGLE = {edition: _area(_CORNERS, edition) for edition in EDITIONS}
POLYGON = {edition: _polygon(edition) for edition in EDITIONS}
ROUTE = {edition: _route(edition) for edition in EDITIONS}


def setting(areas: dict[str, Fields]) -> dict[str, Fields]:
    """Layouts of a message that sets circles or rectangles: action, count, areas."""
    layouts: dict[str, Fields] = {}
    for edition, fields in areas.items():
        group = Group("areas", fields)
        listed: Field = InPackages(group, "areas") if edition == "2011" else group
        layouts[edition] = (Number("action", 1), listed)
    return layouts

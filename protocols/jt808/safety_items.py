"""Active-safety items 0x64 to 0x67 of T/JSATL 12-2017 (Jiangsu) and T/GDRTA 002-2020 (Guangdong).

They differ in the length of the alarm identification (protocols.jt808.alarm_ident).
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.jt808.alarm_ident import IDENTS, read_ident, write_ident
from protocols.jt808.fields import (
    Fields,
    Number,
    Raw,
    Reader,
    Values,
    read_fields,
    write_fields,
)
from protocols.jt808.time_fields import Time


@dataclass(frozen=True, slots=True)
class _AlarmIdent:
    """The alarm identification; what is left of the item tells its length."""

    tires: bool = False
    name: str = "alarm_ident"

    def read(self, reader: Reader, values: Values) -> None:
        rest = reader.body[reader.at :]
        ends = _ends_before_tires if self.tires else _ends
        sizes = [size for size in IDENTS if ends(rest, size)]
        values[self.name] = read_ident(reader, sizes[0] if sizes else min(IDENTS))

    def write(self, values: Values, version: str) -> bytes:
        return write_ident(values[self.name], version)


def _ends(rest: bytes, size: int) -> bool:
    """Whether nothing follows an identification of this size."""
    return len(rest) == size


def _ends_before_tires(rest: bytes, size: int) -> bool:
    """Whether a whole list of tires follows an identification of this size."""
    return len(rest) > size and len(rest) - size - 1 in (9 * rest[size], 10 * rest[size])


@dataclass(frozen=True, slots=True)
class _TireList:
    """count BYTE, then {position, type WORD, pressure WORD kPa, temperature WORD, battery WORD}.

    The text gives 10 bytes an item, practice 9: whichever closes.
    """

    name: str = "items"

    @staticmethod
    def _fields(position_bytes: int) -> Fields:
        return (
            Number("position", position_bytes),
            Number("type", 2),
            Number("pressure_kpa", 2),
            Number("temperature_c", 2),
            Number("battery_pct", 2),
        )

    def read(self, reader: Reader, values: Values) -> None:
        count = values["count"] = reader.take(1, "count")[0]
        fields = self._fields(2 if count and reader.left == 10 * count else 1)
        values[self.name] = [read_fields(fields, reader) for _ in range(count)]

    def write(self, values: Values, version: str) -> bytes:
        items = values[self.name]
        rows = b"".join(write_fields(self._fields(1), item, version) for item in items)
        return bytes((len(items),)) + rows


_START: Fields = (Number("alarm_id", 4), Number("flag", 1))
_KIND: Fields = (Number("type", 1), Number("level", 1))
_PLACE: Fields = (
    Number("speed_kmh", 1),
    Number("altitude_m", 2),
    Number("lat_raw", 4),
    Number("lon_raw", 4),
    Time("time"),
    Number("vehicle_state", 2),
)

ADAS: Fields = (
    *_START,
    *_KIND,
    Number("front_speed_kmh", 1),
    Number("front_distance_100ms", 1),
    Number("deviation_type", 1),
    Number("road_sign_type", 1),
    Number("road_sign_value", 1),
    *_PLACE,
    _AlarmIdent(),
)
DRIVER_STATE: Fields = (
    *_START,
    *_KIND,
    Number("fatigue", 1),
    Raw("reserved", 4),
    *_PLACE,
    _AlarmIdent(),
)
TIRES: Fields = (*_START, *_PLACE, _AlarmIdent(tires=True), _TireList())
# Harsh driving, of later provincial rules (Sichuan DB51 and others): not in the two texts above;
# two open servers written apart (zhoyq, gratour) read it alike.
HARSH_DRIVING: Fields = (
    *_START,
    Number("type", 1),
    Number("time_threshold_s", 2),
    Number("threshold_1", 2),
    Number("threshold_2", 2),
    *_PLACE,
    _AlarmIdent(),
)
BLIND_SPOT: Fields = (*_START, Number("type", 1), *_PLACE, _AlarmIdent())

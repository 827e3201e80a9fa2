"""The identification of an active-safety alarm, in the lengths that provinces use.

    terminal id | time BCD[6] | sequence BYTE | attachments BYTE | reserved
    16 bytes: id 7, reserved 1 (T/JSATL 12-2017 table 4-16; Hunan)
    38, 39, 40 bytes: id 30, reserved 0 (Heilongjiang), 1 (Sichuan), 2 (T/GDRTA 002-2020)

0x9208 must say it again byte for byte, so the length is kept among its values.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.jt808.fields import (
    Fields,
    Number,
    Raw,
    Reader,
    Text,
    Values,
    read_fields,
    write_fields,
)
from protocols.jt808.time_fields import Time


def _ident(terminal_id_bytes: int, reserved_bytes: int) -> Fields:
    return (
        Text("terminal_id", terminal_id_bytes),
        Time("time"),
        Number("seq", 1),
        Number("attachment_count", 1),
        Raw("reserved", reserved_bytes),
    )


IDENTS: dict[int, Fields] = {
    16: _ident(7, 1),
    40: _ident(30, 2),
    39: _ident(30, 1),
    38: _ident(30, 0),
}
LONGEST_FIRST = tuple(sorted(IDENTS, reverse=True))


def read_ident(reader: Reader, size: int) -> Values:
    """An identification of `size` bytes."""
    return {**read_fields(IDENTS[size], reader), "length": size}


def write_ident(values: Values, version: str) -> bytes:
    """The reverse; without a "length" the Jiangsu one is meant."""
    return write_fields(IDENTS[values.get("length", 16)], {"reserved": "00", **values}, version)


@dataclass(frozen=True, slots=True)
class AlarmIdent:
    """An identification with `after` fixed bytes behind it: what is left tells its length."""

    after: int = 0
    name: str = "alarm_ident"

    def read(self, reader: Reader, values: Values) -> None:
        size = reader.left - self.after
        sizes = [known for known in LONGEST_FIRST if known <= size]
        values[self.name] = read_ident(reader, sizes[0] if sizes else LONGEST_FIRST[-1])

    def write(self, values: Values, version: str) -> bytes:
        return write_ident(values[self.name], version)

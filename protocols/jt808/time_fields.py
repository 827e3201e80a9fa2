"""Times and dates in bodies: BCD as text."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.contract import ProtocolError
from protocols.jt808.fields import Reader, Values
from protocols.jt808.times import pack_time, show_time


@dataclass(frozen=True, slots=True)
class Time:
    """BCD[6] as "2021-04-29 12:06:41" in the zone of the field; hex if it is not decimal."""

    name: str

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        values[self.name] = show_time(reader.take(6, self.name))
        reader.note(start, self.name, values[self.name])

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        return pack_time(values[self.name], self.name)


_DATE_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Date:
    """BCD[4] YYYYMMDD as "2026-06-30"; the digits are not judged."""

    name: str

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        digits = reader.take(4, self.name).hex()
        values[self.name] = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
        reader.note(start, self.name, values[self.name])

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        digits = values[self.name].replace("-", "")
        if len(digits) != _DATE_DIGITS or not digits.isalnum():
            raise ProtocolError("time", f"{self.name} = {values[self.name]!r} is not YYYY-MM-DD")
        return bytes.fromhex(digits)

"""0x1210 the files of an alarm, at the beginning of an attachment connection.
T/JSATL 12-2017 table 4-23.

Terminal id and identification have provincial lengths; Heilongjiang leaves out the first id.
Information type: 0 normal, 1 sent again.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from protocols.contract import ProtocolError
from protocols.jt808.alarm_ident import read_ident, write_ident
from protocols.jt808.fields import (
    Fields,
    Number,
    Reader,
    SizedText,
    Text,
    Values,
    read_fields,
    write_fields,
)
from protocols.jt808.message import Message
from protocols.jt808.repeated import Group

_REST: Fields = (
    Text("alarm_number", 32),
    Number("info_type", 1),
    Group("files", (SizedText("name"), Number("size", 4))),
)
# (bytes of the terminal id before it, bytes of the identification), the commonest first.
_FORMS = ((7, 16), (30, 40), (30, 39), (30, 38), (0, 38), (7, 40), (0, 16))


@dataclass(frozen=True, slots=True)
class _Attachments:
    """The whole body, in the first form that closes."""

    name: str = "alarm_ident"

    def read(self, reader: Reader, values: Values) -> None:
        for form in _FORMS:
            trial = Reader(reader.body, reader.version, reader.base)
            with suppress(ProtocolError):
                found = _read(form, trial)
                if not trial.left:
                    break
        else:  # none closes: the commonest, with its own complaint
            trial = Reader(reader.body, reader.version, reader.base)
            found = _read(_FORMS[0], trial)
        values.update(found)
        reader.at, reader.pieces = trial.at, trial.pieces

    def write(self, values: Values, version: str) -> bytes:
        ident = values[self.name]
        size = values.get("terminal_id_length", 7 if ident.get("length", 16) == 16 else 30)
        head = Text("terminal_id", size).write(values, version) if size else b""
        return head + write_ident(ident, version) + write_fields(_REST, values, version)


def _read(form: tuple[int, int], reader: Reader) -> Values:
    id_bytes, ident_bytes = form
    values: Values = {"terminal_id_length": id_bytes}
    if id_bytes:
        Text("terminal_id", id_bytes).read(reader, values)
    values["alarm_ident"] = read_ident(reader, ident_bytes)
    return values | read_fields(_REST, reader)


MESSAGE = Message(0x1210, "alarm_attachments", {"2013": (_Attachments(),)}, span="T/JSATL 12")

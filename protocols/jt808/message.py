"""What a message is: id, name, and its fields by edition of the standard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from protocols.contract import ProtocolError
from protocols.jt808.fields import Fields, Reader, Values, read_fields, write_fields

Layouts = Mapping[str, Fields]


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `layouts` by edition; an edition that is not named uses "2013".

    `edition(body, header version)` decides where the header cannot tell (2011 against 2013, or
    terminals that mix editions).
    """

    message_id: int
    name: str
    layouts: Layouts
    edition: Callable[[bytes, str], str] | None = None

    def fields(self, version: str) -> Fields:
        return self.layouts.get(version) or self.layouts["2013"]

    def decode(self, reader: Reader) -> Values:
        """Values of a body; sets the reader's version to the edition found."""
        if self.edition:
            reader.version = self.edition(reader.body, reader.version)
        values = read_fields(self.fields(reader.version), reader)
        if reader.left:
            start = reader.at
            values["trailing"] = reader.take(reader.left, "trailing").hex()
            reader.note(start, "trailing", values["trailing"])
        return values

    def encode(self, values: Values, version: str) -> bytes:
        """A body. Raises ProtocolError for a missing or unfit value."""
        try:
            body = write_fields(self.fields(version), values, version)
        except KeyError as error:
            raise ProtocolError("missing_field", f"{self.name}: {error.args[0]}") from error
        return body + bytes.fromhex(values.get("trailing", ""))

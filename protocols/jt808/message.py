"""What a message is: id, name, and its fields by edition of the standard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from protocols.contract import ProtocolError
from protocols.jt808.fields import Fields, Reader, Values, read_fields, write_fields

Layouts = Mapping[str, Fields]


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `layouts` by edition; an edition that is not named uses "2013".

    `edition(body, header version)` decides where the header cannot tell (2011 against 2013, or
    terminals that mix editions). `also`: layouts to try in order when the header's own does not
    take exactly the body. `span`: the editions, or the other standard, that have the message.
    """

    message_id: int
    name: str
    layouts: Layouts
    edition: Callable[[bytes, str], str] | None = None
    also: tuple[str, ...] = ()
    span: str = "2011-2019"

    def fields(self, version: str) -> Fields:
        return self.layouts.get(version) or self.layouts["2013"]

    def decode(self, reader: Reader) -> Values:
        """Values of a body; sets the reader's version to the edition found."""
        if self.edition:
            reader.version = self.edition(reader.body, reader.version)
        elif self.also:
            reader.version = self._fitting(reader.body, reader.version)
        values = read_fields(self.fields(reader.version), reader)
        if reader.left:
            start = reader.at
            values["trailing"] = reader.take(reader.left, "trailing").hex()
            reader.note(start, "trailing", values["trailing"])
        return values

    def _fitting(self, body: bytes, version: str) -> str:
        for candidate in (version, *self.also):
            if candidate in self.layouts or candidate == version:
                trial = Reader(body, candidate)
                with suppress(ProtocolError):
                    read_fields(self.fields(candidate), trial)
                    if not trial.left:
                        return candidate
        return version

    def encode(self, values: Values, version: str) -> bytes:
        """A body. Raises ProtocolError for a missing or unfit value."""
        try:
            body = write_fields(self.fields(version), values, version)
        except KeyError as error:
            raise ProtocolError("missing_field", f"{self.name}: {error.args[0]}") from error
        return body + bytes.fromhex(values.get("trailing", ""))

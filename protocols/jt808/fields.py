"""Field kinds: a message body is a tuple of fields, read and written in order.

Values are plain dicts by field name, as `xunji decode` shows them. Each kind works both ways and
notes the bytes it took, so that annotation costs nothing extra. All numbers are big-endian,
texts are GBK, times BCD[6] YYMMDDhhmmss GMT+8. Standard 4.1 and 4.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from typing import Protocol as Interface

from protocols.contract import ProtocolError

Values = dict[str, Any]


class Reader:
    """A body being read; `pieces` are (offset in the frame, length, name, value in words)."""

    __slots__ = ("at", "base", "body", "pieces", "version")

    def __init__(self, body: bytes, version: str, base: int = 0) -> None:
        self.body = body
        self.version = version
        self.base = base
        self.at = 0
        self.pieces: list[tuple[int, int, str, str]] = []

    @property
    def left(self) -> int:
        return len(self.body) - self.at

    def take(self, size: int, name: str) -> bytes:
        """The next bytes. Raises ProtocolError("body_short")."""
        if size > self.left:
            raise ProtocolError("body_short", f"{name} needs {size} bytes, {self.left} are left")
        start = self.at
        self.at += size
        return self.body[start : self.at]

    def note(self, start: int, name: str, value: object) -> None:
        """Annotate the bytes taken since `start`."""
        self.pieces.append((self.base + start, self.at - start, name, str(value)))

    def nested(self, size: int, name: str) -> Reader:
        """A reader over the next `size` bytes, whose pieces are added by `absorb`."""
        start = self.at
        return Reader(self.take(size, name), self.version, self.base + start)

    def absorb(self, nested: Reader) -> None:
        self.pieces.extend(nested.pieces)


class Field(Interface):
    """One field: reads into and writes from a dict of values."""

    def read(self, reader: Reader, values: Values) -> None: ...

    def write(self, values: Values, version: str) -> bytes: ...


Fields = tuple[Field, ...]


def read_fields(fields: Fields, reader: Reader) -> Values:
    """All fields in order."""
    values: Values = {}
    for field in fields:
        field.read(reader, values)
    return values


def write_fields(fields: Fields, values: Values, version: str) -> bytes:
    """The reverse."""
    return b"".join(field.write(values, version) for field in fields)


@dataclass(frozen=True, slots=True)
class Number:
    """Unsigned, `size` bytes; `decimals` decimal places are implied."""

    name: str
    size: int
    decimals: int = 0

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        raw = int.from_bytes(reader.take(self.size, self.name), "big")
        values[self.name] = raw / 10**self.decimals if self.decimals else raw
        reader.note(start, self.name, values[self.name])

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        return pack_number(round(values[self.name] * 10**self.decimals), self.size, self.name)


def pack_number(value: int, size: int, name: str) -> bytes:
    """Big-endian. Raises ProtocolError("out_of_range")."""
    try:
        return value.to_bytes(size, "big")
    except OverflowError as error:
        raise ProtocolError("out_of_range", f"{name} = {value} in {size} bytes") from error


@dataclass(frozen=True, slots=True)
class MessageId:
    """A WORD shown as 0x01C8."""

    name: str

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        values[self.name] = f"0x{int.from_bytes(reader.take(2, self.name), 'big'):04X}"
        reader.note(start, self.name, values[self.name])

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        return pack_number(int(values[self.name], 16), 2, self.name)


PADDING = b"\0 "


@dataclass(frozen=True, slots=True)
class Digits:
    """BCD of fixed size as a string of digits."""

    name: str
    size: int

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        values[self.name] = reader.take(self.size, self.name).hex()
        reader.note(start, self.name, values[self.name])

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        return bytes.fromhex(values[self.name].zfill(2 * self.size))[-self.size :]


def unpack_text(raw: bytes) -> str:
    """GBK; a byte that is not GBK never raises."""
    return raw.decode("gbk", "backslashreplace")


@dataclass(frozen=True, slots=True)
class Text:
    """GBK text of `size` bytes, or to the end of the body (None).

    Padding is zeros or blanks, and some terminals put it in front.
    """

    name: str
    size: int | None = None

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        raw = reader.take(reader.left if self.size is None else self.size, self.name)
        plain = raw.rstrip(PADDING) if self.size is None else raw.strip(PADDING)
        values[self.name] = unpack_text(plain)
        reader.note(start, self.name, values[self.name])

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        raw: bytes = values[self.name].encode("gbk", "replace")
        if self.size is None:
            return raw
        if len(raw) > self.size:
            raise ProtocolError("too_long", f"{self.name} has {len(raw)} of {self.size} bytes")
        return raw.ljust(self.size, b"\0")


@dataclass(frozen=True, slots=True)
class SizedText:
    """GBK text after its own length in bytes."""

    name: str
    size_bytes: int = 1

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        size = int.from_bytes(reader.take(self.size_bytes, self.name), "big")
        values[self.name] = unpack_text(reader.take(size, self.name).rstrip(PADDING))
        reader.note(start, self.name, values[self.name])

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        raw: bytes = values[self.name].encode("gbk", "replace")
        return pack_number(len(raw), self.size_bytes, f"length of {self.name}") + raw


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes as hex: of `size`, zeros for what lacks, or to the end of the body (None)."""

    name: str
    size: int | None = None

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        size = reader.left if self.size is None else self.size
        values[self.name] = reader.take(size, self.name).hex()
        reader.note(start, self.name, values[self.name])

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        raw = bytes.fromhex(values[self.name])
        if self.size is not None and len(raw) > self.size:
            raise ProtocolError("too_long", f"{self.name} has {len(raw)} of {self.size} bytes")
        return raw.ljust(self.size or 0, b"\0")


@dataclass(frozen=True, slots=True)
class When:
    """A field that stands there only if `present(values so far, bytes left or None)`.

    Writing passes None: the values alone decide, and a value that is absent is not written.
    """

    present: Callable[[Values, int | None], bool]
    field: Field

    def read(self, reader: Reader, values: Values) -> None:
        if self.present(values, reader.left):
            self.field.read(reader, values)

    def write(self, values: Values, version: str) -> bytes:
        name = getattr(self.field, "name", None)
        if name in values and self.present(values, None):
            return self.field.write(values, version)
        return b""


def bytes_left(_values: Values, left: int | None) -> bool:
    """Condition of `When`: something is left to read (written when there is a value)."""
    return left is None or left > 0

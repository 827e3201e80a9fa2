"""Every message that is decoded field by field, one a file; the others are kept as hex."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from protocols.jt808.fields import Reader, Values
from protocols.jt808.message import Message

FIRST_PLATFORM_ID = 0x8000  # from here on it is the platform that speaks
MESSAGES: dict[int, Message] = {}
SOURCES: dict[int, str | None] = {}  # what each is and where it is laid down, for the documents
for _entry in iter_modules(__path__):
    _module = import_module(f"{__name__}.{_entry.name}")
    _message: Message = _module.MESSAGE
    MESSAGES[_message.message_id] = _message
    SOURCES[_message.message_id] = _module.__doc__


def decode_body(message_id: int, body: bytes, version: str) -> Values:
    """A body by field name; {"raw": hex} for an id without a layout. Raises ProtocolError."""
    return read_body(message_id, Reader(body, version))


def read_body(message_id: int, reader: Reader) -> Values:
    """As `decode_body`; the reader then holds the edition and the annotated pieces."""
    message = MESSAGES.get(message_id)
    if message:
        return message.decode(reader)
    start = reader.at
    raw = reader.take(reader.left, "raw").hex()
    reader.note(start, "raw", raw)
    return {"raw": raw}


def encode_body(message_id: int, values: Values, version: str) -> bytes:
    """The reverse of `decode_body`. Raises ProtocolError."""
    message = MESSAGES.get(message_id)
    if message:
        return message.encode(values, version)
    return bytes.fromhex(values["raw"])


def message_name(message_id: int) -> str:
    """A stable English name, `unknown` without a layout."""
    message = MESSAGES.get(message_id)
    return message.name if message else "unknown"


__all__ = [
    "FIRST_PLATFORM_ID",
    "MESSAGES",
    "SOURCES",
    "decode_body",
    "encode_body",
    "message_name",
    "read_body",
]

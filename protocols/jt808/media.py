"""Photos, sounds and videos: the fields that their messages share. Standard 8.51 to 8.60."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.jt808.fields import Fields, Number, Reader, Values
from protocols.jt808.time_fields import Time

MEDIA_TYPES = ("image", "audio", "video")
FORMATS = ("jpeg", "tiff", "mp3", "wav", "wmv")
EVENTS = (
    "command", "timer", "robbery", "collision", "door_open", "door_closed", "door_closed_moving",
    "distance",
)  # fmt: skip
MEDIA: Fields = (
    Number("media_id", 4),
    Number("media_type", 1),
    Number("format", 1),
    Number("event", 1),
    Number("channel", 1),
)
MEDIA_BYTES = 8
# What files begin with: JPEG, TIFF, MP3, WAV, WMV, PNG, AMR. No location begins so.
FILE_HEADS = (b"\xff\xd8", b"II*\0", b"ID3", b"RIFF", b"0&\xb2u", b"\x89PNG", b"#!AMR")
SEARCH: Fields = (
    Number("media_type", 1),
    Number("channel", 1),
    Number("event", 1),
    Time("start"),
    Time("end"),
)
_SHOWN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Data:
    """The medium's bytes to the end of the body, as hex, with their number and head to look at."""

    name: str = "data"

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        raw = reader.take(reader.left, self.name)
        values["data_length"] = len(raw)
        values["data_head"] = raw[:_SHOWN_BYTES].hex()
        values[self.name] = raw.hex()
        reader.note(start, self.name, f"{len(raw)} bytes: {values['data_head']}")

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        return bytes.fromhex(values[self.name])


def word(words: tuple[str, ...], code: int) -> str:
    """The word for a code; `code_N` for one that the standard reserves."""
    return words[code] if code < len(words) else f"code_{code}"

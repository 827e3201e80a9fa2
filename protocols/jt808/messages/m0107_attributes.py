"""0x0107 terminal attributes. JT/T 808-2013 8.15, table 20."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.jt808.fields import Digits, Fields, Number, Reader, SizedText, Text, Values
from protocols.jt808.message import Message


@dataclass(frozen=True, slots=True)
class _MakerLength:
    """No bytes: says which of the two sizes the layout has."""

    size: int

    def read(self, reader: Reader, values: Values) -> None:  # noqa: ARG002
        values["maker_id_length"] = self.size

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        return b""


def _layout(
    maker_bytes: int, model_bytes: int, terminal_id_bytes: int, *shown: _MakerLength
) -> Fields:
    return (
        Number("terminal_type", 2),
        *shown,
        Text("maker_id", maker_bytes),
        Text("model", model_bytes),
        Text("terminal_id", terminal_id_bytes),
        Digits("iccid", 10),
        SizedText("hardware_version"),
        SizedText("firmware_version"),
        Number("gnss_attr", 1),
        Number("comm_attr", 1),
    )


def _closes(body: bytes, maker_bytes: int) -> bool:
    """Whether the two texts after a maker of this size end exactly two bytes before the end."""
    at = 2 + maker_bytes + 30 + 30 + 10
    for _text in range(2):
        if at >= len(body):
            return False
        at += 1 + body[at]
    return at + 2 == len(body)


def _edition(body: bytes, version: str) -> str:
    """The 2019 text says 5 bytes of maker, many terminals send 11: whichever lengths close."""
    if version != "2019":
        return version
    return "2019/11" if not _closes(body, 5) and _closes(body, 11) else "2019"


MESSAGE = Message(
    0x0107,
    "attributes",
    {
        "2013": _layout(5, 20, 7),
        "2019": _layout(5, 30, 30, _MakerLength(5)),
        "2019/11": _layout(11, 30, 30, _MakerLength(11)),
    },
    _edition,
    span="2013-2019",
)

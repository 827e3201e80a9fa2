"""A small but complete terminal protocol for tests of the gateway: one text line a message.

`$LOGIN id code`, `$POS id time_us longitude_e6 latitude_e6 serial`, `$BEAT id`, `$BYE id`,
`$ANSWER id command result`. Replies: `ACK id serial ok|reason`, `IN id`, `NO id`, `BEAT id`,
`TEXT id command text`. What does not start with `$` is garbage up to the next line's end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from model.position import FixSource, PositionBatch, empty_rows
from protocols.contract import (
    Answered,
    Bad,
    Decoded,
    Description,
    Directory,
    Event,
    Offline,
    Online,
    ProtocolError,
    Report,
    Send,
    Unregistered,
)

LONGEST_LINE = 512


class TinySession:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._buffer = b""
        self._inside: set[str] = set()

    def receive_data(self, data: bytes, now_us: int) -> list[Event]:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        events = [event for line in lines if line for event in self._line(line)]
        if len(self._buffer) > LONGEST_LINE:
            events.append(Bad(self._buffer, "too_long", f"more than {LONGEST_LINE} bytes"))
            self._buffer = b""
        return events

    def _line(self, line: bytes) -> list[Event]:
        words = line.decode("latin-1").split(" ")
        method = getattr(self, f"_{words[0][1:].lower()}", None) if words[0][:1] == "$" else None
        if method is None or len(words) < 2:
            return [Bad(line, "garbage", "not a message")]
        device = self._directory.find(words[1])
        if device is None:
            return [Unregistered(words[1], {"line": words[0]})]
        return method(line, device, *words[1:])

    def _login(self, line: bytes, device: Any, identity: str, code: str) -> list[Event]:
        if not self._directory.check_code(identity, code):
            return [Send(f"NO {identity}\n".encode())]
        self._inside.add(identity)
        return [Send(f"IN {identity}\n".encode()), Online(device, identity)]

    def _beat(self, line: bytes, device: Any, identity: str) -> list[Event]:
        return [Send(f"BEAT {identity}\n".encode())]

    def _bye(self, line: bytes, device: Any, identity: str) -> list[Event]:
        self._inside.discard(identity)
        return [Offline(identity)]

    def _answer(
        self, line: bytes, device: Any, identity: str, number: str, result: str
    ) -> list[Event]:
        return [Answered(identity, int(number), result)]

    def _pos(self, line: bytes, device: Any, identity: str, *rest: str) -> list[Event]:
        if identity not in self._inside and not self._directory.open:
            return [Unregistered(identity)]
        return [Report(device, identity, line, rest[-1])]

    def acknowledge(self, report: Report, error: ProtocolError | None) -> bytes:
        word = error.reason if error else "ok"
        return f"ACK {report.identity} {report.token} {word}\n".encode()

    def command(self, identity: str, command_id: int, kind: str, body: dict[str, Any]) -> bytes:
        if kind != "text":
            raise ProtocolError("unsupported_command", kind)
        return f"TEXT {identity} {command_id} {body['text']}\n".encode()


class TinyProtocol:
    name = "tiny"
    default_port: int | None = 1
    topics = ("xunji/handset/+/up",)

    def identity_of(self, topic: str) -> str:
        return topic.removeprefix("xunji/handset/").removesuffix("/up")

    def reply_topic(self, identity: str, leaf: str) -> str | None:
        return f"xunji/handset/{identity}/{leaf}"

    def recognises(self, head: bytes) -> bool | None:
        return head.startswith(b"$") if head else None

    def session(self, directory: Directory) -> TinySession:
        return TinySession(directory)

    def session_for(self, directory: Directory, identity: str) -> TinySession:
        return TinySession(directory)

    def decode_reports(self, frames: Sequence[bytes]) -> Decoded:
        rows, origin, bad = empty_rows(len(frames)), [], {}
        used = 0
        for index, frame in enumerate(frames):
            words = frame.split(b" ")
            if b"explode" in frame:
                raise ZeroDivisionError("a decoder with a fault")
            try:
                time_us, longitude, latitude = (int(word) for word in words[2:5])
            except ValueError:
                bad[index] = ProtocolError("not_a_number", repr(words[2:5]))
                continue
            rows["time_us"][used] = time_us
            rows["longitude_e6"][used] = longitude
            rows["latitude_e6"][used] = latitude
            rows["fix_source"][used] = FixSource.GNSS
            origin.append(index)
            used += 1
        return Decoded(PositionBatch(rows[:used]), np.array(origin, np.intp), bad)

    def describe(self, text: str) -> Description:
        return Description("tiny", "line", {}, [], [], [])


class OtherProtocol(TinyProtocol):
    """Recognised by `%%`: one more byte must be awaited."""

    name = "other"

    def recognises(self, head: bytes) -> bool | None:
        return None if head == b"%" else head.startswith(b"%%")

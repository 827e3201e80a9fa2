"""Files of active-safety alarms: a protocol of its own, on a port of its own. T/JSATL 12-2017 4.6.

0x1210 names the alarm and its files, 0x1211 begins one, blocks bring its data, 0x1212 ends it and
is answered by 0x9212: what is missing, or that it is stored. The terminal is known by its phone,
and may speak because it names the alarm by the number that only we could give it (0x9208).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from model.position import PositionBatch, empty_rows
from protocols.contract import (
    Bad,
    Decoded,
    Description,
    Directory,
    Event,
    KnownDevice,
    ProtocolError,
    Report,
    Send,
    Unregistered,
    Upload,
)
from protocols.jt808.attachments import FILE_TYPES
from protocols.jt808.description import describe
from protocols.jt808.fields import Values
from protocols.jt808.file_parts import MAX_FILE_BYTES, FileParts
from protocols.jt808.files_framing import Block, FilesFramer, Junk
from protocols.jt808.framing import unwrap
from protocols.jt808.header import Header, parse_header
from protocols.jt808.messages import decode_body
from protocols.jt808.row import time_us_of
from protocols.jt808.safety import alarm_number
from protocols.jt808.terminal import FAILED, MESSAGE_ERROR, OK, UNSUPPORTED, Terminal
from protocols.jt808.times import pack_time
from protocols.jt808.uploads import AWAY

ALARM, BEGIN, END, RECEIVED = 0x1210, 0x1211, 0x1212, 0x9212
MAX_FILES = 32  # of one connection that are not whole
MAX_OPEN_BYTES = 64 << 20
DONE, AGAIN = 0, 1
EVENT = "safety_alarm"


class FilesSession:
    """State of one attachment connection."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._framer = FilesFramer()
        self._terminal: Terminal | None = None
        self._device: KnownDevice | None = None
        self._number = ""
        self._time_us: int | None = None
        self._files: dict[str, FileParts] = {}

    def receive_data(self, data: bytes, now_us: int) -> list[Event]:  # noqa: ARG002
        """Bytes in, in any cut; complete events out."""
        events: list[Event] = []
        for piece in self._framer.feed(data):
            if isinstance(piece, Junk):
                events.append(Bad(piece.data, piece.reason, "neither a frame nor a block"))
            elif isinstance(piece, Block):
                self._block(piece, events)
            else:
                self._frame(piece, events)
        return events

    def acknowledge(self, report: Report | Upload, error: ProtocolError | None) -> bytes:
        """0x9212 when the file is stored; all of it again while it cannot be; else refused."""
        assert isinstance(report, Upload)
        terminal, values, serial = report.token
        if error is None:
            return self._received(terminal, values, [])
        if error.reason == AWAY:
            return self._received(terminal, values, [(0, len(report.data))])
        refused: bytes = terminal.ack(serial, END, MESSAGE_ERROR)
        return refused

    def command(self, identity: str, command_id: int, kind: str, body: dict[str, Any]) -> bytes:  # noqa: ARG002
        """A connection for files takes no commands."""
        raise ProtocolError("not_connected", f"{identity} only sends files here")

    def _frame(self, piece: bytes, events: list[Event]) -> None:
        try:
            frame = unwrap(piece)
            header = parse_header(frame)
        except ProtocolError as error:
            events.append(Bad(piece, error.reason, error.detail))
            return
        if self._terminal is None:
            self._terminal = Terminal.of(header)
        body = frame[header.body_at : -1]
        try:
            values = decode_body(header.message_id, body, header.version)
        except ProtocolError as error:
            events.append(Bad(frame, error.reason, error.detail, header.identity))
            self._reply(header, MESSAGE_ERROR, events)
            return
        if header.message_id == ALARM:
            at = values["terminal_id_length"]
            ident = body[at : at + values["alarm_ident"]["length"]]
            known = self._alarm(header, values, ident, events)
            self._reply(header, OK if known else FAILED, events)
        else:
            self._take(header, values, events)

    def _take(self, header: Header, values: Values, events: list[Event]) -> None:
        if header.message_id not in (BEGIN, END):
            self._reply(header, UNSUPPORTED, events)
        elif self._device is None:
            self._reply(header, FAILED, events)
        elif header.message_id == BEGIN:
            self._reply(header, self._begin(values), events)
        else:
            self._end(header, values, events)

    def _reply(self, header: Header, result: int, events: list[Event]) -> None:
        assert self._terminal is not None
        events.append(Send(self._terminal.ack(header.serial, header.message_id, result)))

    def _alarm(self, header: Header, values: Values, ident: bytes, events: list[Event]) -> bool:
        """Whether this terminal may send the files of this alarm."""
        self._device = None
        device = self._directory.find(header.identity)
        number = alarm_number(self._directory, header.identity, ident)
        if device is None or values["alarm_number"] != number:
            reason = "unknown" if device is None else "alarm_number"
            events.append(Unregistered(header.identity, {"reason": reason}))
            return False
        self._device, self._number = device, number
        self._time_us = time_us_of(pack_time(values["alarm_ident"]["time"], "time"))
        return True

    def _begin(self, values: Values) -> int:
        size, name = values["file_size"], values["file_name"]
        others = sum(file.size for other, file in self._files.items() if other != name)
        if size > MAX_FILE_BYTES or others + size > MAX_OPEN_BYTES or len(self._files) >= MAX_FILES:
            return MESSAGE_ERROR
        self._files[name] = FileParts(size)
        return OK

    def _block(self, block: Block, events: list[Event]) -> None:
        file = self._files.get(block.name)
        if file is None or not file.add(block.offset, block.data):
            why = "of no file that was begun" if file is None else "beyond the file's end"
            detail = f"{len(block.data)} bytes at {block.offset} of {block.name!r}, {why}"
            identity = None if self._terminal is None else self._terminal.identity
            events.append(Bad(block.data[:64], "file_block", detail, identity))

    def _end(self, header: Header, values: Values, events: list[Event]) -> None:
        assert self._terminal is not None
        assert self._device is not None
        file = self._files.get(values["file_name"])
        missing = [(0, values["file_size"])] if file is None else file.missing()
        if file is None:
            self._begin(values)
        if missing or file is None:
            events.append(Send(self._received(self._terminal, values, missing)))
            return
        del self._files[values["file_name"]]
        events.append(
            Upload(
                device=self._device,
                identity=header.identity,
                media_id=int(self._number, 16),
                kind=_kind(values["file_type"]),
                format=values["file_name"].rpartition(".")[2][:8].lower(),
                event=EVENT,
                channel=_channel(values["file_name"]),
                data=file.data,
                time_us=self._time_us,
                longitude_e6=None,
                latitude_e6=None,
                token=(self._terminal, values, header.serial),
                carries=False,
            )
        )

    @staticmethod
    def _received(terminal: Terminal, values: Values, missing: Sequence[tuple[int, int]]) -> bytes:
        packets = [{"offset": offset, "length": length} for offset, length in missing]
        answer = {"file_name": values["file_name"], "file_type": values["file_type"]}
        return terminal.send(
            RECEIVED, {**answer, "result": AGAIN if packets else DONE, "packets": packets}
        )


def _kind(code: int) -> str:
    return FILE_TYPES[code] if code < len(FILE_TYPES) else FILE_TYPES[-1]


def _channel(name: str) -> int:
    """`type_channel_alarm_seq_number.ext`: 64 ADAS, 65 driver; 0 where it does not say."""
    parts = name.split("_")
    digits = parts[1] if len(parts) > 2 else ""
    return int(digits) & 0xFF if digits.isdecimal() else 0


class Jt808Files:
    """Attachment connections as a protocol of their own port; they carry no positions.

    Not in the registry: its terminals are those of JT/T 808, whose register it asks.
    """

    name = "jt808_files"
    default_port: int | None = None

    def recognises(self, head: bytes) -> bool | None:  # noqa: ARG002
        """Never by its bytes: it begins as any JT/T 808 does."""
        return False

    def session(self, directory: Directory) -> FilesSession:
        return FilesSession(directory)

    def decode_reports(self, frames: Sequence[bytes]) -> Decoded:
        bad = {i: ProtocolError("not_a_report", "no position") for i in range(len(frames))}
        return Decoded(PositionBatch(empty_rows(0), []), np.zeros(0, np.intp), bad)

    def describe(self, text: str) -> Description:
        return describe(text)


FILES = Jt808Files()

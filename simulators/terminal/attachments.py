"""How a terminal sends the files of an alarm, as 0x9208 asks it to. T/JSATL 12-2017 4.6."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from protocols.jt808.attachments import FILE_TYPES
from protocols.jt808.files_framing import BLOCK_HEAD, NAME_BYTES
from protocols.jt808.framing import unwrap
from protocols.jt808.header import parse_header
from protocols.jt808.messages import decode_body
from protocols.jt808.protocol import encode_frames

BLOCK_BYTES = 65_536
MAX_ROUNDS = 5  # of what the platform asks for again
_TYPES = {"jpg": 0, "png": 0, "wav": 1, "mp4": 2, "h264": 2, "txt": 3, "bin": 3}
ALARM, BEGIN, END = 0x1210, 0x1211, 0x1212


def block(name: str, offset: int, data: bytes) -> bytes:
    """A block of a file's data."""
    head = BLOCK_HEAD + name.encode("gbk").ljust(NAME_BYTES, b"\0")[:NAME_BYTES]
    return head + offset.to_bytes(4, "big") + len(data).to_bytes(4, "big") + data


async def send_files(
    wanted: Mapping[str, Any], phone: str, files: Mapping[str, bytes], version: str = "2013"
) -> dict[str, bool]:
    """Send files of an alarm where 0x9208 (`wanted`, by field) says; which of them are stored."""
    reader, writer = await asyncio.open_connection(wanted["server_ip"], wanted["tcp_port"])
    line = _Line(reader, writer, phone, version)
    try:
        ident = wanted["alarm_ident"]
        about = {
            "terminal_id": ident["terminal_id"],
            "alarm_ident": ident,
            "alarm_number": wanted["alarm_number"],
            "info_type": 0,
            "files": [{"name": name, "size": len(data)} for name, data in files.items()],
        }
        if (await line.ask(ALARM, about))["result"]:
            return dict.fromkeys(files, False)
        return {name: await _send_file(line, name, data) for name, data in files.items()}
    finally:
        writer.close()


async def _send_file(line: _Line, name: str, data: bytes) -> bool:
    kind = _TYPES.get(name.rpartition(".")[2], len(FILE_TYPES) - 1)
    about = {"file_name": name, "file_type": kind, "file_size": len(data)}
    if (await line.ask(BEGIN, about))["result"]:
        return False
    missing = [{"offset": at, "length": BLOCK_BYTES} for at in range(0, len(data), BLOCK_BYTES)]
    for _ in range(MAX_ROUNDS):
        for part in missing:
            at = part["offset"]
            line.writer.write(block(name, at, data[at : at + part["length"]]))
        answer = await line.ask(END, about)
        if "packets" not in answer:
            return False
        missing = answer["packets"]
        if not missing:
            return True
    return False


class _Line:
    """One question and its answer after the other."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        phone: str,
        version: str,
    ) -> None:
        self.writer = writer
        self._reader, self._phone, self._version = reader, phone, version
        self._serial = 0

    async def ask(self, message_id: int, values: Mapping[str, Any]) -> dict[str, Any]:
        """Send a message; the fields of what comes back."""
        body = dict(values)
        self.writer.write(encode_frames(message_id, body, self._phone, self._serial, self._version))
        self._serial += 1
        piece = b""
        while not piece:
            piece = (await self._reader.readuntil(b"\x7e"))[:-1]
        frame = unwrap(piece)
        header = parse_header(frame)
        return decode_body(header.message_id, frame[header.body_at : -1], header.version)

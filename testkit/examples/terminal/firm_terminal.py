"""A firm's terminal, as small as one can be: it registers, logs in and reports where it is.

Run it as `python firm_terminal.py HOST PORT PHONE SECONDS_BETWEEN_REPORTS`. Only the standard
library is used, and nothing of Xunji.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import time
from functools import reduce
from operator import xor


def frame(message: int, phone: str, serial: int, body: bytes) -> bytes:
    """JT/T 808-2013, 4.4."""
    content = struct.pack(">HH6sH", message, len(body), bytes.fromhex(phone.zfill(12)), serial)
    content += body
    content += bytes([reduce(xor, content)])
    return b"\x7e" + content.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"


def location(now_s: float) -> bytes:
    """0x0200: positioned, 118.8 east, 32.05 north, 30 km/h, Beijing time."""
    place = struct.pack(">IIIIHHH", 0, 0b11, 32_050_000, 118_800_000, 20, 300, 90)
    return place + bytes.fromhex(time.strftime("%y%m%d%H%M%S", time.gmtime(now_s + 8 * 3600)))


def messages(connection: socket.socket, buffer: bytearray) -> list[bytes]:
    """What the platform has sent meanwhile, each unescaped."""
    with contextlib.suppress(TimeoutError):
        data = connection.recv(65_536)
        if not data:
            raise ConnectionResetError
        buffer += data
    found = []
    while (end := buffer.find(b"\x7e", 1)) > 0:
        piece = bytes(buffer[1:end])
        del buffer[: end + 1]
        found.append(piece.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d"))
    return found


def main(host: str, port: str, phone: str, every_s: str) -> None:
    """Until the platform hangs up."""
    connection = socket.create_connection((host, int(port)), timeout=0.1)
    buffer, serial, due_s, logged_in = bytearray(), 1, 0.0, False
    registration = struct.pack(">HH5s20s7sB", 32, 100, b"FIRM", b"T1", b"1", 2)
    registration += "苏A12345".encode("gbk")
    connection.sendall(frame(0x0100, phone, 0, registration))
    while True:
        for content in messages(connection, buffer):
            message = int.from_bytes(content[:2], "big")
            if message == 0x8100 and content[14]:  # not known yet: ask again
                time.sleep(0.5)
                connection.sendall(frame(0x0100, phone, serial, registration))
                serial += 1
            elif message == 0x8100:
                connection.sendall(frame(0x0102, phone, serial, content[15:-1]))
                serial += 1
            elif message == 0x8001:
                logged_in = logged_in or content[14:17] == b"\x01\x02\x00"
            else:  # every command is answered: done
                answer = content[10:12] + content[:2] + b"\0"
                connection.sendall(frame(0x0001, phone, serial, answer))
                serial += 1
        if logged_in and time.time() >= due_s:
            connection.sendall(frame(0x0200, phone, serial, location(time.time())))
            serial, due_s = serial + 1, time.time() + float(every_s)


if __name__ == "__main__":
    with contextlib.suppress(ConnectionError, KeyboardInterrupt):
        main(*sys.argv[1:])

"""A terminal that drives: it logs in, sends fixes as simulated time passes, waits for each ack."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from types import TracebackType

from xunji_testkit import frames
from xunji_testkit.frames import Fix

LIMIT_S = 30
METRES_A_DEGREE = 111_195.0


class TerminalError(Exception):
    """The server did not answer this terminal, or answered otherwise than it should."""


class Terminal:
    """One JT/T 808-2013 terminal on a connection of its own.

    `pass_time(until)` is called before fixes are sent, so that none lies in the server's future.
    """

    def __init__(
        self,
        gateway: tuple[str, int],
        phone: str,
        device_id: int,
        *,
        now: Callable[[], datetime],
        pass_time: Callable[[datetime], None],
        position: tuple[float, float],
    ) -> None:
        self.phone = phone
        self.device_id = device_id
        self.longitude, self.latitude = position
        self.texts: list[str] = []
        self._now = now
        self._pass_time = pass_time
        self._serial = 0
        self._buffer = bytearray()
        self._answers: dict[tuple[int, int], bytes] = {}
        self._socket = socket.create_connection(gateway, timeout=LIMIT_S)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def log_in(self, plate: str) -> None:
        """Register (0x0100) and authenticate (0x0102)."""
        self._ask_for_success(frames.LOG_IN, self._code(plate))

    def _code(self, plate: str) -> bytes:
        """The authentication code. A unit that was just entered is known at the doors soon."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            answer = self._ask(frames.REGISTER, frames.registration(plate), frames.REGISTER_ACK)
            if not answer[2]:
                return answer[3:]
            if time.monotonic() > deadline:
                raise TerminalError(f"registration of {self.phone} refused: result {answer[2]}")
            time.sleep(0.05)

    def heartbeat(self) -> None:
        """Send 0x0002; what the server has sent meanwhile (`texts`) is read and answered."""
        self._ask_for_success(frames.HEARTBEAT, b"")

    def drive(
        self,
        minutes: float,
        *,
        speed_kmh: float = 30,
        course_deg: float = 90,
        every_s: float = 15,
        **signals: str,
    ) -> None:
        """Go straight on from here while time passes, a fix each `every_s`, sent minute by minute.

        Signals as words: `loaded="full", cover_closed="no"`; what is not said is unknown.
        """
        started = frames.whole_second(self._now()) + timedelta(seconds=1)
        fixes = [self._fix(started, speed_kmh, course_deg, signals)]
        for step in range(1, int(minutes * 60 / every_s) + 1):
            self._move(speed_kmh / 3.6 * every_s, course_deg)
            moment = started + timedelta(seconds=step * every_s)
            fixes.append(self._fix(moment, speed_kmh, course_deg, signals))
        for _, minute in groupby(fixes, lambda fix: (fix.time - started) // timedelta(minutes=1)):
            self._send_fixes(list(minute))

    def report(
        self,
        moment: datetime,
        speed_kmh: float = 0,
        course_deg: float = 0,
        signals: Mapping[str, str] | None = None,
    ) -> None:
        """Send one fix from where the terminal is and wait until the server has stored it."""
        self._send_fixes([self._fix(moment, speed_kmh, course_deg, signals or {})])

    def _fix(
        self, moment: datetime, speed_kmh: float, course_deg: float, signals: Mapping[str, str]
    ) -> Fix:
        return Fix(moment, self.longitude, self.latitude, speed_kmh, course_deg, signals)

    def _send_fixes(self, fixes: Sequence[Fix]) -> None:
        """Let time pass to the last one, send all, wait for every acknowledgement."""
        if fixes[-1].time > self._now():
            self._pass_time(fixes[-1].time)
        serials = [self._send(frames.LOCATION, frames.location(fix)) for fix in fixes]
        for serial in serials:
            self._expect_success(frames.LOCATION, self._answer(serial, frames.PLATFORM_ACK))

    def _move(self, metres: float, course_deg: float) -> None:
        course = math.radians(course_deg)
        self.latitude += metres * math.cos(course) / METRES_A_DEGREE
        width = METRES_A_DEGREE * math.cos(math.radians(self.latitude))
        self.longitude += metres * math.sin(course) / width

    def _ask(self, message: int, body: bytes, wanted: int) -> bytes:
        """Send a message; the body of the answer to it."""
        return self._answer(self._send(message, body), wanted)

    def _ask_for_success(self, message: int, body: bytes) -> None:
        self._expect_success(message, self._ask(message, body, frames.PLATFORM_ACK))

    def _expect_success(self, message: int, answer: bytes) -> None:
        if answer[4]:
            raise TerminalError(f"0x{message:04x} of {self.phone} refused: result {answer[4]}")

    def _answer(self, serial: int, wanted: int) -> bytes:
        """The body of the answer to our message of this serial; texts are answered meanwhile."""
        while (wanted, serial) not in self._answers:
            self._receive()
            for message, own_serial, content in frames.messages(self._buffer):
                if message == frames.TEXT:
                    self._answer_text(own_serial, content)
                else:
                    self._answers[message, int.from_bytes(content[:2], "big")] = content
        return self._answers.pop((wanted, serial))

    def _send(self, message: int, body: bytes) -> int:
        serial = self._serial
        self._serial = (serial + 1) & 0xFFFF
        self._socket.sendall(frames.frame(message, self.phone, serial, body))
        return serial

    def _receive(self) -> None:
        try:
            data = self._socket.recv(65_536)
        except TimeoutError:
            data = b""
        if not data:
            raise TerminalError(f"the server does not answer {self.phone}")
        self._buffer += data

    def _answer_text(self, serial: int, content: bytes) -> None:
        self.texts.append(content[1:].decode("gbk", "replace").rstrip("\0"))
        done = serial.to_bytes(2, "big") + frames.TEXT.to_bytes(2, "big") + b"\0"
        self._send(frames.TERMINAL_ACK, done)

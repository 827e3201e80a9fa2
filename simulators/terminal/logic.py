"""A JT/T 808 terminal without a socket: bytes in, bytes out, seconds of any steady clock.

It registers, logs in, reports, sends what is not acknowledged again (standard 6.2: after T, then
after T x 2, T x 2 x 3 ...), keeps what it measures without a connection and uploads it as 0x0704 of
type 1, answers commands, takes photos. Its firmware's habits are methods, so that a test can
plant a fault by overriding one.
"""

from __future__ import annotations

import random
import struct
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from protocols.contract import ProtocolError
from protocols.jt808.assembly import Assembly
from protocols.jt808.framing import Framer, unwrap
from protocols.jt808.header import Header, parse_header
from protocols.jt808.messages import decode_body
from simulators.terminal.answers import ANSWERS, SINCE, Values
from simulators.terminal.belongings import Belongings
from simulators.terminal.credentials import log_in, registration
from simulators.terminal.keeping import Keeping
from simulators.terminal.reports import batch_bodies
from simulators.terminal.sender import Sender

MAX_BLIND = 30_000  # fixes kept without a connection; the oldest goes first
MAX_SCHEDULED = 64
LOG_IN_S = 30.0
LOCATION, BATCH, PLATFORM_ACK = 0x0200, 0x0704, 0x8001
_ACK = struct.Struct(">HHB")
HEARTBEAT_S, ACK_TIMEOUT_S, RETRIES, INTERVAL_S = 0x0001, 0x0002, 0x0003, 0x0029
Measure = Callable[[float], bytes]


class Refused(Exception):
    """The server does not know this terminal (0x8100 result 4, or 0x0102 refused)."""


def _joined(frames: Sequence[bytes]) -> list[bytes]:
    return [b"".join(frames)]


class TerminalLogic(Sender, Belongings):
    """One terminal. `sent`, `acknowledged` and `refused` (answered with an error) count reports.

    `measure(now_s)` gives the 0x0200 body of this moment: then it reports by itself, each
    parameter 0x0029 seconds. `texts`: what the driver was told. `pieces`: what a faulty line makes
    of frames. `lost`: it gave the connection up, connect anew.
    """

    def __init__(
        self,
        identity: str,
        *,
        version: int = 2013,
        plate: str = "",
        chance: random.Random | None = None,
        answer_delay_s: tuple[float, float] = (2.0, 7.0),
        measure: Measure | None = None,
    ) -> None:
        Sender.__init__(self, identity, str(version))
        Belongings.__init__(self)
        self.plate = plate
        self.chance = chance or random.Random(identity)
        self.answer_delay_s, self.measure = answer_delay_s, measure
        self.sent = self.acknowledged = self.refused = self.blind_dropped = 0
        self.pieces: Callable[[Sequence[bytes]], list[bytes]] = _joined
        self.online = self.lost = self._met = False
        self.failure: Refused | None = None
        self.code: str | None = None
        self.parameters: Values = {
            HEARTBEAT_S: 60, ACK_TIMEOUT_S: 20, RETRIES: 3, 0x0020: 0, INTERVAL_S: 30,
            0x0055: 80, 0x0083: plate, 0x0084: 2 if plate else 0,
        }  # fmt: skip
        self.tracking: tuple[float, float] | None = None  # 0x8202: seconds between, until when
        self.last_location = bytes(28)
        self.now_s = 0.0
        self._kept = Keeping()
        self._blind: deque[bytes] = deque(maxlen=MAX_BLIND)
        self._scheduled: list[tuple[float, int, bytes]] = []  # due, message id, body
        self._out: list[bytes] = []
        self._framer, self._assembly = Framer(), Assembly()
        self._asked_s: float | None = None
        self._spoke_s = self._reported_s = float("-inf")

    def connected(self, now_s: float) -> list[bytes]:
        """A new connection stands: register, or log in with the code from before."""
        self.now_s, self._asked_s = now_s, now_s
        self._framer, self._assembly, self.lost = Framer(), Assembly(), False
        if self.code is None:
            self._out.append(self.registration_frame())
        else:
            self._log_in()
        return self._flush()

    def disconnected(self) -> None:
        """The connection is gone."""
        self.online, self._asked_s = False, None
        self._out.clear()

    def receive(self, data: bytes, now_s: float) -> list[bytes]:
        """Bytes of the server in any cut; what to write."""
        self.now_s = now_s
        for piece, reason in self._framer.feed(data):
            if reason is None:
                try:
                    self._hear(unwrap(piece))
                except ProtocolError:
                    continue
        return self._flush()

    def tick(self, now_s: float) -> list[bytes]:
        """What is due by now; call it at `due_s` or soon after."""
        self.now_s = now_s
        if self.measure is not None and self._met and now_s >= self._next_report_s():
            self._reported_s = now_s
            self._take_fix(self.measure(now_s))
        if self.online:
            self._say_what_is_due()
            self.resend_overdue()
            if now_s >= self._spoke_s + self.parameters[HEARTBEAT_S]:
                self.send(0x0002, b"")
        elif self._asked_s is not None and now_s > self._asked_s + LOG_IN_S:
            self.lost = True
        return self._flush()

    @property
    def due_s(self) -> float:
        """When `tick` has something to do next."""
        times = [at_s for at_s, _, _ in self._scheduled]
        if self.measure is not None and self._met:
            times.append(self._next_report_s())
        if self.online:
            times.append(self._spoke_s + self.parameters[HEARTBEAT_S])
            times.append(self._kept.due_s)
        elif self._asked_s is not None:
            times.append(self._asked_s + LOG_IN_S)
        return min(times, default=float("inf"))

    @property
    def drained(self) -> bool:
        """Whether everything reported is acknowledged."""
        return not self._kept and not self._blind

    def report(self, locations: Sequence[bytes], batches: Iterable[bytes] = ()) -> list[bytes]:
        """0x0200 and 0x0704 bodies to send; without a connection fixes are kept for later."""
        if not self.online:
            self._go_blind(locations)
            locations = ()
        pieces = self.compose(locations, batches)
        return pieces if self.online else []

    def compose(self, locations: Sequence[bytes], batches: Iterable[bytes] = ()) -> list[bytes]:
        """The frames piece by piece, whoever is connected; the reports count as sent."""
        frames = [self._keep(LOCATION, body) for body in locations]
        frames += [self._keep(BATCH, body) for body in batches]
        return self.pieces(frames) if frames else []

    def registration_frame(self) -> bytes:
        """The 0x0100 that a terminal without a code begins with."""
        return b"".join(self.frames(0x0100, self.registration()))

    def forget(self) -> None:
        """Keep nothing for sending again: nobody will acknowledge it."""
        self._kept.clear()

    def registration(self) -> dict[str, Any]:
        """Fields of 0x0100."""
        return registration(self.identity, self.version, self.plate)

    def resend_overdue(self) -> None:
        """Send again, byte for byte, what was not acknowledged in time; give up at last."""
        frames = self._kept.overdue(self.now_s, self.parameters[RETRIES])
        if frames is None:
            self.lost = True
        else:
            self._out.extend(frames)

    def blind_batches(self, bodies: Sequence[bytes]) -> list[tuple[int, bytes]]:
        """Messages that upload what was measured without a connection, oldest first."""
        if self.version == "2011":  # which has no 0x0704
            return [(LOCATION, body) for body in bodies]
        return [(BATCH, body) for body in batch_bodies(bodies)]

    def set_parameters(self, values: Values) -> None:
        """0x8103: in force at once."""
        self.parameters |= values

    def send(self, message_id: int, body: bytes | dict[str, Any]) -> None:
        """Send a message."""
        self._out.extend(self.frames(message_id, body))

    def send_again(self, frames: Iterable[bytes]) -> None:
        """Send frames as they were."""
        self._out.extend(frames)

    def later(self, message_id: int, body: bytes) -> None:
        """Send after a person's delay."""
        at_s = self.now_s + self.chance.uniform(*self.answer_delay_s)
        self._scheduled = [*self._scheduled, (at_s, message_id, body)][-MAX_SCHEDULED:]

    def settle(self, serial: int, result: int) -> bool:
        """A report is acknowledged; False: no report had this serial."""
        if not self._kept.settle(serial):
            return False
        self.acknowledged += 1
        self.refused += result != 0
        return True

    def registered(self, code: str) -> None:
        """0x8100: log in with this code."""
        self.code = code
        self._log_in()

    def logged_in(self) -> None:
        """0x0102 was accepted: send what waited."""
        self.online, self._met, self._asked_s = True, True, None
        self._out.extend(self._kept.begin_anew(self.now_s, self.parameters[ACK_TIMEOUT_S]))
        bodies = list(self._blind)
        self._blind.clear()
        for message_id, body in self.blind_batches(bodies):
            self._out.append(self._keep(message_id, body))
        for album in self.albums.values():
            self._out.extend(album.frames)

    def refuse(self, words: str) -> None:
        """The server does not want this terminal."""
        self.code, self.failure = None, Refused(f"terminal {self.identity}: {words}")

    def where(self) -> bytes:
        """A location body of now, else the last one."""
        return self.measure(self.now_s) if self.measure is not None else self.last_location

    def _hear(self, frame: bytes) -> None:
        header = parse_header(frame)
        body = frame[header.body_at : -1]
        if header.message_id == PLATFORM_ACK and len(body) == _ACK.size:  # nearly all there is
            serial, _, result = _ACK.unpack(body)
            if self.settle(serial, result):
                return
        if header.package_total > 1:
            whole = self._assembly.add(header, body, int(self.now_s * 1e6))
            if whole is None:
                return
            body = whole.body
        since = SINCE.get(header.message_id, "2011")
        answer = ANSWERS.get(header.message_id) if self.version >= since else None
        if answer is None:
            self.ack(header, 3)
        else:
            answer(self, header, decode_body(header.message_id, body, self.version))

    def ack(self, header: Header, result: int) -> None:
        """0x0001."""
        name = f"0x{header.message_id:04X}"
        self.send(0x0001, {"ack_serial": header.serial, "ack_id": name, "result": result})

    def _log_in(self) -> None:
        self.send(0x0102, log_in(self.identity, self.code or ""))

    def _keep(self, message_id: int, body: bytes) -> bytes:
        if message_id == LOCATION:
            self.last_location = body
        frame = b"".join(self.frames(message_id, body))
        serial = (self.next_serial - 1) & 0xFFFF
        self._kept.add(serial, frame, self.now_s, self.parameters[ACK_TIMEOUT_S])
        self.sent += 1
        return frame

    def _go_blind(self, locations: Sequence[bytes]) -> None:
        self.blind_dropped += max(0, len(self._blind) + len(locations) - MAX_BLIND)
        self._blind.extend(locations)

    def _take_fix(self, body: bytes) -> None:
        if self.online:
            self._out.append(self._keep(LOCATION, body))
        else:
            self._go_blind([body])

    def _next_report_s(self) -> float:
        every_s = float(self.parameters[INTERVAL_S])
        if self.tracking is not None and self.now_s < self.tracking[1]:
            every_s = self.tracking[0]
        return self._reported_s + every_s

    def _say_what_is_due(self) -> None:
        while self._scheduled and min(self._scheduled)[0] <= self.now_s:
            due = min(self._scheduled)
            self._scheduled.remove(due)
            self.send(*due[1:])

    def _flush(self) -> list[bytes]:
        out, self._out = self._out, []
        if out:
            self._spoke_s = self.now_s
        return [b"".join(out)] if out else []

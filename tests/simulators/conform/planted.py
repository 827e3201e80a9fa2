"""Terminals with one fault each, of the same code as ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from protocols.jt808.fix import Fix, encode_fix
from protocols.jt808.header import Header
from simulators.conform.record import Pace
from simulators.terminal.logic import TerminalLogic

PACE = Pace(
    connect_s=60,
    answer_s=12,
    silence_s=60,
    interval_s=5,
    heartbeat_s=5,
    ack_timeout_s=2,
    outage_s=40,
)
Body = dict[str, Any]


def measure(now_s: float) -> bytes:
    return encode_fix(Fix(int(now_s) * 1_000_000, 118_800_000, 32_050_000, speed_kmh_e1=300))


class WrongChecksum(TerminalLogic):
    """Sends each tenth report once more, with a wrong checksum."""

    def _flush(self) -> list[bytes]:
        pieces = super()._flush()
        if self.sent % 10 == 3 and pieces:
            broken = bytearray(pieces[-1])
            broken[5] ^= 0x01
            pieces = [bytes(broken), *pieces]
        return pieces


class Utc(TerminalLogic):
    """Its clock is not set to Beijing time."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.measure = lambda now_s: measure(now_s - 8 * 3_600)


class NeverAgain(TerminalLogic):
    """Does not send again what got no answer."""

    def resend_overdue(self) -> None:
        pass


class KeepsItsInterval(TerminalLogic):
    """Stores what 0x8103 says but goes on as before."""

    def _next_report_s(self) -> float:
        quiet = self.parameters[0x0029] > 10 * PACE.interval_s
        return self._reported_s + (1e9 if quiet else 30.0)


class NewestFirst(TerminalLogic):
    """Uploads an outage backwards."""

    def blind_batches(self, bodies: Sequence[bytes]) -> list[tuple[int, bytes]]:
        return super().blind_batches(bodies[::-1])


class ForgetsOutages(TerminalLogic):
    """Keeps nothing without a connection."""

    def _go_blind(self, locations: Sequence[bytes]) -> None:
        pass


class RepeatsSerials(TerminalLogic):
    """Its heartbeats take no serial of their own."""

    def frames(self, message_id: int, body: bytes | Body) -> list[bytes]:
        if message_id == 0x0002:
            self.next_serial -= 1
        return super().frames(message_id, body)


class NoHeartbeat(TerminalLogic):
    """Is silent when it has nothing to report."""

    def send(self, message_id: int, body: bytes | Body) -> None:
        if message_id != 0x0002:
            super().send(message_id, body)


class RegistersAnew(TerminalLogic):
    """Forgets its code with the connection."""

    def connected(self, now_s: float) -> list[bytes]:
        self.code = None
        return super().connected(now_s)


class TalksTooEarly(TerminalLogic):
    """Reports before it is logged in."""

    def connected(self, now_s: float) -> list[bytes]:
        early = b"".join(self.frames(0x0002, b""))
        return [early, *super().connected(now_s)]


class Mute(TerminalLogic):
    """Leaves commands that it does not know without an answer."""

    def ack(self, header: Header, result: int) -> None:
        if result != 3:
            super().ack(header, result)


class SaysYesToAll(TerminalLogic):
    """Says that it did what it does not know."""

    def ack(self, header: Header, result: int) -> None:
        super().ack(header, 0)


class LosesPackages(TerminalLogic):
    """Cannot send a single package again."""

    def send_again(self, frames: Any) -> None:
        whole = list(frames)
        if len(whole) > 1:
            super().send_again(whole)


class WrongAnswer(TerminalLogic):
    """Names a wrong serial in its answer to the location query."""

    def send(self, message_id: int, body: bytes | Body) -> None:
        if message_id == 0x0201:
            assert isinstance(body, bytes)
            body = b"\xff\xff" + body[2:]
        super().send(message_id, body)


class LosesParameters(TerminalLogic):
    """Obeys 0x8103 but does not tell the value."""

    def send(self, message_id: int, body: bytes | Body) -> None:
        if message_id == 0x0104:
            assert isinstance(body, dict)
            body["params"].pop("0x0029")
        super().send(message_id, body)


class NoCamera(TerminalLogic):
    """Says that it cannot take photos."""

    def send(self, message_id: int, body: bytes | Body) -> None:
        if message_id == 0x0805:
            assert isinstance(body, dict)
            body = {**body, "result": 2, "media_ids": []}
        super().send(message_id, body)


FAULTS = {
    WrongChecksum: "framing",
    Utc: "beijing_time",
    NeverAgain: "resend",
    KeepsItsInterval: "interval",
    NewestFirst: "blind_order",
    ForgetsOutages: "blind_area",
    RepeatsSerials: "serials",
    NoHeartbeat: "heartbeat",
    RegistersAnew: "reconnect",
    TalksTooEarly: "before_log_in",
    Mute: "unsupported",
    SaysYesToAll: "unsupported",
    LosesPackages: "lost_package",
    WrongAnswer: "query_location",
    LosesParameters: "query_parameters",
}


class FallsSilent(TerminalLogic):
    """Stays connected and says nothing more once it has been asked where it is."""

    def _flush(self) -> list[bytes]:
        pieces = super()._flush()
        self.quiet = getattr(self, "quiet", False) or any(b"\x7e\x02\x01" in p for p in pieces)
        return [] if self.quiet else pieces

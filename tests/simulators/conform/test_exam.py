"""Our simulated terminal passes every clause; one with a planted fault fails that clause alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from protocols.jt808.fix import Fix, encode_fix
from protocols.jt808.header import Header
from simulators.conform.exam import Exam
from simulators.conform.record import FAIL, NOT_TESTED, PASS, Pace
from simulators.conform.sheet import html, sheet, text
from simulators.conform.steps import AT_THE_END, STEPS
from simulators.terminal.logic import TerminalLogic

START_S = 1_790_000_000.0
TICK_S = 0.25
PACE = Pace(
    connect_s=60,
    answer_s=12,
    silence_s=60,
    interval_s=5,
    heartbeat_s=5,
    ack_timeout_s=2,
    outage_s=40,
)
PHONE = "13800138000"
Body = dict[str, Any]


def examine(kind: type[TerminalLogic] = TerminalLogic, version: int = 2013) -> Exam:
    """The examination of a terminal, in simulated seconds."""
    terminal = kind(
        PHONE, version=version, plate="苏A12345", measure=measure, answer_delay_s=(0.5, 1)
    )
    exam = Exam(PACE, START_S)
    now_s, up, open_at_s = START_S, False, START_S + 1
    while not exam.done:
        now_s += TICK_S
        exam.tick(now_s)
        away_s = exam.take_hang_up()
        if (away_s is not None or terminal.lost) and up:
            up, open_at_s = False, now_s + (away_s or 1)
            terminal.disconnected()
            exam.disconnected(now_s)
        pieces = terminal.tick(now_s)
        if not up and now_s >= open_at_s:
            up = True
            exam.connected(now_s)
            pieces = terminal.connected(now_s)
        while up and (pieces or exam.platform._out):
            if pieces:
                exam.receive(b"".join(pieces), now_s)
            pieces = terminal.receive(exam.take_output(), now_s)
        assert now_s < START_S + 3_600, "the examination does not end"
    return exam


def measure(now_s: float) -> bytes:
    return encode_fix(Fix(int(now_s) * 1_000_000, 118_800_000, 32_050_000, speed_kmh_e1=300))


def outcomes(exam: Exam) -> dict[str, str]:
    return {finding.step.name: finding.verdict.outcome for finding in exam.findings}


@pytest.mark.parametrize("version", [2013, 2019])
def test_our_terminal_passes_all(version: int) -> None:
    exam = examine(version=version)
    names = [step.name for step in (*STEPS, *AT_THE_END)]
    seen = {finding.step.name: finding.verdict.en for finding in exam.findings}
    assert outcomes(exam) == dict.fromkeys(names, PASS), seen
    assert exam.passed


def test_a_terminal_of_2011_has_no_batches_and_nothing_else_fails() -> None:
    found = outcomes(examine(version=2011))
    assert {name for name, outcome in found.items() if outcome != PASS} == {"blind_order"}
    assert found["blind_order"] == NOT_TESTED


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


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_a_planted_fault_fails_its_clause_alone(kind: type[TerminalLogic]) -> None:
    exam = examine(kind)
    told = {f.step.name: f.verdict.en for f in exam.findings if f.verdict.outcome == FAIL}
    assert set(told) == {FAULTS[kind]}, told
    assert not exam.passed


def test_without_a_camera_photos_are_not_tested() -> None:
    found = outcomes(examine(NoCamera))
    rest = {name: outcome for name, outcome in found.items() if outcome != PASS}
    assert rest == {"photo": NOT_TESTED, "lost_package": NOT_TESTED}


def test_nobody_comes() -> None:
    exam = Exam(PACE, START_S)
    now_s = START_S
    while not exam.done:
        now_s += 10
        exam.tick(now_s)
    found = outcomes(exam)
    assert found["registration"] == FAIL
    assert found["text"] == NOT_TESTED
    assert not exam.passed
    assert now_s - START_S <= PACE.connect_s + 10


class FallsSilent(TerminalLogic):
    """Stays connected and says nothing more once it has been asked where it is."""

    def _flush(self) -> list[bytes]:
        pieces = super()._flush()
        self.quiet = getattr(self, "quiet", False) or any(b"\x7e\x02\x01" in p for p in pieces)
        return [] if self.quiet else pieces


def test_a_terminal_that_falls_silent_ends_it_with_what_was_seen() -> None:
    exam = examine(FallsSilent)
    found = outcomes(exam)
    assert exam.ended_early
    assert not exam.passed
    assert found["registration"] == found["query_parameters"] == PASS
    assert found["query_location"] == FAIL
    assert found["reconnect"] == NOT_TESTED
    shown = text(sheet(exam, "127.0.0.1", exam.platform.now_s))
    assert "fell silent" in shown
    assert exam.platform.now_s - START_S < 2 * PACE.silence_s


def test_the_sheet_has_every_clause_in_both_languages_and_the_frames_in_hex() -> None:
    exam = examine(NewestFirst, 2019)
    told = sheet(exam, "127.0.0.1", START_S)
    assert (told["standard"], told["passed"]) == ("JT/T 808-2019", False)
    assert told["counts"] == {PASS: len(STEPS) + len(AT_THE_END) - 1, FAIL: 1, NOT_TESTED: 0}
    shown, page = text(told), html(told)
    for entry in told["clauses"]:
        for words in (entry["clause"], entry["required_zh"], entry["required_en"]):
            assert words in shown
            assert words in page
        if entry["name"] not in ("framing", "serials", "before_log_in", "blind_order"):
            assert any(frame["hex"].startswith("7e") for frame in entry["frames"]), entry["name"]
    assert "blind_order" in {e["name"] for e in told["clauses"] if e["outcome"] == FAIL}


def test_ended_early_says_what_was_not_tried() -> None:
    exam = Exam(PACE, START_S)
    exam.stop()
    assert exam.done
    assert {finding.verdict.outcome for finding in exam.findings[: len(STEPS)]} == {NOT_TESTED}

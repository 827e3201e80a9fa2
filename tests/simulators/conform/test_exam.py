"""Our simulated terminal passes every clause; one with a planted fault fails that clause alone."""

from __future__ import annotations

import pytest

from simulators.conform.exam import Exam
from simulators.conform.record import FAIL, NOT_TESTED, PASS
from simulators.conform.sheet import html, sheet, text
from simulators.conform.steps import AT_THE_END, STEPS
from simulators.terminal.logic import TerminalLogic
from tests.simulators.conform.planted import (
    FAULTS,
    PACE,
    FallsSilent,
    NewestFirst,
    NoCamera,
    measure,
)

START_S = 1_790_000_000.0
TICK_S = 0.25
PHONE = "13800138000"


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

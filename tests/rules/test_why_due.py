"""Why a rule over duties raised nothing, case by case."""

from __future__ import annotations

import numpy as np

from model.position import Rows
from rules.registry import kinds_by_name
from rules.state import DeviceState
from rules.why_not import Question, why_not
from rules.why_not_words import Answer
from tests.rules.kinds.city import when
from tests.rules.kinds.test_point_not_served import BOOK, FIRST, SECOND, day

NOON = when("2026-03-02T12:00")


def ask(rows: Rows, at: str = "2026-03-02T10:20", known_until_us: int = NOON) -> Answer:
    question = Question(
        rulebook=BOOK, device=BOOK.devices[0], rule_id=9, at_us=when(at), state=DeviceState(),
        rows=rows, known_until_us=known_until_us,
    )  # fmt: skip
    found = why_not(question, kinds_by_name())
    assert "{" not in found.zh + found.en
    return found


def test_it_was_done() -> None:
    found = ask(day((4, FIRST), (4, SECOND)))
    assert found.code == "duty_done"
    assert "served_points:2" in found.en
    assert "02:00" in found.en, "in UTC"
    assert ask(day((4, FIRST), (4, SECOND)), at="2026-03-02T11:00").code == "duty_done"


def test_it_was_not() -> None:
    assert ask(day((4, FIRST))).code == "would_be_raised"


def test_nothing_was_owed() -> None:
    assert ask(day(), at="2026-03-02T11:20").code == "no_duty"


def test_not_due_yet_and_due_by_the_tick_alone() -> None:
    rows = day((4, FIRST))
    rows = rows[rows["time_us"] < when("2026-03-02T10:58")]
    assert ask(rows, known_until_us=when("2026-03-02T10:58")).code == "not_due"
    assert ask(rows).code == "would_be_raised"


def test_hardly_heard_and_not_heard_at_all() -> None:
    rows = day((4, FIRST))
    keep = np.ones(len(rows), bool)
    keep[40:150] = False
    found = ask(rows[keep])
    assert found.code == "unknown"
    assert "too little of the window" in found.en
    assert ask(rows[:0]).code == "unheard"

"""A rule over duties in a back-test: a window that began before the period is judged whole."""

from __future__ import annotations

import numpy as np

from model.violations import StoredViolation
from rules.back_test import BackTest, difference
from rules.registry import kinds_by_name
from tests.rules.kinds.city import when
from tests.rules.kinds.test_point_not_served import BOOK, FIRST, day

FROM_US, TO_US = when("2026-03-02T10:45"), when("2026-03-02T11:30")


def test_a_duty_due_in_the_period_is_found_and_paired_with_what_was_raised() -> None:
    test = BackTest(BOOK, BOOK.rules[0], kinds_by_name(), FROM_US, TO_US)
    rows = day((4, FIRST))
    assert test.read_from_us <= int(rows["time_us"][0])
    test.begin(test.device_ids())
    for part in np.array_split(rows, 7):
        test.advance(part)
    test.end()
    (found,) = test.findings()
    assert (found.started_us, found.ended_us) == (when("2026-03-02T11:00"),) * 2
    assert found.measures["window_from_us"] == when("2026-03-02T10:00")
    raised = [
        StoredViolation(
            id=id_, device_id=1, rule_id=9, started_us=found.started_us, ended_us=found.ended_us,
            last_us=found.last_us, status="open", finding="standing", measures=measures,
        )
        for id_, measures in ((1, {"duty": "another"}), (2, found.measures))
    ]  # fmt: skip
    compared = difference([found], raised)
    assert [violation and violation.id for _, violation in compared.pairs] == [2]
    assert [violation.id for violation in compared.only_before] == [1]


def test_of_a_silent_device_the_end_of_the_period_decides() -> None:
    test = BackTest(BOOK, BOOK.rules[0], kinds_by_name(), FROM_US, TO_US)
    rows = day((4, FIRST))
    test.begin([1])
    test.advance(rows[rows["time_us"] < when("2026-03-02T10:58")])
    assert test.findings() == []
    test.end()
    assert [found.started_us for found in test.findings()] == [when("2026-03-02T11:00")]

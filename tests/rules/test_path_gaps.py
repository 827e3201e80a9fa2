"""Why nothing is known of a time: stated, shown, or not known."""

from __future__ import annotations

from typing import Any

import pytest

from model.position import FixSource, Rows, empty_rows
from model.signals import NO, pack
from rules.path_gaps import Stated, late_stretches, statement_of, typed_gaps

MINUTE_US = 60_000_000


def rows_at(*minutes: int, silent: tuple[int, ...] = ()) -> Rows:
    """Fixes at these minutes; those of `silent` without a place."""
    rows = empty_rows(len(minutes) + len(silent))
    rows["time_us"] = sorted((*minutes, *silent))
    rows["fix_source"] = [
        FixSource.NONE if minute in silent else FixSource.GNSS for minute in rows["time_us"]
    ]
    rows["time_us"] *= MINUTE_US
    return rows


def told(rows: Rows, *statements: Stated, until: int = 60) -> list[tuple[Any, ...]]:
    """(kind, told by, from minute, to minute) of each gap."""
    return [
        (gap.kind, gap.told_by, gap.from_us // MINUTE_US, gap.to_us // MINUTE_US)
        for gap in typed_gaps(rows, statements, 0, until * MINUTE_US)
    ]


def stated(kind: Any, first: int, end: int) -> Stated:
    return Stated(kind, first * MINUTE_US, end * MINUTE_US)


def test_the_ends_of_the_period_count() -> None:
    assert told(rows_at(10, 14, 18), until=40) == [
        ("no_data", None, 0, 10),
        ("no_data", None, 18, 40),
    ]
    gaps = typed_gaps(rows_at(10, 14), (), 0, 40 * MINUTE_US)
    assert [(gap.before, gap.after) for gap in gaps] == [(None, 0), (1, None)]


def test_no_fix_at_all_is_one_gap() -> None:
    assert told(rows_at()) == [("no_data", None, 0, 60)]
    assert told(rows_at(silent=(3, 30))) == [("no_gnss", "fixes", 0, 60)]


def test_the_handset_says_afterwards_what_it_was() -> None:
    rows = rows_at(0, 30, 32, 60, silent=(10,))
    assert told(rows, stated("phone_off", 10, 25), stated("app_killed", 25, 29)) == [
        ("phone_off", "handset", 0, 30),
        ("no_data", None, 32, 60),
    ]


def test_several_short_statements_add_up() -> None:
    spoken = [stated("no_network", 1, 4), stated("no_gnss", 4, 8), stated("no_network", 9, 12)]
    assert told(rows_at(0, 15), *spoken, until=15) == [("no_network", "handset", 0, 15)]


def test_off_duty_explains_what_follows() -> None:
    rows = rows_at(0, 4, 30)
    rows["signals"][1] = pack(on_duty=NO)
    assert told(rows, until=30) == [("off_shift", "handset", 4, 30)]


@pytest.mark.parametrize(
    "attributes",
    [{}, {"gap": "phone_off"}, {"gap": "phone_off", "gap_s": 0}, {"gap": "moon", "gap_s": 9},
     {"gap": "phone_off", "gap_s": "9"}, {"gap": ["x"], "gap_s": 9}],
)  # fmt: skip
def test_what_is_no_statement(attributes: dict[str, Any]) -> None:
    assert statement_of(0, attributes) is None


def test_a_statement() -> None:
    found = statement_of(MINUTE_US, {"gap": "app_killed", "gap_s": 90})
    assert found == Stated("app_killed", MINUTE_US, MINUTE_US + 90_000_000)


def test_what_came_late_is_told_apart() -> None:
    rows = rows_at(0, 4, 8, 12, 16, 20)
    rows["delay_ms"] = [900, 1_200_000, 960_000, 720_000, 800, 400_000]
    found = [
        (s.from_us // MINUTE_US, s.to_us // MINUTE_US, s.received_us // MINUTE_US)
        for s in late_stretches(rows)
    ]
    assert found == [(4, 12, 24), (20, 20, 26)]
    assert late_stretches(rows[:1]) == []

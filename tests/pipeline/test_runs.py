"""What the server missed between two runs."""

from __future__ import annotations

from pipeline.runs import Runs

MINUTE_US = 60_000_000


def runs(judged: int = 0, last_tick_us: int | None = None) -> Runs:
    made = Runs(run_after=5, outage_us=2 * MINUTE_US)
    made.begin(judged, last_tick_us)
    return made


def test_a_long_gap_before_this_runs_first_tick_is_an_outage() -> None:
    told = runs(5, 10 * MINUTE_US)
    assert told.outage([(6, 13 * MINUTE_US)]) == (10 * MINUTE_US, 13 * MINUTE_US)


def test_it_is_told_again_until_it_is_noted() -> None:
    told = runs(5, 10 * MINUTE_US)
    assert told.outage([(6, 13 * MINUTE_US)]) == told.outage([(6, 13 * MINUTE_US)])
    told.noted()
    assert told.outage([(7, 20 * MINUTE_US)]) is None


def test_a_short_gap_is_none_and_later_gaps_are_not_between_runs() -> None:
    told = runs(5, 10 * MINUTE_US)
    assert told.outage([(6, 11 * MINUTE_US)]) is None
    assert told.outage([(7, 20 * MINUTE_US)]) is None


def test_what_an_earlier_run_received_comes_late_out_of_the_spool() -> None:
    told = runs(3, 10 * MINUTE_US)
    assert told.outage([(4, 14 * MINUTE_US), (5, 15 * MINUTE_US)]) is None
    assert told.outage([(6, 18 * MINUTE_US)]) == (15 * MINUTE_US, 18 * MINUTE_US)


def test_a_first_run_has_missed_nothing_and_a_judged_gap_is_told_no_more() -> None:
    assert runs().outage([(6, 99 * MINUTE_US)]) is None
    assert runs(6, 10 * MINUTE_US).outage([(7, 99 * MINUTE_US)]) is None

"""Waybills against trips, case by case."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from model.permits import Waybill
from model.trips import CountedTrip
from rules.reconciliation import GRACE_US, reconcile_waybills

HOUR = 3_600_000_000
NOW = 100 * HOUR
PAPER = Waybill(
    id=1, organisation_id=1, number="W", device_id=1, site_fence_id=1, dump_fence_id=2,
    issued_us=10 * HOUR, valid_to_us=12 * HOUR,
)  # fmt: skip
RUN = CountedTrip(
    id=1, device_id=1, site_fence_id=1, dump_fence_id=2, left_us=11 * HOUR, unloaded_by="load"
)  # fmt: skip


def paper(id_: int, **changes: Any) -> Waybill:
    return replace(PAPER, id=id_, **changes)


def run(id_: int, **changes: Any) -> CountedTrip:
    return replace(RUN, id=id_, **changes)


def told(
    papers: list[Waybill], runs: list[CountedTrip], now_us: int = NOW
) -> list[tuple[str, int, int]]:
    """(verdict, waybill, trip), 0 where there is none."""
    lines = reconcile_waybills(papers, runs, now_us)
    return [
        (x.verdict, x.waybill.id if x.waybill else 0, x.trip.id if x.trip else 0) for x in lines
    ]


def test_one_waybill_and_one_trip() -> None:
    assert told([paper(1)], [run(1)]) == [("matched", 1, 1)]
    assert told([paper(1)], [run(1, dump_fence_id=3)]) == [("other_dump", 1, 1)]
    assert told([paper(1)], [run(1, dump_fence_id=None)]) == [("other_dump", 1, 1)]
    unseen = run(1, dump_fence_id=None, unloaded_by="unseen")
    assert told([paper(1)], [unseen]) == [("unloading_unseen", 1, 1)]
    assert told([paper(1)], [run(1, site_fence_id=None)]) == [("matched", 1, 1)]


def test_alone() -> None:
    assert told([paper(1)], []) == [("no_trip", 1, 0)]
    assert told([paper(1)], [], now_us=11 * HOUR) == [("pending", 1, 0)]
    assert told([paper(1, cancelled_us=11 * HOUR)], []) == []
    assert told([], [run(1)]) == [("no_waybill", 0, 1)]
    for other in (paper(1, device_id=2), paper(1, site_fence_id=9),
                  paper(1, issued_us=11 * HOUR + GRACE_US + 1), paper(1, valid_to_us=11 * HOUR),
                  paper(1, cancelled_us=11 * HOUR)):  # fmt: skip
        assert ("no_waybill", 0, 1) in told([other], [run(1)])
    assert told([paper(1, issued_us=11 * HOUR + GRACE_US)], [run(1)]) == [("matched", 1, 1)]


def test_more_trips_than_waybills() -> None:
    found = told([paper(1)], [run(1), run(2, left_us=11 * HOUR + 1)])
    assert found == [("matched", 1, 1), ("surplus_trip", 0, 2)]


def test_the_dump_decides_before_the_time() -> None:
    papers = [paper(1, dump_fence_id=3, valid_to_us=13 * HOUR), paper(2, valid_to_us=14 * HOUR)]
    runs = [run(1), run(2, dump_fence_id=3, left_us=11 * HOUR + 1)]
    assert told(papers, runs) == [("matched", 2, 1), ("matched", 1, 2)]


def test_the_waybill_that_ends_first_is_used_first() -> None:
    papers = [paper(1, valid_to_us=20 * HOUR), paper(2, valid_to_us=12 * HOUR)]
    runs = [run(1), run(2, left_us=15 * HOUR)]
    assert told(papers, runs) == [("matched", 2, 1), ("matched", 1, 2)]


def test_the_order_in_which_they_come_does_not_count() -> None:
    papers = [paper(i, issued_us=i * HOUR, valid_to_us=(i + 3) * HOUR) for i in range(1, 9)]
    runs = [run(i, left_us=(2 * i + 1) * HOUR, dump_fence_id=2 + i % 2) for i in range(1, 7)]
    assert told(papers[::-1], runs[::-1]) == told(papers, runs)

"""Waybills against trips: which belong together, and what is left over on either side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from model.permits import Waybill
from model.trips import CountedTrip

GRACE_US = 600_000_000  # gates write waybills when the truck has gone; as no_waybill's default

Verdict = Literal[
    "matched",  # unloaded in the waybill's dump
    "other_dump",  # in another dump, or in none
    "unloading_unseen",  # nobody saw where
    "no_trip",  # the waybill is over, and no trip came
    "pending",  # it is still valid
    "no_waybill",  # a trip that no waybill covers
    "surplus_trip",  # one that is covered by waybills of other trips only
]


class Line(msgspec.Struct, frozen=True):
    """A waybill with its trip, or one of them alone."""

    verdict: Verdict
    waybill: Waybill | None
    trip: CountedTrip | None

    @property
    def at_us(self) -> int:
        """When the truck left; else when the waybill was issued."""
        if self.trip is not None:
            return self.trip.left_us
        assert self.waybill is not None
        return self.waybill.issued_us


def reconcile_waybills(
    waybills: Iterable[Waybill], trips: Iterable[CountedTrip], now_us: int
) -> list[Line]:
    """Each trip gets at most one waybill of its truck and site that covers its leaving: first by
    dump, then whatever its dump; of several the one that ends first. Cancelled waybills without a
    trip are left out. By time."""
    runs: dict[int, list[CountedTrip]] = defaultdict(list)
    for trip in sorted(trips, key=lambda t: (t.left_us, t.id)):
        runs[trip.device_id].append(trip)
    papers: dict[int, list[Waybill]] = defaultdict(list)
    for waybill in sorted(waybills, key=lambda w: (w.valid_to_us, w.id)):
        papers[waybill.device_id].append(waybill)
    lines = [
        line
        for device_id in sorted(runs.keys() | papers.keys())
        for line in _of_truck(papers[device_id], runs[device_id], now_us)
    ]
    return sorted(lines, key=lambda line: line.at_us)


def _of_truck(
    papers: Sequence[Waybill], runs: Sequence[CountedTrip], now_us: int
) -> Iterator[Line]:
    free = {paper.id: paper for paper in papers}
    found: dict[int, Waybill] = {}
    for by_dump in (True, False):
        for run in runs:
            if run.id in found:
                continue
            for paper in free.values():
                if _covers(paper, run) and (
                    not by_dump or paper.dump_fence_id == run.dump_fence_id
                ):
                    found[run.id] = free.pop(paper.id)
                    break
    for run in runs:
        own = found.get(run.id)
        covered = any(_covers(paper, run) for paper in papers)
        yield Line(_verdict(own, run) if own else _alone(covered), own, run)
    for paper in free.values():
        if paper.cancelled_us is None:
            yield Line("no_trip" if paper.valid_to_us <= now_us else "pending", paper, None)


def _covers(paper: Waybill, run: CountedTrip) -> bool:
    in_time = paper.issued_us <= run.left_us + GRACE_US
    in_time = in_time and paper.covers(max(run.left_us, paper.issued_us))
    return in_time and run.site_fence_id in (None, paper.site_fence_id)


def _verdict(paper: Waybill, run: CountedTrip) -> Verdict:
    if run.dump_fence_id == paper.dump_fence_id:
        return "matched"
    unseen = run.dump_fence_id is None and run.unloaded_by == "unseen"
    return "unloading_unseen" if unseen else "other_dump"


def _alone(covered: bool) -> Verdict:
    return "surplus_trip" if covered else "no_waybill"

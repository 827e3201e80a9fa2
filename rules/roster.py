"""Who was assigned what, and who was on duty, by event time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.fences import Assignment, Purpose, Shift
from model.permits import Permit, Waybill
from model.rulebook import Rulebook
from rules.calendar import Calendar


@dataclass(slots=True)
class Roster:
    """Assignments by (device, purpose), shifts, permits and waybills by device, each sorted by
    start; the calendar. `permitted_dumps`: fences that permits name, whatever their tags.

    `tables`: what `rules.assigned` and `rules.duty` have made of them, in columns.
    """

    assignments: Mapping[tuple[int, str], Sequence[Assignment]]
    shifts: Mapping[int, Sequence[Shift]]
    calendar: Calendar = field(default_factory=Calendar)
    tables: dict[str, Any] = field(default_factory=dict)
    permits: Mapping[int, Sequence[Permit]] = field(default_factory=dict)
    waybills: Mapping[int, Sequence[Waybill]] = field(default_factory=dict)
    permitted_dumps: tuple[int, ...] = ()

    @staticmethod
    def of(rulebook: Rulebook) -> Roster:
        """Index the rulebook's rosters."""
        assignments: dict[tuple[int, str], list[Assignment]] = defaultdict(list)
        routes = (route for permit in rulebook.permits for route in _routes(permit))
        for assignment in sorted((*rulebook.assignments, *routes), key=lambda a: a.valid_from_us):
            assignments[assignment.device_id, assignment.purpose].append(assignment)
        shifts: dict[int, list[Shift]] = defaultdict(list)
        for shift in sorted(rulebook.shifts, key=lambda s: s.starts_us):
            shifts[shift.device_id].append(shift)
        permits: dict[int, list[Permit]] = defaultdict(list)
        for permit in sorted(rulebook.permits, key=lambda p: (p.valid_from_us, p.id, p.version)):
            permits[permit.device_id].append(permit)
        waybills: dict[int, list[Waybill]] = defaultdict(list)
        for waybill in sorted(rulebook.waybills, key=lambda w: (w.issued_us, w.id)):
            waybills[waybill.device_id].append(waybill)
        return Roster(
            assignments,
            shifts,
            Calendar(rulebook.calendar),
            permits=permits,
            waybills=waybills,
            permitted_dumps=tuple({id_ for p in rulebook.permits for id_ in p.dump_fence_ids}),
        )

    def assigned(self, device_id: int, purpose: Purpose) -> Sequence[Assignment]:
        """A device's assignments for a purpose, whatever their validity."""
        return self.assignments.get((device_id, purpose), ())

    def on_duty(self, device_id: int, time_us: NDArray[np.int64]) -> NDArray[np.bool_]:
        """For each time, whether a shift of the device covers it."""
        duty = np.zeros(len(time_us), np.bool_)
        for shift in self.shifts.get(device_id, ()):
            duty |= (time_us >= shift.starts_us) & (time_us < shift.ends_us)
        return duty


def _routes(permit: Permit) -> Iterator[Assignment]:
    """A permit's route is a corridor of its truck: `route_deviation` judges it."""
    if permit.route_fence_id is not None:
        yield Assignment(
            device_id=permit.device_id,
            fence_id=permit.route_fence_id,
            purpose="corridor",
            windows=permit.windows,
            valid_from_us=permit.valid_from_us,
            valid_to_us=permit.valid_to_us,
        )

"""Who was assigned what, and who was on duty, by event time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.fences import Assignment, Purpose, Shift
from model.rulebook import Rulebook
from rules.calendar import Calendar


@dataclass(slots=True)
class Roster:
    """Assignments by (device, purpose) and shifts by device, each sorted by start; the calendar.

    `tables`: what `rules.assigned` and `rules.duty` have made of them, in columns.
    """

    assignments: Mapping[tuple[int, str], Sequence[Assignment]]
    shifts: Mapping[int, Sequence[Shift]]
    calendar: Calendar = field(default_factory=Calendar)
    tables: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(rulebook: Rulebook) -> Roster:
        """Index the rulebook's rosters."""
        assignments: dict[tuple[int, str], list[Assignment]] = defaultdict(list)
        for assignment in sorted(rulebook.assignments, key=lambda a: a.valid_from_us):
            assignments[assignment.device_id, assignment.purpose].append(assignment)
        shifts: dict[int, list[Shift]] = defaultdict(list)
        for shift in sorted(rulebook.shifts, key=lambda s: s.starts_us):
            shifts[shift.device_id].append(shift)
        return Roster(assignments, shifts, Calendar(rulebook.calendar))

    def assigned(self, device_id: int, purpose: Purpose) -> Sequence[Assignment]:
        """A device's assignments for a purpose, whatever their validity."""
        return self.assignments.get((device_id, purpose), ())

    def on_duty(self, device_id: int, time_us: NDArray[np.int64]) -> NDArray[np.bool_]:
        """For each time, whether a shift of the device covers it."""
        duty = np.zeros(len(time_us), np.bool_)
        for shift in self.shifts.get(device_id, ()):
            duty |= (time_us >= shift.starts_us) & (time_us < shift.ends_us)
        return duty

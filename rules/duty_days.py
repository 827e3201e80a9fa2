"""Which duties there are: those of a plan, a UTC day at a time, kept ready."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.batch import Batch
from rules.owed import Duty, DutyKind, Ground
from rules.plan import Plan, Version

DAY_US = 86_400_000_000
MAX_DAYS = 64  # kept ready a rule
Opened = tuple[Duty, Version]
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Day:
    """All duties that overlap the day; columns in the order of `owed`."""

    owed: list[Opened]
    by_key: dict[str, dict[int, Opened]]
    device: NDArray[np.int64]
    from_us: NDArray[np.int64]
    due_us: NDArray[np.int64]


class DutyDays:
    """The duties of one plan."""

    def __init__(self, plan: Plan, ground: Ground) -> None:
        assert isinstance(plan.kind, DutyKind)
        self.kind: DutyKind = plan.kind
        self._plan, self._ground = plan, ground
        self._days: dict[int, _Day] = {}

    def find(self, device_id: int, key: str, from_us: int) -> Opened | None:
        """A duty by its key; None: it is owed no longer."""
        return self._day(from_us // DAY_US).by_key.get(key, {}).get(device_id)

    def around(self, device_id: int, at_us: int) -> list[Opened]:
        """A device's duties under way at a time, the earliest due first."""
        owed = self._day(at_us // DAY_US).owed
        own = [o for o in owed if o[0].device_id == device_id and o[0].from_us <= at_us]
        own = [o for o in own if at_us <= o[0].due_us]
        return sorted(own, key=lambda opened: (opened[0].due_us, opened[0].key))

    def between(self, after_us: int, until_us: int) -> Iterator[Opened]:
        """Duties due in (after_us, until_us]."""
        for number in range(after_us // DAY_US, until_us // DAY_US + 1):
            day = self._day(number)
            due = (day.due_us > after_us) & (day.due_us <= until_us)
            due &= day.due_us // DAY_US == number
            yield from (day.owed[which] for which in np.flatnonzero(due).tolist())

    def passed(
        self, device_ids: Sequence[int], after_us: Times, until_us: Times
    ) -> Iterator[tuple[int, Opened]]:
        """Duties of devices (rising) due in (after_us, until_us] of each: its place and duty."""
        ids = np.array(device_ids, np.int64)
        spans = set(zip((after_us // DAY_US).tolist(), (until_us // DAY_US).tolist(), strict=True))
        numbers = {number for first, last in spans for number in range(first, last + 1)}
        for number in sorted(numbers):
            day = self._day(number)
            place = np.minimum(np.searchsorted(ids, day.device), len(ids) - 1)
            due = (ids[place] == day.device) & (day.due_us // DAY_US == number)
            due &= (day.due_us > after_us[place]) & (day.due_us <= until_us[place])
            for which in np.flatnonzero(due).tolist():
                yield int(place[which]), day.owed[which]

    def under_way(self, batch: Batch) -> list[tuple[Opened, tuple[int, int]]]:
        """Duties with fixes of the batch in their window, and which rows those are."""
        times = batch.view.rows["time_us"]
        ids = np.array(batch.ids, np.int64)
        first, last = times[batch.bounds[:-1]], times[batch.bounds[1:] - 1]
        found: dict[tuple[int, str], tuple[Opened, tuple[int, int]]] = {}
        for number in np.unique(times // DAY_US).tolist():
            day = self._day(number)
            place = np.minimum(np.searchsorted(ids, day.device), len(ids) - 1)
            hit = (ids[place] == day.device) & (day.from_us <= last[place])
            hit &= day.due_us >= first[place]
            for which in np.flatnonzero(hit).tolist():
                duty = day.owed[which][0]
                begin, end = batch.bounds[place[which] : place[which] + 2].tolist()
                start, stop = np.searchsorted(times[begin:end], [duty.from_us, duty.due_us + 1])
                if start < stop:
                    rows = begin + int(start), begin + int(stop)
                    found[duty.device_id, duty.key] = day.owed[which], rows
        return [found[name] for name in sorted(found)]

    def _day(self, number: int) -> _Day:
        day = self._days.get(number)
        if day is None:
            if len(self._days) >= MAX_DAYS:
                self._days.clear()
            day = self._days[number] = self._make_day(number)
        return day

    def _make_day(self, number: int) -> _Day:
        """A duty goes by the version in force at its beginning; one must be when it is due."""
        period_us = number * DAY_US, (number + 1) * DAY_US
        owed = [
            (duty, version)
            for version in self._plan.versions
            for duty in self.kind.duties(self._ground, version, period_us)
            if version.rule.valid_from_us <= duty.from_us < version.rule.valid_to_us
            and self._plan.version_at(duty.due_us - 1) is not None
        ]
        owed = list({(duty.device_id, duty.key): (duty, by) for duty, by in owed}.values())
        columns = [(duty.device_id, duty.from_us, duty.due_us) for duty, _ in owed]
        device, from_us, due_us = np.array(columns, np.int64).reshape(-1, 3).T
        by_key: dict[str, dict[int, Opened]] = {}
        for opened in owed:
            by_key.setdefault(opened[0].key, {})[opened[0].device_id] = opened
        return _Day(owed, by_key, device, from_us, due_us)

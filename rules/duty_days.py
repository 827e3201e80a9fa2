"""Which duties there are: those of a plan, a UTC day at a time, kept ready."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.batch import Batch
from rules.by_device import entries_of
from rules.heard import Heard
from rules.owed import Duty, DutyKind, Ground
from rules.plan import Plan, Version

DAY_US = 86_400_000_000
MAX_DAYS = 64  # kept ready a rule
Opened = tuple[Duty, Version]
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Day:
    """All duties that overlap the day, by device; columns in the order of `owed`."""

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

    def unheard(self, after_us: int, until_us: int, heard: Heard) -> Iterator[Opened]:
        """Duties due in (after_us, until_us], of devices not heard since."""
        for number in range(after_us // DAY_US, until_us // DAY_US + 1):
            day = self._day(number)
            if not day.owed:
                continue
            due = (day.due_us > after_us) & (day.due_us <= until_us)
            which = np.flatnonzero(due & (day.due_us // DAY_US == number))
            silent = heard.last_of(day.device[which]) < day.due_us[which]
            yield from (day.owed[i] for i in which[silent].tolist())

    def passed(self, batch: Batch, after_us: Times) -> Iterator[tuple[int, Opened]]:
        """Duties due after each device's time and before its last fix: its place and duty."""
        for number in _days(after_us, batch.last_us - 1):
            day = self._day(number)
            if not day.owed:
                continue
            place, which = entries_of(day.device, batch.device_ids)
            due_us = day.due_us[which]
            due = (due_us > after_us[place]) & (due_us < batch.last_us[place])
            due &= due_us // DAY_US == number
            for hit in np.flatnonzero(due).tolist():
                yield int(place[hit]), day.owed[which[hit]]

    def under_way(self, batch: Batch) -> list[tuple[int, Opened, tuple[int, int]]]:
        """Duties with fixes of the batch in their window: the device's place in the batch, the
        duty, and which rows those are."""
        times = batch.view.rows["time_us"]
        found: dict[tuple[int, str], tuple[int, Opened, tuple[int, int]]] = {}
        for number in _days_of(batch):
            day = self._day(number)
            if not day.owed:
                continue
            place, which = entries_of(day.device, batch.device_ids)
            first_us, last_us = batch.first_us[place], batch.last_us[place]
            from_us, due_us = day.from_us[which], day.due_us[which]
            hit = np.flatnonzero((from_us <= last_us) & (due_us >= first_us))
            whole = (from_us <= first_us) & (due_us >= last_us)
            for at, entry, is_whole in zip(
                place[hit].tolist(), which[hit].tolist(), whole[hit].tolist(), strict=True
            ):
                begin, end = batch.bounds[at : at + 2].tolist()
                duty = day.owed[entry][0]
                if not is_whole:
                    limits = [duty.from_us, duty.due_us + 1]
                    start, stop = np.searchsorted(times[begin:end], limits).tolist()
                    begin, end = begin + start, begin + stop
                if begin < end:
                    found[duty.device_id, duty.key] = at, day.owed[entry], (begin, end)
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
        owed.sort(key=lambda opened: opened[0].device_id)
        columns = [(duty.device_id, duty.from_us, duty.due_us) for duty, _ in owed]
        device, from_us, due_us = np.array(columns, np.int64).reshape(-1, 3).T
        by_key: dict[str, dict[int, Opened]] = {}
        for opened in owed:
            by_key.setdefault(opened[0].key, {})[opened[0].device_id] = opened
        return _Day(owed, by_key, device, from_us, due_us)


def _days_of(batch: Batch) -> list[int]:
    """The UTC days of a batch's fixes."""
    first, last = (time_us // DAY_US for time_us in batch.period_us)
    if first == last:
        return [first]
    days: list[int] = np.unique(batch.view.rows["time_us"] // DAY_US).tolist()
    return days


def _days(from_us: Times, to_us: Times) -> list[int]:
    """The UTC days of the periods [from, to]."""
    first, last = from_us // DAY_US, to_us // DAY_US
    if first.min() == last.max():  # so with most batches
        return [int(first[0])]
    spans = set(zip(first.tolist(), last.tolist(), strict=True))
    return sorted({number for begin, end in spans for number in range(begin, end + 1)})

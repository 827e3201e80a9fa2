"""Who was on duty at each fix: one binary search over all shifts, not a loop over inspectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.roster import Roster
from rules.view import View


@dataclass(frozen=True, slots=True)
class _Shifts:
    """Shifts by (device, start). `key`: device * (len(starts) + 1) + how many `starts` are due."""

    starts_us: NDArray[np.int64]  # all different starts
    key: NDArray[np.int64]
    device: NDArray[np.int64]
    ends_us: NDArray[np.int64]  # the latest end of this shift and the device's earlier ones

    def keys(self, device: NDArray[np.integer], time_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sorts as (device, time) does, as far as starts can tell times apart."""
        due = np.searchsorted(self.starts_us, time_us, "right")
        return device.astype(np.int64) * (len(self.starts_us) + 1) + due


def on_duty(view: View) -> NDArray[np.bool_]:
    """For each row, whether a shift of its device covers its fix time."""
    return view.once("on_duty", _on_duty)


def _on_duty(view: View) -> NDArray[np.bool_]:
    return on_duty_at(view.roster, view.rows["device_id"], view.rows["time_us"])


def on_duty_at(
    roster: Roster, device: NDArray[np.integer], time_us: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """For each (device, time), whether a shift of the device covers the time."""
    shifts = _table(roster)
    duty = np.zeros(len(device), np.bool_)
    last = np.searchsorted(shifts.key, shifts.keys(device, time_us), "right") - 1
    begun = np.flatnonzero(last >= 0)
    shift = last[begun]
    duty[begun] = (shifts.device[shift] == device[begun]) & (time_us[begun] < shifts.ends_us[shift])
    return duty


def _table(roster: Roster) -> _Shifts:
    table = roster.tables.get("shifts")
    if not isinstance(table, _Shifts):
        table = roster.tables["shifts"] = _make_table(roster)
    return table


def _make_table(roster: Roster) -> _Shifts:
    entries: list[tuple[int, int, int]] = []
    for device_id in sorted(roster.shifts):
        latest_us = 0
        for shift in sorted(roster.shifts[device_id], key=lambda s: s.starts_us):
            latest_us = max(latest_us, shift.ends_us)
            entries.append((device_id, shift.starts_us, latest_us))
    device, start, end = np.array(entries, np.int64).reshape(-1, 3).T
    table = _Shifts(np.unique(start), start, device, end)
    return _Shifts(table.starts_us, table.keys(device, start), device, end)

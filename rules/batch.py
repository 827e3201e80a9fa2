"""A batch as the engine walks it: what rules share is computed once, and only for rows they judge.

A rule that judges water trucks gets a view of the water trucks' rows, and rules about the same
devices get the same view; what the view's rows say is read once for all (`View.once`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rules.plan import Version
from rules.state import DeviceState
from rules.view import View

LEAST_SILENCE_US = 60_000_000  # rules.absence looks at no shorter gap
Mask = NDArray[np.bool_]
Places = NDArray[np.intp]


@dataclass(slots=True)
class Batch:
    """A sorted view and its devices: device ids[i] has rows bounds[i]:bounds[i + 1].

    `states`: theirs; `number`: by row, the device's place among the rulebook's, sorted by id.
    """

    view: View
    ids: list[int]
    bounds: Places
    states: list[DeviceState]
    number: Places
    period_us: tuple[int, int]  # first and last fix time
    _judged: dict[int, tuple[Places, View]] = field(default_factory=dict)

    @staticmethod
    def of(view: View, device_ids: NDArray[np.int32], states: dict[int, DeviceState]) -> Batch:
        """Of at least one row, all of devices among `device_ids` (sorted); new ones get a state."""
        device, times = view.rows["device_id"], view.rows["time_us"]
        starts = np.flatnonzero(np.diff(device, prepend=device[0] - 1))
        bounds = np.append(starts, len(device))
        ids: list[int] = device[starts].tolist()
        for id_ in ids:
            if id_ not in states:
                states[id_] = DeviceState()
        number = np.repeat(np.searchsorted(device_ids, device[starts]), np.diff(bounds))
        period_us = int(times.min()), int(times.max())
        return Batch(view, ids, bounds, [states[id_] for id_ in ids], number, period_us)

    def judged_by(self, version: Version) -> tuple[Places, View]:
        """Which rows a rule's version judges, and a view of just these."""
        key = id(version.device_ids)  # versions live as long as the engine
        if key not in self._judged:
            rows = np.flatnonzero(version.judges[self.number])
            self._judged[key] = rows, part_of(self.view, rows)
        rows, view = self._judged[key]
        rule = version.rule
        if rule.valid_from_us <= self.period_us[0] and self.period_us[1] < rule.valid_to_us:
            return rows, view
        times = view.rows["time_us"]
        in_force = np.flatnonzero((times >= rule.valid_from_us) & (times < rule.valid_to_us))
        return rows[in_force], part_of(view, in_force)

    def any_of(self, rows: Mask) -> Places:
        """Places in `ids` of the devices that have one of these rows."""
        return np.flatnonzero(np.logical_or.reduceat(rows, self.bounds[:-1]))

    def with_episodes(self) -> dict[int, list[int]]:
        """Rule id -> places in `ids` of the devices that have an episode of it under way."""
        found: dict[int, list[int]] = defaultdict(list)
        for place, state in enumerate(self.states):
            for rule_id in state.episodes:
                found[rule_id].append(place)
        return found

    def after_a_gap(self) -> Sequence[int]:
        """Places in `ids` of the devices that some rows found silent."""
        times = self.view.rows["time_us"]
        gap_us = np.diff(times, prepend=0)
        last_us = np.array([state.last_us for state in self.states], np.int64)
        gap_us[self.bounds[:-1]] = times[self.bounds[:-1]] - last_us
        found: list[int] = self.any_of(gap_us >= LEAST_SILENCE_US).tolist()
        return found


def part_of(view: View, rows: Places) -> View:
    """A view of some rows; all of them: the view itself."""
    return view if len(rows) == len(view.rows) else view.part(rows)

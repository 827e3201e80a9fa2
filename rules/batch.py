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
class Part:
    """The `rows` of a batch that a rule's version judges, and a view of just these.

    They are of whole devices, or of a period: a device's are beside each other. `bounds`: the
    batch's.
    """

    rows: Places
    view: View
    bounds: Places
    _stretches: list[tuple[int, int, int]] | None = None

    @property
    def stretches(self) -> list[tuple[int, int, int]]:
        """By device its place in the batch's `ids`, and from which row to which."""
        if self._stretches is None:
            place = np.searchsorted(self.bounds, self.rows, "right") - 1
            first = np.flatnonzero(np.diff(place, prepend=-1))
            last = np.append(first[1:], len(place)) - 1
            columns = place[first], self.rows[first], self.rows[last] + 1
            self._stretches = list(zip(*(column.tolist() for column in columns), strict=True))
        return self._stretches


@dataclass(slots=True)
class Batch:
    """A sorted view and its devices: device ids[i] has rows bounds[i]:bounds[i + 1].

    `states`: theirs; `device_ids`: as `ids`; `heard_us`: when each was last heard before;
    `first_us`, `last_us`: its first and last fix here; `number`: by row, its place among the
    rulebook's, sorted by id.
    """

    view: View
    ids: list[int]
    bounds: Places
    states: list[DeviceState]
    device_ids: NDArray[np.int32]
    heard_us: NDArray[np.int64]
    first_us: NDArray[np.int64]
    last_us: NDArray[np.int64]
    number: Places
    period_us: tuple[int, int]  # first and last fix time of all
    _judged: dict[int, Part] = field(default_factory=dict)

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
        its = [states[id_] for id_ in ids]
        heard_us = np.array([state.last_us for state in its], np.int64)
        first_us, last_us = times[starts], times[bounds[1:] - 1]
        number = np.repeat(np.searchsorted(device_ids, device[starts]), np.diff(bounds))
        period_us = int(first_us.min()), int(last_us.max())
        return Batch(
            view, ids, bounds, its, device[starts], heard_us, first_us, last_us, number, period_us
        )

    def judged_by(self, version: Version) -> Part:
        """What a rule's version judges."""
        key = id(version.device_ids)  # versions live as long as the engine
        part = self._judged.get(key)
        if part is None:
            rows = np.flatnonzero(version.judges[self.number])
            part = self._judged[key] = Part(rows, part_of(self.view, rows), self.bounds)
        rule = version.rule
        if rule.valid_from_us <= self.period_us[0] and self.period_us[1] < rule.valid_to_us:
            return part
        times = part.view.rows["time_us"]
        in_force = np.flatnonzero((times >= rule.valid_from_us) & (times < rule.valid_to_us))
        return Part(part.rows[in_force], part_of(part.view, in_force), self.bounds)

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
        gap_us = np.diff(self.view.rows["time_us"], prepend=0)
        gap_us[self.bounds[:-1]] = self.first_us - self.heard_us
        found: list[int] = self.any_of(gap_us >= LEAST_SILENCE_US).tolist()
        return found


def part_of(view: View, rows: Places) -> View:
    """A view of some rows; all of them: the view itself."""
    return view if len(rows) == len(view.rows) else view.part(rows)

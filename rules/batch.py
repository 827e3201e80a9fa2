"""A batch as the engine walks it: what rules share is computed once, and only for rows they judge.

A rule that judges water trucks gets a view of the water trucks' rows, and rules about the same
devices get the same view; distances to fences are shared by all (`rules.distances`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geofence.index import Membership
from rules.plan import Version
from rules.state import DeviceState
from rules.view import View

LEAST_SILENCE_US = 60_000_000  # rules.absence looks at no shorter gap
Mask = NDArray[np.bool_]


@dataclass(slots=True)
class Batch:
    """A sorted view and its devices: device ids[i] has rows bounds[i]:bounds[i + 1]."""

    view: View
    ids: list[int]
    bounds: NDArray[np.intp]
    _members: dict[int, tuple[Mask, View]] = field(default_factory=dict)

    @staticmethod
    def of(view: View) -> Batch:
        """Of at least one row."""
        device = view.rows["device_id"]
        starts = np.flatnonzero(np.diff(device, prepend=device[0] - 1))
        return Batch(view, device[starts].tolist(), np.append(starts, len(device)))

    def judged_by(self, version: Version) -> tuple[Mask, View]:
        """Which rows a rule's version judges, and a view of just these."""
        key = id(version.device_ids)  # versions live as long as the engine
        if key not in self._members:
            mask = np.isin(self.view.rows["device_id"], version.device_ids)
            self._members[key] = mask, part_of(self.view, mask)
        members, view = self._members[key]
        times = self.view.rows["time_us"]
        in_force = (times >= version.rule.valid_from_us) & (times < version.rule.valid_to_us)
        if in_force.all():
            return members, view
        mask = members & in_force
        return mask, part_of(self.view, mask)

    def any_of(self, rows: Mask) -> NDArray[np.intp]:
        """Places in `ids` of the devices that have one of these rows."""
        return np.flatnonzero(np.logical_or.reduceat(rows, self.bounds[:-1]))

    def with_episodes(self, states: Mapping[int, DeviceState]) -> dict[int, list[int]]:
        """Rule id -> places in `ids` of the devices that have an episode of it under way."""
        found: dict[int, list[int]] = defaultdict(list)
        for place, id_ in enumerate(self.ids):
            for rule_id in states[id_].episodes:
                found[rule_id].append(place)
        return found

    def after_a_gap(self, states: Mapping[int, DeviceState]) -> Sequence[int]:
        """Places in `ids` of the devices that some rows found silent."""
        times = self.view.rows["time_us"]
        gap_us = np.diff(times, prepend=0)
        last_us = np.array([states[id_].last_us for id_ in self.ids], np.int64)
        gap_us[self.bounds[:-1]] = times[self.bounds[:-1]] - last_us
        found: list[int] = self.any_of(gap_us >= LEAST_SILENCE_US).tolist()
        return found


def part_of(view: View, mask: Mask) -> View:
    """A view of some rows; what is known of them comes along."""
    if mask.all():
        return view
    rows = np.flatnonzero(mask)
    inside = mask[view.membership.row]
    number = np.cumsum(mask) - 1
    return View(
        rows=view.rows[rows],
        kind=view.kind[rows],
        usable=view.usable[rows],
        membership=Membership(
            number[view.membership.row[inside]].astype(np.intp), view.membership.fence[inside]
        ),
        index=view.index,
        fences=view.fences,
        rulebook=view.rulebook,
        roster=view.roster,
        place=rows if view.place is None else view.place[rows],
        distances=view.distances,
        hauls=None if view.hauls is None else view.hauls.part(rows),
    )

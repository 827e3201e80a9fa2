"""Facts of the rule over waypoints: a vehicle that is beyond one of its route's and was not there.

The plan is followed along the route twice: as the server surely sees it, and as it may see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry import LineString

from simulators.city.loops import LOOP_HALF_WIDTH_M, WAYPOINT_RADIUS_M
from simulators.facts.scene import Facts, Scene

BACK_M, FORGET_S = 300.0, 3_600.0  # of the rule: what begins a new run
BESIDE_M = 8.0
TOLD_S = 60


@dataclass(frozen=True, slots=True)
class _Sight:
    """Waypoints nearer than `met_m` count as met; farther than `beyond_m` behind for `confirm_s`
    as passed by."""

    met_m: float
    beyond_m: float
    confirm_s: float


SURE = _Sight(WAYPOINT_RADIUS_M + 60, 180, 45)  # the rule's: 50 m, 100 m and 20 s
MAYBE = _Sight(WAYPOINT_RADIUS_M - 20, 60, 0)


@dataclass(slots=True)
class _Run:
    """One run along the route, from call to call."""

    begin_m: float = np.inf
    reached_m: float = 0.0
    on_s: float = -np.inf
    beyond_s: float = np.inf  # since when beyond one that was not met
    told_s: float = -np.inf  # when that was last shown
    met: set[int] = field(default_factory=set)

    def go(
        self, time_s: float, along_m: float, near: set[int], at_m: Sequence[float], sight: _Sight
    ) -> bool:
        """One more moment -> whether a waypoint passed by is told of."""
        over = time_s - self.on_s > FORGET_S or along_m < self.reached_m - BACK_M
        if over and not np.isnan(along_m):
            self.begin_m, self.reached_m, self.beyond_s, self.met = along_m, along_m, np.inf, set()
        self.met |= near
        if np.isnan(along_m):
            return time_s - self.told_s < TOLD_S
        self.on_s = time_s
        self.reached_m = max(self.reached_m, along_m)
        missed = {
            number
            for number, waypoint_m in enumerate(at_m)
            if self.begin_m < waypoint_m <= along_m - sight.beyond_m and number not in self.met
        }
        self.beyond_s = min(self.beyond_s, time_s) if missed else np.inf
        if time_s - self.beyond_s >= sight.confirm_s:
            self.told_s, self.beyond_s = time_s, np.inf
            self.met |= missed
        return time_s - self.told_s < TOLD_S


def skipped_waypoint(scene: Scene) -> Facts:
    """A minute from when it is shown."""
    codes = scene.fence_codes("route")
    if not codes:
        return scene.none(), scene.none()
    loop = scene.city.loop(codes[0])
    line = LineString(loop.line)
    places = shapely.points([scene.city.network.nodes[node] for node in loop.waypoints])
    at_m = shapely.line_locate_point(line, places).tolist()
    along_m = shapely.line_locate_point(line, scene.points)
    along_m[shapely.distance(line, scene.points) > LOOP_HALF_WIDTH_M + BESIDE_M] = np.nan
    away_m = shapely.distance(scene.points[:, None], places[None, :])
    facts = []
    for name, sight in (("sure", SURE), ("maybe", MAYBE)):
        run = scene.memory.setdefault(name, _Run())
        near = [set(np.flatnonzero(row).tolist()) for row in away_m < sight.met_m]
        moments = zip(scene.at.time_s.tolist(), along_m.tolist(), near, strict=True)
        told = [run.go(time_s, along, met, at_m, sight) for time_s, along, met in moments]
        facts.append(np.array(told, np.bool_))
    sure, maybe = facts
    return sure, sure | maybe

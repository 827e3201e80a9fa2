"""What really happened, by the plan alone: the ground truth that grades a server.

For each rule kind the plan is read on a 5 s grid, without noise, against two thresholds: `sure` is
beyond the rule's by a margin that noise cannot eat, `maybe` is short of it. A run of sure moments
that lasts long enough must be raised; a violation that meets no run of maybe moments is false.
What lies between is neither demanded nor blamed. Nothing here looks at the server's results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString

from model.signals import NO, YES
from model.signals import field as signal_field
from model.vehicles import UnitKind
from simulators.city.city import CORRIDOR_HALF_WIDTH_M, WORK_ROAD_HALF_WIDTH_M, City
from simulators.fleet.calendar import local_second, within
from simulators.fleet.fleet import Fleet
from simulators.fleet.habits import Span
from simulators.fleet.timeline import Moments
from simulators.fleet.unit import Unit
from simulators.fleet.work.muck import CENTRE_PERMITTED

GRID_S = 5
MAYBE_GAP_S = 75  # a red light does not end what may be one episode
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Criterion:
    """A kind's minimum duration at its default, and how long a sure and a maybe run must be."""

    threshold_s: float
    sure_s: float
    maybe_s: float


CRITERIA = {
    "route_deviation": Criterion(600, 760, 420),
    "operating_hours": Criterion(120, 160, 75),
    "uncovered_load": Criterion(60, 110, 40),
    "not_spraying": Criterion(180, 250, 120),
    "inspector_off_grid": Criterion(300, 400, 200),
    "inspector_silent": Criterion(900, 1_080, 660),
}


@dataclass(frozen=True, slots=True)
class Truth:
    """A period in seconds of the plan; `margin`: its length over the rule's threshold."""

    kind: str
    identity: str
    from_s: float
    to_s: float
    margin: float


@dataclass(slots=True)
class _Runs:
    """Runs of true moments, grown chunk by chunk; a gap of `gap_s` does not end a run."""

    gap_s: float
    spans: list[list[float]] = field(default_factory=list)

    def add(self, times: NDArray[np.int64], mask: Mask) -> None:
        edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            from_s, to_s = float(times[start]), float(times[end - 1]) + GRID_S
            if self.spans and from_s - self.spans[-1][1] <= self.gap_s:
                self.spans[-1][1] = to_s
            else:
                self.spans.append([from_s, to_s])


@dataclass(slots=True)
class Hidden:
    """What faults take away from the judges, by (identity, kind), in seconds of the plan.

    `unseen`: nothing can be demanded. `unsure`: nothing can be blamed either. `slack_s`: by how
    much longer than usual a truth must last, for reports are lost.
    """

    unseen: dict[tuple[str, str], list[Span]] = field(default_factory=dict)
    unsure: dict[tuple[str, str], list[Span]] = field(default_factory=dict)
    slack_s: float = 0.0


def _moments_in(spans: Sequence[Span], times: NDArray[np.int64]) -> Mask:
    mask = np.zeros(len(times), np.bool_)
    for span in spans:
        mask |= (times >= span.from_s) & (times < span.to_s)
    return mask


class TruthKeeper:
    """Reads the plan as time goes on, from `from_s`; `until_s` is how far it has read."""

    def __init__(self, fleet: Fleet, from_s: int = 0, hidden: Hidden | None = None) -> None:
        self._fleet = fleet
        self._hidden = hidden or Hidden()
        self.from_s = self.until_s = from_s
        self._sure: dict[tuple[str, str], _Runs] = {}
        self._maybe: dict[tuple[str, str], _Runs] = {}

    def extend(self, until_s: int) -> None:
        """Read the plan up to `until_s`."""
        times = np.arange(self.until_s, until_s, GRID_S, dtype=np.int64)
        if not len(times):
            return
        self.until_s = int(times[-1]) + GRID_S
        for unit in self._fleet.units:
            moments = unit.timeline.at(times)
            for kind, test in _TESTS.get(unit.kind, ()):
                sure, maybe = test(self._fleet.city, unit, moments)
                key = (unit.identity, kind)
                if key in self._hidden.unseen:
                    sure &= ~_moments_in(self._hidden.unseen[key], times)
                if key in self._hidden.unsure:
                    maybe |= _moments_in(self._hidden.unsure[key], times)
                self._sure.setdefault(key, _Runs(0)).add(times, sure)
                self._maybe.setdefault(key, _Runs(MAYBE_GAP_S)).add(times, maybe)

    def truths(self) -> list[Truth]:
        """What must be raised, by time: one truth an episode, however red lights cut it."""
        found = []
        for (identity, kind), runs in self._sure.items():
            limits = CRITERIA[kind]
            sure_s = limits.sure_s + self._hidden.slack_s
            long = [span for span in runs.spans if span[1] - span[0] >= sure_s]
            for start, end in self._maybe[identity, kind].spans:
                parts = [span for span in long if span[0] >= start and span[1] <= end]
                if parts:
                    longest_s = max(span[1] - span[0] for span in parts)
                    margin = longest_s / limits.threshold_s
                    found.append(Truth(kind, identity, parts[0][0], parts[-1][1], margin))
        return sorted(found, key=lambda truth: (truth.from_s, truth.identity, truth.kind))

    def tolerated(self, identity: str, kind: str) -> list[tuple[float, float]]:
        """Periods in which a violation of this kind is no false alarm."""
        runs = self._maybe.get((identity, kind))
        spans = runs.spans if runs else []
        return [(a, b) for a, b in spans if b - a >= CRITERIA[kind].maybe_s]


def _uncovered(_city: City, _unit: Unit, at: Moments) -> tuple[Mask, Mask]:
    open_load = signal_field(at.signals, "loaded") >= YES
    open_load &= signal_field(at.signals, "cover_closed") == NO
    return open_load & (at.speed_ms > 8 / 3.6), open_load & (at.speed_ms > 3 / 3.6)


def _off_route(city: City, unit: Unit, at: Moments) -> tuple[Mask, Mask]:
    distance_m = np.full(len(at.time_s), np.inf)
    for duty in unit.duties:
        site, dump = duty.fence_code.split("-")
        line = LineString(city.corridor_line(site, dump))
        to_line_m = shapely.distance(line, shapely.points(at.x_m, at.y_m))
        distance_m = np.minimum(distance_m, to_line_m - CORRIDOR_HALF_WIDTH_M)
    loaded = signal_field(at.signals, "loaded") >= YES
    return loaded & (distance_m > 75), loaded & (distance_m > 25)


def _forbidden_hours(city: City, unit: Unit, at: Moments) -> tuple[Mask, Mask]:
    second = [local_second(unit.origin_us, float(t)) for t in at.time_s]
    forbidden = np.array([not within(CENTRE_PERMITTED, s) for s in second], np.bool_)
    depth_m = _depth_m(city.centre, at)
    sure = forbidden & (depth_m > 20) & (at.speed_ms > 8 / 3.6)
    return sure, forbidden & (depth_m > -25) & (at.speed_ms > 3 / 3.6)


def _dry(city: City, unit: Unit, at: Moments) -> tuple[Mask, Mask]:
    duty = unit.duties[0]
    road = next(road for road in city.work_roads if road.code == duty.fence_code)
    line = LineString(road.line)
    to_line_m = shapely.distance(line, shapely.points(at.x_m, at.y_m))
    kmh = at.speed_ms * 3.6
    dry = signal_field(at.signals, "spraying") == NO
    if duty.windows is not None:
        second = [local_second(unit.origin_us, float(t)) for t in at.time_s]
        dry &= np.array([within(duty.windows, s) for s in second], np.bool_)
    sure = dry & (to_line_m < WORK_ROAD_HALF_WIDTH_M - 8) & (kmh > 4.5) & (kmh < 22)
    maybe = dry & (to_line_m < WORK_ROAD_HALF_WIDTH_M + 25) & (kmh > 2) & (kmh < 27)
    return sure, maybe


def _off_grid(city: City, unit: Unit, at: Moments) -> tuple[Mask, Mask]:
    away_m = np.full(len(at.time_s), np.inf)
    for duty in unit.duties:
        cell = next(cell for cell in city.cells if cell.code == duty.fence_code)
        away_m = np.minimum(away_m, -_depth_m(cell.shape, at))
    known = unit.on_shift(at.time_s) & (not unit.habits.poor_gnss)
    heard = known.copy()
    for span in (*unit.habits.silences, *unit.habits.dead_zones):
        heard &= (at.time_s < span.from_s) | (at.time_s >= span.to_s)
    return heard & (away_m > 95), known & (away_m > 38)


def _silent(_city: City, unit: Unit, at: Moments) -> tuple[Mask, Mask]:
    sure = np.zeros(len(at.time_s), np.bool_)
    for span in unit.habits.silences:
        sure |= (at.time_s >= span.from_s) & (at.time_s < span.to_s)
    maybe = sure.copy()
    for span in unit.habits.dead_zones:
        maybe |= (at.time_s >= span.from_s) & (at.time_s < span.to_s)
    duty = unit.on_shift(at.time_s)
    return sure & duty, maybe & duty


def _depth_m(area: shapely.Geometry, at: Moments) -> NDArray[np.float64]:
    """Metres inside an area, negative outside."""
    points = shapely.points(at.x_m, at.y_m)
    shapely.prepare(area)
    to_border_m = shapely.distance(shapely.boundary(area), points)
    inside: Mask = shapely.contains(area, points)
    depth_m: NDArray[np.float64] = np.where(inside, to_border_m, -to_border_m)
    return depth_m


_Test = Callable[[City, Unit, Moments], tuple[Mask, Mask]]
_TESTS: dict[str, tuple[tuple[str, _Test], ...]] = {
    UnitKind.MUCK_TRUCK: (
        ("uncovered_load", _uncovered),
        ("route_deviation", _off_route),
        ("operating_hours", _forbidden_hours),
    ),
    UnitKind.MIXER: (("operating_hours", _forbidden_hours),),
    UnitKind.WATER_TRUCK: (("not_spraying", _dry),),
    UnitKind.INSPECTOR: (("inspector_off_grid", _off_grid), ("inspector_silent", _silent)),
}

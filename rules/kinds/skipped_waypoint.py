"""A vehicle that has passed beyond a waypoint of its route without having been there.

The device's memory is its run along each route: where it began, how far it has come, and which
waypoints it has met. Leaving the route and joining it again behind a waypoint is passing it by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from geofence.geodesy import Floats, LocalFrames
from model.position import empty_rows
from model.rulebook import Rule
from rules.assigned import assigned_pairs
from rules.contract import NO, YES, Column, Family, Memory, Note, Parameter
from rules.fixes import numbers, where
from rules.following import Follower, blank_column
from rules.readings import accuracy_m, applies, column_of
from rules.registry import register
from rules.stretch import stretch
from rules.trilogic import all_of
from rules.view import View
from rules.wording import Words

BACK_M = 300.0  # going back so far begins a new run
_SECOND_US = 1_000_000
_PARAMETERS = (
    Parameter(
        "beyond_m", "m", 100, 10, 5_000,
        "沿线路越过途经点此距离仍未到达即为漏点", "so far beyond a waypoint it has been passed by",
        "our default: twice the usual radius of a waypoint",
    ),
    Parameter(
        "confirm_s", "s", 20, 0, 3_600,
        "越过须持续此时长", "it must stay beyond for so long",
        "our default: two fixes at 15 s, so that one outlier accuses nobody",
    ),
    Parameter(
        "forget_minutes", "min", 60, 1, 1_440,
        "离开线路超过此时长后重新计", "away from the route for longer, it begins anew",
        "our default: longer than a stop at a waypoint",
    ),
    Parameter(
        "assumed_accuracy_m", "m", 10, 0, 200,
        "终端未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: urban GNSS, 95 %",
    ),
    Parameter(
        "max_accuracy_m", "m", 50, 5, 2_000,
        "精度差于此值的定位不采用", "a worse fix is passed over",
        "our default: about the distance between parallel roads",
    ),
)  # fmt: skip
# That a waypoint has been passed by is one moment.
_EPISODE_DEFAULTS = {"min_duration_s": 0.0, "clear_s": 0.0, "max_gap_s": 120.0}
_WORDS = Words("漏经途经点", "passed waypoints by", "共{}个", "{} of them")


class _Waypoints:
    """A route's waypoints in metres, and how far along the route each lies."""

    def __init__(self, view: View, place: int) -> None:
        waypoints = view.fences[place].waypoints
        longitude = np.array([point.longitude for point in waypoints])
        latitude = np.array([point.latitude for point in waypoints])
        self._frame = LocalFrames.about(longitude.mean(), latitude.mean())
        self._xy = self._in_metres(longitude, latitude)
        self._radius_m = np.array([point.radius_m for point in waypoints])
        rows = empty_rows(len(waypoints))
        rows["longitude_e6"] = np.round(longitude * 1e6)
        rows["latitude_e6"] = np.round(latitude * 1e6)
        self.along_m: list[float] = view.index.progress_m(place, rows).tolist()

    def met(
        self, begin_e6: NDArray[np.int64], end_e6: NDArray[np.int64], accuracy: Floats
    ) -> list[list[int]]:
        """Which waypoints each straight step comes near enough to."""
        begin, end = (self._in_metres(*(e6 / 1e6).T) for e6 in (begin_e6, end_e6))
        step = end - begin
        offset = self._xy[None] - begin[:, None]
        length_2 = np.maximum((step**2).sum(-1), 1e-9)[:, None]
        share = np.clip((offset * step[:, None]).sum(-1) / length_2, 0.0, 1.0)
        away_m = np.hypot(*np.moveaxis(offset - share[..., None] * step[:, None], -1, 0))
        near = away_m <= self._radius_m + accuracy[:, None]
        return [np.flatnonzero(row).tolist() for row in near]

    def _in_metres(self, longitude: Floats, latitude: Floats) -> Floats:
        origin = np.zeros(len(longitude), np.intp)
        return np.stack(self._frame.project(origin, longitude, latitude), -1)


@dataclass(slots=True)
class _Step:
    """One usable fix; `along_m` is NaN off the route; what it has met, alone and on the way."""

    time_us: int
    place_e6: list[int]
    along_m: float
    here: list[int]
    on_the_way: list[int]


@dataclass(slots=True)
class _Run:
    """Along one route: metres, event times in microseconds, waypoints by number."""

    begin_m: float
    reached_m: float
    on_us: int  # last on the route
    last_us: int
    at: list[int]  # where it was last, 1e-6 degree
    beyond_us: int = 0  # beyond a waypoint not met since then
    met: list[int] = field(default_factory=list)

    def go(self, step: _Step, along_m: list[float], parameters: dict[str, float]) -> int:
        """One more fix -> how many waypoints it shows to have been passed by."""
        gap = step.time_us - self.last_us > parameters["max_gap_s"] * _SECOND_US
        self.met = sorted({*self.met, *(step.here if gap else step.on_the_way)})
        self.last_us, self.at = step.time_us, step.place_e6
        if np.isnan(step.along_m):
            return 0
        self.on_us = step.time_us
        behind_m = step.along_m - parameters["beyond_m"]
        missed = [
            number
            for number, waypoint_m in enumerate(along_m)
            if self.begin_m < waypoint_m <= behind_m and number not in self.met
        ]
        if not missed:
            self.beyond_us = 0
            self.reached_m = max(self.reached_m, step.along_m)
            return 0
        self.beyond_us = self.beyond_us or step.time_us
        if step.time_us - self.beyond_us < parameters["confirm_s"] * _SECOND_US:
            return 0
        self.beyond_us, self.reached_m = 0, step.along_m
        self.met = sorted({*self.met, *missed})  # told once
        return len(missed)

    def over(self, step: _Step, parameters: dict[str, float]) -> bool:
        """Whether the fix belongs to another run."""
        forget_us = parameters["forget_minutes"] * 60 * _SECOND_US
        return step.time_us - self.on_us > forget_us or step.along_m < self.reached_m - BACK_M


class SkippedWaypoint(Follower):
    """Routes with waypoints, assigned as `route` or `corridor`."""

    name = "skipped_waypoint"
    family: Family = "route"
    zh = "漏经途经点"
    en = "Skipped waypoint"
    measure_name = "skipped_points"
    vehicle_kinds: tuple[str, ...] = (
        "sweeper", "water_truck", "muck_truck", "mixer", "garbage_truck",
    )  # fmt: skip
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    parts = (
        ("on_route", "正在规定线路上行驶", "on its way along a route"),
        ("skipped", "已驶过未到达的途经点", "beyond a waypoint that it has not met"),
    )  # fmt: skip

    def follow(
        self, view: View, places: slice, memory: Memory, rule: Rule, parameters: dict[str, float]
    ) -> Column:
        """YES at the fix that shows it; the fence is the route."""
        part = stretch(view, places)
        count = len(part.rows)
        value, measure = np.full(count, NO, np.int8), np.full(count, np.nan)
        fence = np.full(count, -1, np.int32)
        owed = _routes(part, rule)
        for place, rows in sorted(owed.items()):
            key = _key(part, place)
            run = _Run(**memory.pop(key)) if key in memory else None
            waypoints = _waypoints(part, place)
            for row, step in _steps(part, place, rows, run, parameters):
                if run is not None and run.over(step, parameters):
                    run = None
                if run is None and not np.isnan(step.along_m):
                    begin_m = step.along_m
                    run = _Run(begin_m, begin_m, step.time_us, step.time_us, step.place_e6)
                    run.met = sorted(step.here)
                elif run is not None:
                    skipped = run.go(step, waypoints.along_m, parameters)
                    if skipped:
                        value[row], measure[row], fence[row] = YES, skipped, place
            if run is not None:
                memory[key] = asdict(run)
        for key in _forgotten(memory, int(part.rows["time_us"][-1]), parameters):
            del memory[key]
        if not value.any():
            return blank_column(count)
        return column_of(all_of(applies(part, rule), value), measure, fence)

    def notes(
        self,
        view: View,
        memories: Sequence[Memory],  # noqa: ARG002
        rule: Rule,
        parameters: dict[str, float],  # noqa: ARG002
    ) -> Sequence[Note]:
        """The time of fixes without a route that has waypoints."""
        free = np.ones(len(view.rows), np.bool_)
        for rows in _routes(view, rule).values():
            free[rows] = False
        return where(free, *numbers(view, "time_us"))

    def passes(self, memory: Memory, note: tuple[Any, ...], parameters: dict[str, float]) -> bool:
        """Nothing is to be forgotten."""
        return not memory or not _forgotten(memory, note[0], parameters)

    def missing(self, view: View, before: Memory, after: Memory) -> int:  # noqa: ARG002
        """A run along a route is remembered."""
        return int(bool(after))

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """How many; it is a moment, without a duration."""
        said = {name: m for name, m in measures.items() if name != "duration_s"}
        return _WORDS.sentence(said, self.measure_name, language)


def _forgotten(memory: Memory, now_us: int, parameters: dict[str, float]) -> list[str]:
    """Runs that were left too long ago."""
    forget_us = parameters["forget_minutes"] * 60 * _SECOND_US
    return [key for key, run in memory.items() if now_us - run["on_us"] > forget_us]


def _key(part: View, place: int) -> str:
    return f"{part.fences[place].id}.{part.fences[place].version}"


def _routes(part: View, rule: Rule) -> dict[int, NDArray[np.intp]]:
    """Assigned routes that have waypoints, and at which rows they are."""
    found: dict[int, NDArray[np.intp]] = {}
    for purpose in ("route", "corridor"):
        pairs = assigned_pairs(part, rule, purpose)
        for place in np.unique(pairs.fence).tolist():
            if part.fences[place].waypoints and place not in part.index.broken:
                rows = pairs.row[pairs.fence == place]
                found[place] = np.union1d(found.get(place, rows), rows)
    return found


def _steps(
    part: View,
    place: int,
    rows: NDArray[np.intp],
    run: _Run | None,
    parameters: dict[str, float],
) -> Iterator[tuple[int, _Step]]:
    accuracy = accuracy_m(part, parameters["assumed_accuracy_m"])
    rows = rows[part.usable[rows] & (accuracy[rows] <= parameters["max_accuracy_m"])]
    if not len(rows):
        return
    own, near = part.rows[rows], accuracy[rows]
    along_m = np.round(part.index.progress_m(place, own), 1)
    along_m[part.index.distance_m(place, own) > near] = np.nan
    here = np.stack([own["longitude_e6"], own["latitude_e6"]], -1).astype(np.int64)
    before = np.concatenate([[run.at if run else here[0]], here[:-1]])
    waypoints = _waypoints(part, place)
    steps = zip(
        rows.tolist(), own["time_us"].tolist(), here.tolist(), along_m.tolist(),
        waypoints.met(here, here, near), waypoints.met(before, here, near), strict=True,
    )  # fmt: skip
    for row, *said in steps:
        yield row, _Step(*said)


def _waypoints(part: View, place: int) -> _Waypoints:
    """Made once a revision."""
    known: _Waypoints | None = part.roster.tables.get(f"waypoints {place}")
    if known is None:
        known = part.roster.tables[f"waypoints {place}"] = _Waypoints(part, place)
    return known


register(SkippedWaypoint())

"""Inspectors: on foot or by e-bike within their cell; some leave it, some fall silent."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shapely.geometry import LineString, MultiPoint, Polygon
from shapely.geometry import Point as ShapelyPoint
from shapely.ops import nearest_points

from model.signals import NO, YES
from simulators.city.frame import Point
from simulators.city.grid import Cell
from simulators.fleet.calendar import Appointments, DayWindow, local_second
from simulators.fleet.driver import Driver
from simulators.fleet.habits import CheckIn, Habits, Span
from simulators.fleet.timeline import Change

WALKING_MS, RIDING_MS = 1.25, 3.6
INSET_M = 40.0
CHECK_IN_S, CHECKS_IN_AFTER_S, KEPT_AWAY_M = (70.0, 120.0), 20.0, 130.0
CHECKS_IN_FROM_S = 180.0  # without a round: where it looks round for so long it reports
STAYS_S, SHIFT_S = 2_700.0, 14_400.0
BENCH_S, BENCHES_APART_M = (1_000.0, 1_300.0), 130.0
LAST_WORD_S = 60.0
SHORT_M = 150.0
REPORTED = 2  # points of a round at which who forgets checks in
OFF_GRID_M, NEARLY_OFF_M = 260.0, 30.0
OFF_GRID_S, NEARLY_OFF_S = 720.0, 480.0
SILENT_S, NEARLY_SILENT_S, DEAD_ZONE_S = 1_560.0, 480.0, 420.0
ROLES = (
    "silent", "off_grid", "nearly_silent", "nearly_off_grid", "poor_gnss",
    "mocked", "off_grid", "dead_zone", "day_shift", "honest",
)  # fmt: skip
LIVE_AFTER_S = {0: -760.0, 1: -420.0, 5: 900.0, 6: 1_400.0}


# role: which points of a round are made, in which order, and which of them are kept away from
ROUNDS: dict[str, tuple[slice, slice]] = {
    "skips_check_ins": (slice(None, 2), slice(2, None)),
    "shuffles_check_ins": (slice(None, None, -1), slice(1, None)),
    "stops_short": (slice(None), slice(-1, None)),
    "forgets_check_ins": (slice(None), slice(0)),
}
WHOLE: tuple[slice, slice] = slice(None), slice(0)


@dataclass(slots=True)
class Round:
    """Check-in points in their order, visited when a shift of `windows` has begun.

    `code`: of the points, in their names. `begun_s`: of the last shift whose round was made;
    `role` as in ROUNDS, for rounds that begin before `until_s`; `short_m`: so far from the last
    point it stops.
    """

    code: str
    points: Sequence[Point]
    windows: Sequence[DayWindow]
    origin_us: int
    begun_s: float = -math.inf
    role: str = ""
    until_s: float = -math.inf
    short_m: float = 0.0

    def due(self, now_s: float) -> Sequence[tuple[str, Point]]:
        """What is to be visited now: nothing but once a shift."""
        second = local_second(self.origin_us, now_s)
        begins = [start * 60 for start, end in self.windows if start * 60 <= second < end * 60]
        begun_s = round(now_s - second + begins[0]) if begins else -math.inf
        if begun_s <= self.begun_s:
            return ()
        self.begun_s = begun_s
        return self.visited(now_s)

    def visited(self, now_s: float) -> Sequence[tuple[str, Point]]:
        """Names and places of a round that begins now, in its order."""
        places = list(self.points)
        if self._special(now_s) == "stops_short":
            places[-1] = towards(places[-1], places[-2], self.short_m)
        named = [(f"{self.code}-{number}", place) for number, place in enumerate(places, 1)]
        return named[ROUNDS.get(self._special(now_s), WHOLE)[0]]

    def reported(self, now_s: float) -> int:
        """At how many points of a round that begins now the person checks in."""
        return REPORTED if self._special(now_s) == "forgets_check_ins" else len(self.points)

    def passed_by(self, now_s: float) -> Sequence[Point]:
        """Those that it keeps away from."""
        if self._special(now_s) == "stops_short" and self.short_m < KEPT_AWAY_M:
            return ()
        return self.points[ROUNDS.get(self._special(now_s), WHOLE)[1]]

    def _special(self, now_s: float) -> str:
        return self.role if now_s < self.until_s else ""


def towards(start: Point, goal: Point, metres: float) -> Point:
    """So far on the straight way."""
    share = metres / math.dist(start, goal)
    return start[0] + (goal[0] - start[0]) * share, start[1] + (goal[1] - start[1]) * share


@dataclass(slots=True)
class PatrolPlan:
    """One inspector's cell, role and habits; how long and how far, None: the role's own."""

    cell: Cell
    role: str
    appointments: Appointments
    habits: Habits
    seconds: float | None = None
    metres: float | None = None
    round: Round | None = None


def patrol_work(driver: Driver, plan: PatrolPlan) -> Iterator[None]:
    """Walk, look, walk on; one `yield` a stop."""
    room = _room(plan.cell.shape)
    driver.point = _random_point(driver, room)
    speed_ms = RIDING_MS if driver.chance.random() < 0.4 else WALKING_MS
    while True:
        if plan.round is not None:
            _make_round(driver, plan.round, plan.habits, speed_ms)
        if plan.appointments.due_s <= driver.now_s:
            start_s = driver.now_s
            _keep_appointment(driver, plan)
            plan.appointments.done(driver.now_s if plan.appointments.agenda is None else start_s)
        elif plan.appointments.due_s < driver.now_s + 400:
            # Close to the appointment: stay, so that it is kept on time.
            driver.wait(plan.appointments.due_s - driver.now_s, "looking", on_duty=YES)
            continue
        else:
            target = _next_stop(driver, _allowed(room, plan, driver.now_s))
            driver.walk([target], speed_ms * driver.haste, "patrolling", on_duty=YES)
            looks_s = driver.chance.uniform(40, 240)
            if plan.round is None and looks_s > CHECKS_IN_FROM_S:
                plan.habits.check_ins.append(CheckIn(driver.now_s + CHECKS_IN_AFTER_S))
            driver.wait(looks_s, "looking", on_duty=YES)
        yield


def _make_round(driver: Driver, round_: Round, habits: Habits, speed_ms: float) -> None:
    """The round that is due, if one is, with its check-ins."""
    points, reported = round_.due(driver.now_s), round_.reported(driver.now_s)
    for number, (name, point) in enumerate(points):
        driver.walk([point], speed_ms, "patrolling", on_duty=YES)
        if number < reported:
            habits.check_ins.append(CheckIn(driver.now_s + CHECKS_IN_AFTER_S, name))
        driver.wait(driver.chance.uniform(*CHECK_IN_S), "checking_in", on_duty=YES)


def _room(shape: Polygon) -> Polygon:
    """The cell drawn back from its border, so that drift does not cross it."""
    inner = shape.buffer(-INSET_M)
    parts = getattr(inner, "geoms", [inner])
    return max(parts, key=lambda part: float(part.area))


def _allowed(room: Polygon, plan: PatrolPlan, now_s: float) -> Polygon:
    """The room without what the inspector keeps away from."""
    avoided = plan.round.passed_by(now_s) if plan.round else ()
    return room.difference(MultiPoint(list(avoided)).buffer(KEPT_AWAY_M)) if avoided else room


def _random_point(driver: Driver, room: Polygon) -> Point:
    west, south, east, north = room.bounds
    while True:
        point = (driver.chance.uniform(west, east), driver.chance.uniform(south, north))
        if room.contains(ShapelyPoint(point)):
            return point


def _next_stop(driver: Driver, room: Polygon) -> Point:
    """A point within reach whose straight way stays in the cell; else where one stands."""
    for _ in range(30):
        point = _random_point(driver, room)
        if math.dist(point, driver.point) < 700 and room.contains(
            LineString([driver.point, point])
        ):
            return point
    return driver.point


def _keep_appointment(driver: Driver, plan: PatrolPlan) -> None:
    now_s = driver.now_s
    if plan.role in ("off_grid", "nearly_off_grid"):
        _leave(driver, plan)
    elif plan.role in ("silent", "nearly_silent"):
        seconds = plan.seconds or (SILENT_S if plan.role == "silent" else NEARLY_SILENT_S)
        plan.habits.silences.append(Span(now_s, now_s + seconds))
        driver.wait(seconds, "looking", on_duty=YES)
    elif plan.role == "stays":
        driver.wait(plan.seconds or STAYS_S, "looking", on_duty=YES)
    elif plan.role == "lazy":
        _idle(driver, plan.cell.shape, now_s + (plan.seconds or SHIFT_S))
    elif plan.role == "signs_off":
        _sign_off(driver, plan, Span(now_s, now_s + (plan.seconds or SHIFT_S)))
    elif plan.role in ROUNDS and plan.round is not None:
        plan.round.role, plan.round.until_s = plan.role, now_s + (plan.seconds or SHIFT_S)
        plan.round.short_m = plan.metres or SHORT_M
        driver.walk(plan.round.points[:1], WALKING_MS, "patrolling", on_duty=YES)
    elif plan.role == "dead_zone":
        plan.habits.dead_zones.append(Span(now_s, now_s + DEAD_ZONE_S))
        driver.wait(60, "looking", on_duty=YES)


def _idle(driver: Driver, cell: Polygon, until_s: float) -> None:
    """Sit on one bench, then on another one near by, towards the middle of the cell."""
    (x, y), (middle_x, middle_y) = driver.point, cell.centroid.coords[0]
    share = BENCHES_APART_M / max(1.0, math.dist((x, y), (middle_x, middle_y)))
    benches = ((x + (middle_x - x) * share, y + (middle_y - y) * share), (x, y))
    while driver.now_s < until_s:
        for bench in benches:
            driver.wait(driver.chance.uniform(*BENCH_S), "looking", on_duty=YES)
            driver.walk([bench], WALKING_MS, "patrolling", on_duty=YES)


def _sign_off(driver: Driver, plan: PatrolPlan, span: Span) -> None:
    """Tell that the shift is over, and switch the handset off."""
    driver.timeline.changes.append(Change(span.from_s, span.to_s, "on_duty", NO))
    plan.habits.silences.append(Span(span.from_s + LAST_WORD_S, span.to_s))
    driver.wait(span.to_s - span.from_s, "looking", on_duty=YES)


def _leave(driver: Driver, plan: PatrolPlan) -> None:
    """Out of the cell by the nearest border, stay, and back."""
    home, (border, _) = (
        driver.point,
        nearest_points(plan.cell.shape.exterior, ShapelyPoint(driver.point)),
    )
    x, y = float(border.x), float(border.y)
    length = max(1.0, math.dist(home, (x, y)))
    far_m, seconds = (
        (OFF_GRID_M, OFF_GRID_S) if plan.role == "off_grid" else (NEARLY_OFF_M, NEARLY_OFF_S)
    )
    far_m, seconds = plan.metres or far_m, plan.seconds or seconds
    outside = (x + (x - home[0]) / length * far_m, y + (y - home[1]) / length * far_m)
    driver.walk([outside], RIDING_MS, "away", on_duty=YES)
    driver.wait(seconds, "away", on_duty=YES)
    driver.walk([home], RIDING_MS, "coming_back", on_duty=YES)

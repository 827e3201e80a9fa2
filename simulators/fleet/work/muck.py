"""Muck trucks: load at the site, wash, haul covered on the corridor, dump, come back empty."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from shapely.geometry import LineString
from shapely.geometry import Point as ShapelyPoint

from model.signals import NO, YES, YES_ALSO
from simulators.city.city import City
from simulators.fleet.calendar import Appointments, local_second, within
from simulators.fleet.driver import REST_S, Driver
from simulators.fleet.habits import Bias, Habits, Span
from simulators.fleet.papers import Run
from simulators.fleet.timeline import Change

HALF = YES_ALSO
CENTRE_PERMITTED = ((0, 6 * 60), (22 * 60, 24 * 60))
CENTRE_KMH, QUARTER_KMH, TURNED_BACK_KMH = 28.0, 15.0, 45.0
DETOUR_STOP_S = 870.0
DETOUR_DISTANCE_M = (450.0, 1_400.0)
BIAS_M = 55.0  # with the corridor's half width of 30 m: 25 m beyond its edge, of 50 m allowed

WASH_S = (180.0, 260.0)
TIPPING_OUTSIDE_S, TIPS_FOR_REAL_S = 200.0, 60.0
REST_AFTER_S, LATEST_REST_S = 5_400.0, 7_200.0

# role: breaks a rule, nearly breaks one, or hides its state
ROLES = (
    "uncovered", "detour", "centre", "no_sensor", "nearly_uncovered",
    "unwashed", "dumps", "centre_permitted", "dead_zone", "biased",
    "turns_back", "speeds", "closed_area", "uncovered", "detour",
    "nearly_unwashed", "nearly_dumps", "honest", "honest", "honest",
)  # fmt: skip
THROUGH_CENTRE = ("centre", "centre_permitted", "through_centre")
ON_THE_WAY_BACK = (*THROUGH_CENTRE, "speeds", "closed_area")
LIVE_AFTER_S = {0: -75.0, 1: -780.0, 2: 420.0, 5: 600.0, 6: 1_500.0}
NEARLY = {"nearly_unwashed": ("unwashed", 150.0), "nearly_dumps": ("dumps", 18.0)}


@dataclass(slots=True)
class MuckPlan:
    """One truck's orders: its site and dump, its role and when the role is due.

    `seconds`: how long it is uncovered, stands off its route, washes though it should longer, or
    raises its body, `kmh`: how fast it races or drives back; None: the role's own. `runs` are
    written down as they end.
    """

    city: City
    site: str
    dump: str
    role: str
    origin_us: int
    appointments: Appointments
    habits: Habits
    seconds: float | None = None
    kmh: float | None = None
    runs: list[Run] = field(default_factory=list)


def muck_work(driver: Driver, plan: MuckPlan) -> Iterator[None]:
    """Round trips without end; one `yield` a trip."""
    plan.role, plan.seconds = NEARLY.get(plan.role, (plan.role, plan.seconds))
    site = plan.city.place(plan.site)
    out = plan.city.corridor(plan.site, plan.dump)[1:]  # from the wash bay on
    trip_s = 2 * sum(plan.city.network.edges[e].length_m for e in out) / 6.5 + 900
    driver.drive_to(site.inside, "to_site", _load(plan, loaded=NO, cover=YES), avoid=True)
    while True:
        special = plan.role if _load_up(driver, plan, trip_s) else ""
        loaded_s = driver.now_s
        is_open = special == "uncovered" and plan.seconds is None
        full = _load(plan, loaded=YES, cover=NO if is_open else YES)
        _wash(driver, plan, special, full)
        start_s = driver.now_s
        if special == "detour":
            _detour(driver, plan, full)
        elif special == "turns_back":
            _turn_back(driver, plan, out, full)
        elif special == "dumps":
            _dump_on_the_way(driver, plan, out, full)
        else:
            lights = 0.0 if special == "uncovered" and plan.seconds else 0.1
            driver.follow(out, "hauling", full, lights=lights if special else 0.3)
        _spoil(driver, plan, special, start_s)
        at_dump = driver.node == plan.city.place(plan.dump).inside
        if at_dump:
            _tip(driver, plan)
        plan.runs.append(Run(loaded_s, start_s, driver.now_s, at_dump))
        if special in ON_THE_WAY_BACK:
            start_s = driver.now_s
        _come_back(driver, plan, special, site.inside)
        if special:
            plan.appointments.done(start_s)
        yield
        soon = plan.appointments.due_s - driver.now_s < trip_s + REST_S[1]
        driver.rest(LATEST_REST_S if soon else REST_AFTER_S, **_empty(plan))


def _wash(driver: Driver, plan: MuckPlan, special: str, full: dict[str, int]) -> None:
    """Out over the wash bay, with a stop in it; unwashed: for `seconds` only."""
    site = plan.city.place(plan.site)
    assert site.wash is not None
    driver.drive_to(site.wash, "to_wash", full)
    wash_s = driver.chance.uniform(*WASH_S)
    if special == "unwashed":
        wash_s = plan.seconds or 0.0
    if wash_s:
        driver.wait(wash_s, "washing", **full)


def _turn_back(driver: Driver, plan: MuckPlan, out: tuple[int, ...], full: dict[str, int]) -> None:
    """Well on the way, go back a good part of it, and then to the dump after all."""
    near, far = len(out) // 4, 3 * len(out) // 4
    driver.follow(out[:far], "hauling", full, lights=0.1)
    node, kmh = plan.city.network.edges[out[near]].start, plan.kmh or TURNED_BACK_KMH
    driver.drive_to(node, "turned_back", full, kmh=kmh, lights=0.0)
    driver.drive_to(plan.city.place(plan.dump).inside, "hauling", full, avoid=True)


def _dump_on_the_way(
    driver: Driver, plan: MuckPlan, out: tuple[int, ...], full: dict[str, int]
) -> None:
    """Stop by the road and raise the body; only when that is long does the load go."""
    driver.follow(out[: len(out) // 2], "hauling", full, lights=0.1)
    seconds = plan.seconds or TIPPING_OUTSIDE_S
    driver.wait(60, "dumping", **full)
    tipping = _load(plan, loaded=HALF, cover=NO, raised=YES)
    if seconds < TIPS_FOR_REAL_S:
        tipping = {**full, "body_raised": YES}
    driver.wait(seconds, "dumping", **tipping)
    if seconds < TIPS_FOR_REAL_S:
        driver.wait(60, "dumping", **full)
        driver.follow(out[len(out) // 2 :], "hauling", full)
        return
    driver.wait(150, "dumping", **_load(plan, loaded=NO, cover=YES))


def _load(plan: MuckPlan, loaded: int, cover: int, raised: int = NO) -> dict[str, int]:
    """Signals of a truck at work; without its sensors they stay unknown."""
    if plan.role == "no_sensor":
        return {"ignition": YES, "body_raised": raised}
    return {"ignition": YES, "loaded": loaded, "cover_closed": cover, "body_raised": raised}


def _empty(plan: MuckPlan) -> dict[str, int]:
    signals = _load(plan, loaded=NO, cover=YES)
    del signals["ignition"]
    return signals


def _load_up(driver: Driver, plan: MuckPlan, trip_s: float) -> bool:
    """Load; if the next appointment is nearer than a whole trip, queue for it. True: it is due."""
    due_s = plan.appointments.due_s
    load_s = driver.chance.uniform(260, 520)
    is_due = plan.role not in ("no_sensor",) and due_s < driver.now_s + load_s + trip_s
    if plan.role in ON_THE_WAY_BACK and is_due:
        due_s -= trip_s * 0.75  # what it is due for happens on the way back
    if is_due:
        load_s = max(load_s, due_s - 130 - driver.now_s)
    driver.wait(load_s / 2, "loading", **_load(plan, loaded=NO, cover=NO))
    driver.wait(load_s / 2, "loading", **_load(plan, loaded=HALF, cover=NO))
    return is_due


def _detour(driver: Driver, plan: MuckPlan, full: dict[str, int]) -> None:
    """Leave the corridor for a far street, stay there, and go on to the dump another way."""
    edges = plan.city.corridor(plan.site, plan.dump)[1:]
    leave, far = detour_node(plan.city, plan.site, plan.dump)
    driver.follow(edges[:leave], "hauling", full, lights=0.1)
    driver.drive_to(far, "detour", full, avoid=True)
    stop_s = DETOUR_STOP_S if plan.seconds is None else plan.seconds
    driver.wait(stop_s, "detour", **full)
    driver.drive_to(plan.city.place(plan.dump).inside, "hauling", full, avoid=True)


def detour_node(city: City, site: str, dump: str) -> tuple[int, int]:
    """How many corridor edges to keep, and the node well off the corridor to go to instead."""
    edges = city.corridor(site, dump)[1:]
    line = LineString(city.corridor_line(site, dump))
    leave = max(1, len(edges) // 3)
    start = city.network.nodes[city.network.edges[edges[leave - 1]].end]
    low, high = DETOUR_DISTANCE_M

    def fits(node: int) -> bool:
        place = ShapelyPoint(city.network.nodes[node])
        away = low <= line.distance(place) <= high and city.centre.distance(place) > 150
        return away and bool(city.network.out[node]) and len(city.network.out[node]) > 1

    return leave, city.network.nearest_node(start, fits)


def _spoil(driver: Driver, plan: MuckPlan, special: str, start_s: float) -> None:
    """What nearly breaks a rule on this haul, or hides it."""
    if special == "uncovered" and plan.seconds is not None:
        opened = Change(start_s + 20, start_s + 20 + plan.seconds, "cover_closed", NO)
        driver.timeline.changes.append(opened)
    middle_s = (start_s + driver.now_s) / 2
    if special == "nearly_uncovered":
        driver.timeline.changes.append(Change(middle_s, middle_s + 30, "cover_closed", NO))
    if special == "biased":
        angle = driver.chance.uniform(0, 2 * math.pi)
        east_m, north_m = BIAS_M * math.cos(angle), BIAS_M * math.sin(angle)
        plan.habits.biases.append(Bias(start_s + 60, driver.now_s - 60, east_m, north_m))
    if special == "dead_zone":
        plan.habits.dead_zones.append(Span(middle_s - 200, middle_s + 200))


def _tip(driver: Driver, plan: MuckPlan) -> None:
    driver.wait(driver.chance.uniform(40, 90), "tipping", **_load(plan, loaded=YES, cover=NO))
    tipping = _load(plan, loaded=HALF, cover=NO, raised=YES)
    driver.wait(driver.chance.uniform(50, 80), "tipping", **tipping)
    driver.wait(driver.chance.uniform(90, 150), "tipping", **_load(plan, loaded=NO, cover=NO))


def _come_back(driver: Driver, plan: MuckPlan, special: str, site: int) -> None:
    """Back empty, round the centre; or through it when that is the truck's role."""
    empty = _load(plan, loaded=NO, cover=YES)
    permitted = within(CENTRE_PERMITTED, local_second(plan.origin_us, driver.now_s))
    through = (special == "centre" and not permitted) or (
        special == "centre_permitted" and permitted
    )
    through |= special == "through_centre"
    if through:
        driver.go_via(plan.city.centre_node, site, "through_centre", empty, CENTRE_KMH)
    elif special == "closed_area":
        node = plan.city.quarter_node
        driver.go_via(node, site, "through_quarter", empty, QUARTER_KMH, avoid=True)
    elif special == "speeds":
        driver.rush_to(site, empty, plan.kmh)
    else:
        driver.drive_to(site, "returning", empty, avoid=True)

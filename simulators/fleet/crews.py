"""The crews: each kind's unit gets its orders, its duties and its work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from model.vehicles import UnitKind
from simulators.city import corridor_code, pairs
from simulators.city.check_ins import check_in_code
from simulators.city.grid import Cell
from simulators.city.names import stream
from simulators.city.places import POURING
from simulators.fleet.calendar import Appointments, left_s
from simulators.fleet.deeds import DEEDS, with_deed
from simulators.fleet.driver import Driver
from simulators.fleet.papers import Papers
from simulators.fleet.unit import Duty, Unit
from simulators.fleet.work import garbage, inspector, mixer, muck, rounds, route

if TYPE_CHECKING:
    from simulators.fleet.fleet import Fleet, Orders

DAY_SHIFT = ((8 * 60, 20 * 60),)
ALL_DAY = ((0, 24 * 60),)
ROSTER = ((8 * 60, 12 * 60), (14 * 60, 18 * 60))
WATER_LIVE_AFTER_S = {0: -110.0, 1: 1_100.0}
SWEEPER_LIVE_AFTER_S = {0: 200.0, 1: 1_300.0}
GARBAGE_LIVE_AFTER_S = {0: -200.0, 1: 500.0}
GARBAGE_ROLES = (
    "power_cut", "frozen", "offline", "antenna_cut", "jumps", "blind", "skips_stands", "honest"
)  # fmt: skip
# What a terminal suffers rather than does: the work goes on as it would.
SWEEPER_ROLES = (*rounds.SWEEPER_ROLES, "ignition_wire", "honest")


def _appointments(
    fleet: Fleet, unit: Unit, number: int, live_after: dict[int, float], roles: int
) -> Appointments:
    after_s = live_after.get(number % roles)
    agenda = None
    if fleet.orders is not None:
        agenda = list(fleet.orders_of(unit.kind, number, ()).at_s)
    chance = stream(fleet.seed, "due", unit.kind, number)
    due = Appointments(chance, fleet.live_s, after_s, agenda=agenda)
    fleet.appointments[unit.identity] = due
    return due


def _work_role(role: str) -> str:
    """What the work itself knows of a role: nothing of what befalls the terminal."""
    return "honest" if role in DEEDS else role


def _muck(fleet: Fleet, unit: Unit, driver: Driver, number: int) -> None:
    ways = pairs(fleet.city)
    site, dump = ways[number % len(ways)]
    orders = fleet.orders_of(unit.kind, number, muck.ROLES)
    unit.role = orders.role
    unit.duties.append(Duty(corridor_code(site, dump), "corridor"))
    due = _appointments(fleet, unit, number, muck.LIVE_AFTER_S, len(muck.ROLES))
    plan = muck.MuckPlan(
        fleet.city, site, dump, _work_role(unit.role), fleet.origin_us, due, unit.habits,
        orders.seconds, orders.kmh,
    )  # fmt: skip
    if fleet.papers:
        other_site, other_dump = next(way for way in ways if way[0] != site and way[1] != dump)
        unit.papers = Papers(site, dump, other_site, other_dump, plan.runs)
    _set_to_work(unit, driver, muck.muck_work(driver, plan), due, orders)


def _round(fleet: Fleet, unit: Unit, driver: Driver, number: int) -> None:
    roads = fleet.city.work_roads
    is_water = unit.kind == UnitKind.WATER_TRUCK
    road = roads[(2 * number + is_water) % len(roads)]
    roles = rounds.WATER_ROLES if is_water else SWEEPER_ROLES
    orders = fleet.orders_of(unit.kind, number, roles)
    unit.role = orders.role
    windows = rounds.ALWAYS
    if is_water:
        windows = rounds.WATER_WINDOWS[number // 2 % 2]
        matters_s = orders.at_s[0] if orders.at_s else fleet.live_s
        if unit.role in rounds.ON_THE_ROAD and matters_s is not None:
            windows = _open_windows(fleet, matters_s)
    unit.duties.append(Duty(road.code, "work_road", windows if is_water else None))
    own, other = fleet.city.areas_of(road)
    away = other.far_node
    if orders.metres is not None:
        away = fleet.city.node_outside(own, road.nodes[0], orders.metres)
    unit.duties.append(Duty(own.code, "working_area"))
    live_after = WATER_LIVE_AFTER_S if is_water else SWEEPER_LIVE_AFTER_S
    due = _appointments(fleet, unit, number, live_after, len(roles))
    plan = rounds.RoundPlan(
        fleet.city, unit.kind, road, windows, _work_role(unit.role), fleet.origin_us, due,
        away, orders.seconds, orders.kmh,
    )  # fmt: skip
    _set_to_work(unit, driver, rounds.round_work(driver, plan), due, orders)


def _open_windows(fleet: Fleet, live_s: float) -> tuple[tuple[int, int], ...]:
    """The group of windows that stays open longest from the start of live on."""
    return max(rounds.WATER_WINDOWS, key=lambda w: left_s(w, fleet.origin_us, live_s - 300))


def _mixer(fleet: Fleet, unit: Unit, driver: Driver, number: int) -> None:
    sites = [place.code for place in fleet.city.places if place.phase in POURING]
    turn = number % len(sites)
    order = tuple(sites[turn:] + sites[:turn])
    orders = fleet.orders_of(unit.kind, number, mixer.ROLES)
    unit.role = orders.role
    due = _appointments(fleet, unit, number, mixer.LIVE_AFTER_S, len(mixer.ROLES))
    plan = mixer.MixerPlan(
        fleet.city, order, _work_role(unit.role), due, orders.seconds, orders.kmh
    )
    _set_to_work(unit, driver, mixer.mixer_work(driver, plan), due, orders)


def _garbage(fleet: Fleet, unit: Unit, driver: Driver, number: int) -> None:
    if fleet.routes:
        _route(fleet, unit, driver, number)
        return
    rounds_there = list(fleet.city.rounds().items())
    code, stands = rounds_there[number % len(rounds_there)]
    orders = fleet.orders_of(unit.kind, number, GARBAGE_ROLES)
    unit.role = orders.role
    due = _appointments(fleet, unit, number, GARBAGE_LIVE_AFTER_S, len(GARBAGE_ROLES))
    unit.duties.append(Duty(code, "collection", garbage.WINDOWS))
    plan = garbage.CollectionPlan(fleet.city, stands, _work_role(unit.role), due, orders.seconds)
    _set_to_work(unit, driver, garbage.garbage_work(driver, plan), due, orders)


def _route(fleet: Fleet, unit: Unit, driver: Driver, number: int) -> None:
    loop = fleet.city.loops[number % len(fleet.city.loops)]
    orders = fleet.orders_of(unit.kind, number, ())
    unit.role = orders.role
    due = _appointments(fleet, unit, number, {}, 1)
    unit.duties.append(Duty(loop.code, "route", garbage.WINDOWS))
    plan = route.RoutePlan(fleet.city, loop, _work_role(unit.role), due, orders.seconds)
    _set_to_work(unit, driver, route.route_work(driver, plan), due, orders)


def _inspector(fleet: Fleet, unit: Unit, driver: Driver, number: int) -> None:
    cells = fleet.city.cells
    cell = cells[number * 7 % len(cells)]
    orders = fleet.orders_of(unit.kind, number, inspector.ROLES)
    unit.role = orders.role
    unit.owner = "district-1" if fleet.city.is_south(_middle(cell)) else "district-2"
    unit.shift = DAY_SHIFT if unit.role == "day_shift" else ALL_DAY
    unit.habits.poor_gnss = unit.role == "poor_gnss"
    unit.duties.append(Duty(cell.code, "grid"))
    due = _appointments(fleet, unit, number, inspector.LIVE_AFTER_S, len(inspector.ROLES))
    plan = inspector.PatrolPlan(
        cell, _work_role(unit.role), due, unit.habits, orders.seconds, orders.metres
    )
    if fleet.roster:
        unit.shift, unit.on_roster = ROSTER, True
        code, points = check_in_code(cell.code), fleet.city.check_ins[cell.code]
        unit.duties.append(Duty(code, "check_in", ROSTER))
        plan.round = inspector.Round(code, points, ROSTER, fleet.origin_us)
    _set_to_work(unit, driver, inspector.patrol_work(driver, plan), due, orders)


def _set_to_work(
    unit: Unit, driver: Driver, work: Iterator[None], due: Appointments, orders: Orders
) -> None:
    driver.timeline.work = with_deed(work, unit, due, orders.seconds, orders.metres)


def _middle(cell: Cell) -> tuple[float, float]:
    x, y = cell.shape.centroid.coords[0]
    return float(x), float(y)


CREWS: dict[UnitKind, Callable[[Fleet, Unit, Driver, int], None]] = {
    UnitKind.MUCK_TRUCK: _muck,
    UnitKind.SWEEPER: _round,
    UnitKind.WATER_TRUCK: _round,
    UnitKind.MIXER: _mixer,
    UnitKind.GARBAGE_TRUCK: _garbage,
    UnitKind.INSPECTOR: _inspector,
}

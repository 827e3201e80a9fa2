"""The fleet: how many of each kind, who breaks which rule, and the plans of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from model.vehicles import UnitKind
from simulators.city import City, corridor_code, pairs
from simulators.city.grid import Cell
from simulators.city.names import stream
from simulators.fleet.calendar import Appointments, left_s
from simulators.fleet.driver import Driver
from simulators.fleet.habits import Habits
from simulators.fleet.unit import Duty, Unit
from simulators.fleet.work import inspector, muck, rounds
from simulators.fleet.work.garbage import garbage_work
from simulators.fleet.work.mixer import mixer_work

SHARES = {  # of 40 units
    UnitKind.MUCK_TRUCK: 10,
    UnitKind.SWEEPER: 6,
    UnitKind.WATER_TRUCK: 6,
    UnitKind.MIXER: 4,
    UnitKind.GARBAGE_TRUCK: 4,
    UnitKind.INSPECTOR: 10,
}
NAMES = {
    UnitKind.MUCK_TRUCK: "渣土车",
    UnitKind.SWEEPER: "清扫车",
    UnitKind.WATER_TRUCK: "洒水车",
    UnitKind.MIXER: "商砼车",
    UnitKind.GARBAGE_TRUCK: "垃圾车",
    UnitKind.INSPECTOR: "巡查员",
}
OWNERS = {
    UnitKind.MUCK_TRUCK: ("company-1", "company-2"),
    UnitKind.MIXER: ("company-2",),
    UnitKind.SWEEPER: ("company-3",),
    UnitKind.WATER_TRUCK: ("company-3",),
    UnitKind.GARBAGE_TRUCK: ("company-3",),
}
DAY_SHIFT = ((8 * 60, 20 * 60),)
ALL_DAY = ((0, 24 * 60),)
WATER_LIVE_AFTER_S = {0: -110.0, 1: 1_100.0}
STANDS_A_ROUND = 8


@dataclass(frozen=True, slots=True)
class Orders:
    """What one unit is told to do: its role, when (seconds of the plan), how long, how far."""

    role: str
    at_s: tuple[float, ...] = ()
    seconds: float | None = None
    metres: float | None = None


HONEST = Orders("honest")


@dataclass(slots=True)
class Fleet:
    """All units of a city, their plans beginning at `origin_us` (whole seconds).

    `live_s`: where history ends and live begins, in seconds of the plan; None: nowhere. `orders`
    by kind and number: who is not named is honest; None: roles by turns and times by chance.
    `family`: in the identities, so that fleets can share a server. `appointments` by identity.
    """

    city: City
    seed: int
    origin_us: int
    live_s: float | None
    units: list[Unit]
    orders: Mapping[tuple[str, int], Orders] | None = None
    family: int = 0
    appointments: dict[str, Appointments] = field(default_factory=dict)

    def orders_of(self, kind: str, number: int, roles: Sequence[str]) -> Orders:
        """Of the unit `number` (from 0) of a kind."""
        if self.orders is None:
            return Orders(roles[number % len(roles)])
        return self.orders.get((kind, number), HONEST)


def build_fleet(
    city: City,
    seed: int,
    origin_us: int,
    *,
    units: int = 40,
    interval_s: int = 15,
    live_s: float | None = None,
    kinds: tuple[UnitKind, ...] = tuple(SHARES),
) -> Fleet:
    """`units` units in the usual shares; deterministic by city, seed, origin and live_s."""
    fleet = Fleet(city, seed, origin_us // 1_000_000 * 1_000_000, live_s, [])
    fill(fleet, _counts(units, kinds), interval_s)
    return fleet


def fill(fleet: Fleet, counts: Mapping[UnitKind, int], interval_s: int) -> None:
    """Add so many units of each kind."""
    for kind, count in counts.items():
        for number in range(count):
            fleet.units.append(_unit(fleet, kind, number, interval_s))


def _counts(units: int, kinds: tuple[UnitKind, ...]) -> dict[UnitKind, int]:
    """Largest shares first get what rounding leaves over."""
    whole = sum(SHARES[kind] for kind in kinds)
    counts = {kind: units * SHARES[kind] // whole for kind in kinds}
    rest = units - sum(counts.values())
    for kind in sorted(kinds, key=lambda k: -SHARES[k])[:rest]:
        counts[kind] += 1
    return counts


def _unit(fleet: Fleet, kind: UnitKind, number: int, interval_s: int) -> Unit:
    serial = len(fleet.units) + 1
    chance = stream(fleet.seed, "plan", kind.value, number)
    city = fleet.city
    node = city.place("K1").inside
    driver = Driver(city.network, chance, node, -interval_s * 2.0)
    is_handset = kind is UnitKind.INSPECTOR
    unit = Unit(
        identity=_identity(fleet.family, serial, is_handset=is_handset),
        protocol="handset" if is_handset else "jt808",
        version=1 if is_handset else (2019 if serial % 3 == 0 else 2013),
        kind=kind.value,
        role="honest",
        name=f"{NAMES[kind]}{number + 1:02d}",
        plate=None if is_handset else f"测A{10000 + serial * 7 % 90000:05d}",
        owner=OWNERS[kind][number % len(OWNERS[kind])] if not is_handset else "",
        origin_us=fleet.origin_us,
        interval_s=interval_s,
        phase_s=chance.randrange(interval_s),
        timeline=driver.timeline,
        chance=stream(fleet.seed, "noise", kind.value, number),
        number=number + 1,
    )
    _WORK[kind](fleet, unit, driver, number)
    return unit


def _identity(family: int, serial: int, *, is_handset: bool) -> str:
    if is_handset:
        return f"CG{family:03d}{serial:05d}" if family else f"CG{serial:05d}"
    return f"138{family:03d}{serial:05d}"


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


def _muck(fleet: Fleet, unit: Unit, driver: Driver, number: int) -> None:
    ways = pairs(fleet.city)
    site, dump = ways[number % len(ways)]
    orders = fleet.orders_of(unit.kind, number, muck.ROLES)
    unit.role = orders.role
    unit.duties.append(Duty(corridor_code(site, dump), "corridor"))
    due = _appointments(fleet, unit, number, muck.LIVE_AFTER_S, len(muck.ROLES))
    plan = muck.MuckPlan(
        fleet.city, site, dump, unit.role, fleet.origin_us, due, unit.habits, orders.seconds
    )
    driver.timeline.work = muck.muck_work(driver, plan)


def _round(fleet: Fleet, unit: Unit, driver: Driver, number: int) -> None:
    roads = fleet.city.work_roads
    is_water = unit.kind == UnitKind.WATER_TRUCK
    road = roads[(2 * number + is_water) % len(roads)]
    windows = rounds.ALWAYS
    orders = fleet.orders_of(unit.kind, number, rounds.WATER_ROLES)
    if is_water:
        unit.role = orders.role
        windows = rounds.WATER_WINDOWS[number // 2 % 2]
        matters_s = orders.at_s[0] if orders.at_s else fleet.live_s
        if unit.role in ("dry", "nearly_dry") and matters_s is not None:
            windows = _open_windows(fleet, matters_s)
    purpose = "work_road" if is_water else "working_area"
    unit.duties.append(Duty(road.code, purpose, windows if is_water else None))
    due = _appointments(fleet, unit, number, WATER_LIVE_AFTER_S, len(rounds.WATER_ROLES))
    plan = rounds.RoundPlan(
        fleet.city, unit.kind, road, windows, unit.role, fleet.origin_us, due, orders.seconds
    )
    driver.timeline.work = rounds.round_work(driver, plan)


def _open_windows(fleet: Fleet, live_s: float) -> tuple[tuple[int, int], ...]:
    """The group of windows that stays open longest from the start of live on."""
    return max(rounds.WATER_WINDOWS, key=lambda w: left_s(w, fleet.origin_us, live_s - 300))


def _mixer(fleet: Fleet, unit: Unit, driver: Driver, number: int) -> None:
    sites = [place.code for place in fleet.city.places if place.tag == "site"]
    turn = number % len(sites)
    order = tuple(sites[turn:] + sites[:turn])
    driver.timeline.work = mixer_work(driver, fleet.city, order)
    assert unit.kind == UnitKind.MIXER


def _garbage(fleet: Fleet, unit: Unit, driver: Driver, number: int) -> None:
    bins = fleet.city.bins
    first = number * STANDS_A_ROUND % len(bins)
    stands = (bins + bins)[first : first + STANDS_A_ROUND]
    driver.timeline.work = garbage_work(driver, fleet.city, stands)
    assert unit.kind == UnitKind.GARBAGE_TRUCK


def _inspector(fleet: Fleet, unit: Unit, driver: Driver, number: int) -> None:
    cells = fleet.city.cells
    cell = cells[number * 7 % len(cells)]
    orders = fleet.orders_of(unit.kind, number, inspector.ROLES)
    unit.role = orders.role
    unit.owner = "district-1" if fleet.city.is_south(_middle(cell)) else "district-2"
    unit.shift = DAY_SHIFT if unit.role == "day_shift" else ALL_DAY
    unit.habits = Habits(poor_gnss=unit.role == "poor_gnss")
    unit.duties.append(Duty(cell.code, "grid"))
    due = _appointments(fleet, unit, number, inspector.LIVE_AFTER_S, len(inspector.ROLES))
    plan = inspector.PatrolPlan(cell, unit.role, due, unit.habits, orders.seconds, orders.metres)
    driver.timeline.work = inspector.patrol_work(driver, plan)


def _middle(cell: Cell) -> tuple[float, float]:
    x, y = cell.shape.centroid.coords[0]
    return float(x), float(y)


_WORK: dict[UnitKind, Callable[[Fleet, Unit, Driver, int], None]] = {
    UnitKind.MUCK_TRUCK: _muck,
    UnitKind.SWEEPER: _round,
    UnitKind.WATER_TRUCK: _round,
    UnitKind.MIXER: _mixer,
    UnitKind.GARBAGE_TRUCK: _garbage,
    UnitKind.INSPECTOR: _inspector,
}

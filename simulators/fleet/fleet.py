"""The fleet: how many of each kind, who breaks which rule, and the plans of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from model.vehicles import UnitKind
from simulators.city import City
from simulators.city.names import stream
from simulators.fleet.calendar import Appointments
from simulators.fleet.crews import CREWS
from simulators.fleet.driver import Driver
from simulators.fleet.unit import NO_TERMINAL, Unit

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


@dataclass(frozen=True, slots=True)
class Orders:
    """What one unit is told to do: its role, when (seconds of the plan), how long, how far, how
    fast."""

    role: str
    at_s: tuple[float, ...] = ()
    seconds: float | None = None
    metres: float | None = None
    kmh: float | None = None


HONEST = Orders("honest")


@dataclass(slots=True)
class Fleet:
    """All units of a city, their plans beginning at `origin_us` (whole seconds).

    `live_s`: where history ends and live begins, in seconds of the plan; None: nowhere. `orders`
    by kind and number: who is not named is honest; None: roles by turns and times by chance.
    `family`: in the identities, so that fleets can share a server. `papers`: muck trucks have
    permits and waybills. `unregistered`: so many of them, the last ones, are in no register.
    `routes`: garbage trucks drive timed routes. `roster`: inspectors work two short shifts a day.
    `terminals` by kind and number: protocol and transport, where they are not the usual ones.
    `appointments` by identity.
    """

    city: City
    seed: int
    origin_us: int
    live_s: float | None
    units: list[Unit]
    orders: Mapping[tuple[str, int], Orders] | None = None
    family: int = 0
    papers: bool = False
    unregistered: int = 0
    routes: bool = False
    roster: bool = False
    terminals: Mapping[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    appointments: dict[str, Appointments] = field(default_factory=dict)

    @property
    def reporting(self) -> list[Unit]:
        """Those that have a terminal."""
        return [unit for unit in self.units if unit.reports]

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
            if kind is UnitKind.MUCK_TRUCK and number >= count - fleet.unregistered:
                _take_terminal(fleet, fleet.units[-1])


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
    is_person = kind is UnitKind.INSPECTOR
    usual = ("handset", "mqtt") if is_person else ("jt808", "tcp")
    protocol, transport = fleet.terminals.get((kind.value, number), usual)
    edition = 2019 if serial % 3 == 0 else 2013
    unit = Unit(
        identity=_identity(fleet.family, serial, protocol),
        protocol=protocol,
        transport=transport,
        version=edition if protocol == "jt808" else 1,
        kind=kind.value,
        role="honest",
        name=f"{NAMES[kind]}{number + 1:02d}",
        plate=None if is_person else _plate(fleet.family, serial),
        owner="" if is_person else OWNERS[kind][number % len(OWNERS[kind])],
        origin_us=fleet.origin_us,
        interval_s=interval_s,
        phase_s=chance.randrange(interval_s),
        timeline=driver.timeline,
        chance=stream(fleet.seed, "noise", kind.value, number),
        number=number + 1,
    )
    CREWS[kind](fleet, unit, driver, number)
    return unit


def _take_terminal(fleet: Fleet, unit: Unit) -> None:
    """A server knows it by its plate, once a camera has seen that."""
    fleet.appointments[unit.plate or ""] = fleet.appointments.pop(unit.identity)
    unit.protocol, unit.identity = NO_TERMINAL, unit.plate or ""


def _plate(family: int, serial: int) -> str:
    """No two of fleets that share a server are the same."""
    if not family:
        return f"测A{10000 + serial * 7 % 90000:05d}"
    return f"测{'BCDEFGHJKL'[family // 100]}{family % 100:02d}{serial:04d}"


def _identity(family: int, serial: int, protocol: str) -> str:
    if protocol == "jt808":
        return f"138{family:03d}{serial:05d}"
    name = f"CG{family:03d}{serial:05d}" if family else f"CG{serial:05d}"
    return f"{name}/phone" if protocol == "owntracks" else name

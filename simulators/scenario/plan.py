"""Scenario -> fleet with orders, faults in place, and what is expected of the server."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from model.vehicles import VEHICLES, UnitKind
from simulators.city import build_city
from simulators.fleet.fleet import SHARES, Fleet, Orders, fill
from simulators.fleet.papers import TO_GATE_S, Sight
from simulators.fleet.work.inspector import ROUNDS as CHECK_IN_ROUNDS
from simulators.play import SETTLE_S
from simulators.scenario.faults import place_faults
from simulators.scenario.form import Behaviour, Expected, ExpectedStorm, Scenario
from simulators.scenario.naming import DAY_S, Clockwork, Names
from simulators.scenario.reading import Source
from simulators.scenario.terminals import terminals_of
from simulators.scenario.wire import Line
from simulators.truth import Hidden

LOCAL = timezone(timedelta(hours=8))  # the district's; it has no summer time
CITY_SEED = 7  # one city for all scenarios: they can share a server
MAX_WAIT_S = 1_500.0  # so late after its time may a behaviour begin
MAX_UNITS = 1_350
CAMERA_CONFIDENCE = 0.97
MUCK, MIXER, INSPECTOR = (UnitKind.MUCK_TRUCK,), (UnitKind.MIXER,), (UnitKind.INSPECTOR,)
ROUNDS = (UnitKind.SWEEPER, UnitKind.WATER_TRUCK)
# deed: kinds of unit, role in the unit's work
DEEDS: dict[str, tuple[tuple[UnitKind, ...], str]] = {
    "leaves_uncovered": (MUCK, "uncovered"),
    "leaves_route": (MUCK, "detour"),
    "drives_through_centre": (MUCK, "through_centre"),
    "leaves_unwashed": (MUCK, "unwashed"),
    "dumps_outside": (MUCK, "dumps"),
    "turns_back": (MUCK, "turns_back"),
    "speeds": ((*MUCK, *MIXER), "speeds"),
    "enters_closed_area": ((*MUCK, *MIXER), "closed_area"),
    "discharges_outside": (MIXER, "roadside"),
    "drives_without_rest": (MIXER, "restless"),
    "does_not_spray": ((UnitKind.WATER_TRUCK,), "dry"),
    "does_not_sweep": ((UnitKind.SWEEPER,), "brush_up"),
    "works_too_fast": (ROUNDS, "too_fast"),
    "leaves_area": (ROUNDS, "leaves_area"),
    "stands_at_roadside": (ROUNDS, "stands"),
    "skips_stands": ((UnitKind.GARBAGE_TRUCK,), "skips_stands"),
    "works_half": ((UnitKind.WATER_TRUCK,), "half"),
    "takes_short_cut": ((UnitKind.GARBAGE_TRUCK,), "short_cut"),
    "turns_home": ((UnitKind.GARBAGE_TRUCK,), "turns_home"),
    "stays_in_depot": (ROUNDS, "idle"),
    "leaves_grid": (INSPECTOR, "off_grid"),
    "falls_silent": (INSPECTOR, "silent"),
    "stands_about": (INSPECTOR, "stays"),
    "walks_little": (INSPECTOR, "lazy"),
    "signs_off": (INSPECTOR, "signs_off"),
    "skips_check_ins": (INSPECTOR, "skips_check_ins"),
    "shuffles_check_ins": (INSPECTOR, "shuffles_check_ins"),
    "stops_short": (INSPECTOR, "stops_short"),
    "forgets_check_ins": (INSPECTOR, "forgets_check_ins"),
    "mocks_position": (INSPECTOR, "mocked"),
    "goes_offline": (VEHICLES, "offline"),
    "loses_satellites": ((*VEHICLES, *INSPECTOR), "blind"),
    "freezes": (VEHICLES, "frozen"),
    "jumps": (VEHICLES, "jumps"),
    "loses_power": (VEHICLES, "power_cut"),
    "loses_antenna": (VEHICLES, "antenna_cut"),
    "loses_ignition_wire": (VEHICLES, "ignition_wire"),
    "loses_body_wire": (MUCK, "body_wire"),
    "loses_permit": (MUCK, "unpermitted"),
    "is_sent_elsewhere": (MUCK, "misdirected"),
    "gets_waybill_late": (MUCK, "late_waybill"),
    "gets_idle_waybill": (MUCK, "idle_waybill"),
}
# role: the option of the fleet that it needs, and how that must be set
ONLY_WITH: dict[str, tuple[str, bool]] = {
    "skips_stands": ("routes", False),
    **dict.fromkeys(("short_cut", "turns_home"), ("routes", True)),
    **dict.fromkeys(("lazy", "signs_off", *CHECK_IN_ROUNDS), ("roster", True)),
    **dict.fromkeys(
        ("unpermitted", "misdirected", "late_waybill", "idle_waybill"), ("papers", True)
    ),
}


@dataclass(frozen=True, slots=True)
class Stated:
    """An explicit expectation: of these units, in seconds of the plan."""

    rule: str
    identities: frozenset[str]
    from_s: float
    to_s: float


@dataclass(slots=True)
class Plan:
    """A scenario made concrete. Seconds count from the fleet's origin."""

    name: str
    scenario: Scenario
    source: Source
    fleet: Fleet
    end_s: int
    lines: dict[str, Line]
    hidden: Hidden
    must: list[Stated]
    must_not: list[Stated]
    storms: list[Stated]

    @property
    def restarts_s(self) -> list[float]:
        """When the server is stopped and started again."""
        return sorted({at_s for line in self.lines.values() for at_s in line.restarts_s})

    @property
    def vehicle_hours(self) -> float:
        """Units (inspectors too) times hours."""
        return len(self.fleet.units) * self.scenario.hours


def origin_us(scenario: Scenario, after_us: int | None = None) -> int:
    """When the plan begins: at its start, or whole days later so that it is after `after_us`."""
    start = datetime.strptime(scenario.start, "%Y-%m-%d %H:%M").replace(tzinfo=LOCAL)
    start_us = int(start.timestamp()) * 1_000_000
    if after_us is not None and start_us <= after_us:
        days = (after_us - start_us) // (DAY_S * 1_000_000) + 1
        start_us += days * DAY_S * 1_000_000
    return start_us


def make_plan(
    name: str, scenario: Scenario, source: Source, *, after_us: int | None = None
) -> Plan:
    """The plan of a scenario. Raises ScenarioProblem with the line of what cannot be."""
    try:
        start_us = origin_us(scenario, after_us)
    except ValueError as error:
        raise source.problem(("start",), f"no such day: {scenario.start}; {error}") from error
    fleet = _build(name, scenario, source, start_us)
    clockwork, names = Clockwork(scenario, source), Names(fleet, source)
    end_s = int(scenario.hours * 3_600)
    _check_times(fleet, scenario, source, end_s)
    _issue_papers(fleet, end_s + SETTLE_S, cameras=scenario.fleet.cameras)
    hidden = Hidden()
    lines = place_faults(fleet, scenario, source, clockwork, names, hidden=hidden)
    must = list(_stated(scenario.must, "must", clockwork, names))
    must_not = list(_stated(scenario.must_not, "must_not", clockwork, names))
    storms = list(_stated(scenario.storms, "storms", clockwork, names))
    return Plan(name, scenario, source, fleet, end_s, lines, hidden, must, must_not, storms)


def _build(name: str, scenario: Scenario, source: Source, start_us: int) -> Fleet:
    form = scenario.fleet
    counts = {kind: getattr(form, kind.value) for kind in SHARES}
    if not 0 < sum(counts.values()) <= MAX_UNITS:
        raise source.problem(("fleet",), f"has no unit, or too many; allowed: 1 to {MAX_UNITS}")
    if form.roles == "usual" and scenario.behaviours:
        raise source.problem(("behaviours",), "only with fleet.roles: honest")
    for special in ("papers", "routes", "roster", "terminals"):
        if form.roles == "usual" and getattr(form, special):
            raise source.problem(("fleet", special), "only with fleet.roles: honest")
    if form.cameras and not form.papers:
        raise source.problem(("fleet", "cameras"), "only with fleet.papers: true")
    if form.unregistered and not form.cameras:
        raise source.problem(("fleet", "unregistered"), "only with fleet.cameras: true")
    if form.unregistered > form.muck_truck:
        text = f"allowed: up to the {form.muck_truck} muck trucks of the fleet"
        raise source.problem(("fleet", "unregistered"), text)
    orders = None if form.roles == "usual" else _orders(scenario, source, counts)
    family = zlib.crc32(name.encode()) % 999 + 1
    fleet = Fleet(
        build_city(CITY_SEED), scenario.seed, start_us, None, [], orders, family, form.papers,
        form.unregistered, form.routes, form.roster, terminals_of(scenario, source, counts),
    )  # fmt: skip
    fill(fleet, counts, scenario.interval_s)
    return fleet


def _orders(
    scenario: Scenario, source: Source, counts: dict[UnitKind, int]
) -> dict[tuple[str, int], Orders]:
    clockwork = Clockwork(scenario, source)
    orders: dict[tuple[str, int], Orders] = {}
    for index, behaviour in enumerate(scenario.behaviours):
        place = ("behaviours", index)
        kinds, role = DEEDS[behaviour.does]
        kind, number = _unit_of(behaviour, kinds, counts, source, place)
        if (kind.value, number) in orders:
            raise source.problem((*place, "unit"), f"{behaviour.unit} has another behaviour")
        option, wanted = ONLY_WITH.get(role, ("", True))
        if option and getattr(scenario.fleet, option) is not wanted:
            text = f"only with fleet.{option}: {'true' if wanted else 'false'}"
            raise source.problem((*place, "does"), text)
        seconds = behaviour.minutes * 60 if behaviour.minutes else None
        at_s = clockwork.second(behaviour.at, (*place, "at"))
        orders[kind.value, number] = Orders(role, (at_s,), seconds, behaviour.metres, behaviour.kmh)
    return orders


def _unit_of(
    behaviour: Behaviour,
    kinds: tuple[UnitKind, ...],
    counts: dict[UnitKind, int],
    source: Source,
    place: tuple[str | int, ...],
) -> tuple[UnitKind, int]:
    """Kind and number, from 0, of the unit that a behaviour names."""
    words = {kind.value.replace("_", " "): kind for kind in kinds}
    name, _, number = behaviour.unit.rpartition(" ")
    count = counts[words[name]] if name in words else 0
    if not number.isdigit() or not 1 <= int(number) <= count:
        there = [f"{word} 1 to {counts[kind]}" for word, kind in words.items() if counts[kind]]
        allowed = ", ".join(there) or f"none: the fleet has no {' or '.join(words)}"
        text = f"{behaviour.unit} cannot be one that {behaviour.does}; allowed: {allowed}"
        raise source.problem((*place, "unit"), text)
    return words[name], int(number) - 1


def _check_times(fleet: Fleet, scenario: Scenario, source: Source, end_s: int) -> None:
    """Each behaviour really begins near its time: the plan is written out to see."""
    units = {(unit.kind, unit.number): unit for unit in fleet.units}
    for index, behaviour in enumerate(scenario.behaviours):
        name, _, number = behaviour.unit.rpartition(" ")
        unit = units[name.replace(" ", "_"), int(number)]
        unit.timeline.reach(end_s)
        due = fleet.appointments[unit.identity]
        assert due.agenda is not None
        late_s = due.kept[0] - due.agenda[0] if due.kept else None
        if late_s is None or abs(late_s) > MAX_WAIT_S:
            raise source.problem(("behaviours", index, "at"), _too_late(behaviour, late_s))


def _issue_papers(fleet: Fleet, to_s: int, *, cameras: bool) -> None:
    """What trucks hold on paper, and when cameras see them: known once their plans are written."""
    for unit in fleet.units:
        if unit.papers is None:
            continue
        unit.timeline.reach(to_s)
        unit.papers.issue(to_s)
        if cameras:
            unit.papers.seen += [
                Sight(run.left_s + TO_GATE_S, unit.plate or "", CAMERA_CONFIDENCE)
                for run in unit.papers.runs
            ]


def _too_late(behaviour: Behaviour, late_s: float | None) -> str:
    if late_s is None:
        return f"{behaviour.unit} does not come to it before the end; allowed: an earlier time"
    return (
        f"{behaviour.unit} comes to it {late_s / 60:+.0f} min from {behaviour.at}; allowed:"
        f" within {MAX_WAIT_S / 60:.0f} min of when its work lets it"
    )


def _stated(
    entries: Sequence[Expected | ExpectedStorm], title: str, clockwork: Clockwork, names: Names
) -> Iterator[Stated]:
    for index, entry in enumerate(entries):
        place, field = (title, index), "unit" if isinstance(entry, Expected) else "units"
        named = [entry.unit] if isinstance(entry, Expected) else entry.units
        units = [unit for name in named for unit in names.units(name, (*place, field))]
        from_s, to_s = clockwork.span(entry.since, entry.until, place)
        yield Stated(entry.rule, frozenset(u.identity for u in units), from_s, to_s)

"""Puts a scenario's faults on its units; notes what they hide from the judge."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from simulators.city.names import stream
from simulators.fleet.fleet import Fleet
from simulators.fleet.habits import Span
from simulators.fleet.papers import Sight
from simulators.fleet.receiver import Frozen, NoFix
from simulators.fleet.unit import Unit
from simulators.scenario.fix_faults import Canyon, Drift, Loss, Outliers, Sensor, Skew, flaps
from simulators.scenario.form import Fault, Scenario
from simulators.scenario.naming import Clockwork, Names
from simulators.scenario.reading import Source
from simulators.scenario.spans import Timing
from simulators.scenario.wire import Line
from simulators.truth import Hidden

SHARED = ("area_gnss_loss", "reconnect_storm", "server_restart")  # at the same time for everybody
PIECES = (
    "tunnel",
    "area_gnss_loss",
    "urban_canyon",
    "frozen_fixes",
    "dead_sensor",
    "outage",
    "slow_reader",
)
MAX_CANYON_M = 80.0
MISREAD_AS = "BDGQZ"  # what a digit looks like; no plate of the fleet ends so
MAX_DRIFT_M, MAX_SKEW_S, MAX_OUTLIER_M = 30.0, 120.0, 2_000.0


@dataclass(slots=True)
class Spot:
    """A fault on a unit: when, with which chance, and what it may note."""

    fault: Fault
    unit: Unit
    line: Line
    spans: list[Span]
    chance_name: str
    hidden: Hidden
    seed: int

    def chance(self) -> random.Random:
        """The fault's own stream of chance on this unit."""
        return stream(self.seed, self.chance_name, self.unit.identity)

    def note(self, where: dict[str, list[Span]]) -> None:
        """Tell the judge of the fault's spans."""
        where.setdefault(self.unit.identity, []).extend(self.spans)


def _drift(spot: Spot) -> None:
    sigma_m = spot.fault.size or 8.0
    spot.unit.spoil.append(Drift(spot.spans, sigma_m, spot.chance()).apply)


def _outliers(spot: Spot) -> None:
    size_m = spot.fault.size or 200.0
    fault = Outliers(spot.spans, spot.fault.rate, size_m, spot.chance())
    spot.unit.spoil.append(fault.apply)


def _no_fix(spot: Spot) -> None:
    spot.unit.spoil.append(NoFix(spot.spans).apply)
    spot.note(spot.hidden.blind)


def _canyon(spot: Spot) -> None:
    chance = spot.chance()
    angles = [chance.uniform(0, 2 * math.pi) for _ in spot.spans]
    spot.unit.spoil.append(Canyon(spot.spans, spot.fault.size or 40.0, angles).apply)
    spot.note(spot.hidden.elsewhere)


def _frozen(spot: Spot) -> None:
    spot.unit.spoil.append(Frozen(spot.spans).apply)
    spot.note(spot.hidden.elsewhere)


def _skew(spot: Spot) -> None:
    seconds = round(spot.fault.size if spot.fault.size is not None else 40.0)
    spot.unit.skew_s += seconds
    spot.unit.spoil.append(Skew(seconds).apply)


def _dead(spot: Spot) -> None:
    signal = spot.fault.signal or "cover_closed"
    fault = Sensor(spot.spans, signal, flapping=False)
    spot.unit.spoil.append(fault.apply)
    spot.hidden.dead.setdefault((spot.unit.identity, signal), []).extend(spot.spans)


def _flapping(spot: Spot) -> None:
    """A wrong word alone accuses nobody; next to a short breach it makes a longer one of it."""
    signal, chance = spot.fault.signal or "cover_closed", spot.chance()
    wrong = [flap for span in spot.spans for flap in flaps(span, spot.fault.rate, chance)]
    spot.unit.spoil.append(Sensor(wrong, signal, flapping=True).apply)
    spot.hidden.wrong.setdefault((spot.unit.identity, signal), []).extend(wrong)


def _loss(spot: Spot) -> None:
    spot.unit.spoil.append(Loss(spot.spans, spot.fault.rate, spot.chance()).apply)
    spot.hidden.slack_s = max(spot.hidden.slack_s, 4.0 * spot.unit.interval_s)


def _outage(spot: Spot) -> None:
    spot.unit.habits.dead_zones.extend(spot.spans)
    spot.unit.newest_first = True


def _duplicates(spot: Spot) -> None:
    spot.line.duplicates = spot.fault.rate


def _damaged(spot: Spot) -> None:
    spot.line.damaged = spot.fault.rate


def _bytewise(spot: Spot) -> None:
    spot.line.bytewise = spot.fault.rate


def _storm(spot: Spot) -> None:
    spot.line.storms_s += tuple(span.from_s for span in spot.spans)


def _restart(spot: Spot) -> None:
    spot.line.restarts_s += tuple(span.from_s for span in spot.spans)


def _slow(spot: Spot) -> None:
    spot.line.slow += tuple(spot.spans)


def _misread(spot: Spot) -> None:
    """One character wrong, and the camera knows that it is unsure."""
    papers, chance = spot.unit.papers, spot.chance()
    confidence = (spot.fault.size or 60.0) / 100
    for number, sight in enumerate(papers.seen if papers else ()):
        drawn, wrong = chance.random(), sight.plate[:-1] + MISREAD_AS[chance.randrange(5)]
        timely = any(span.from_s <= sight.at_s < span.to_s for span in spot.spans)
        if timely and drawn < spot.fault.rate and papers:
            papers.seen[number] = Sight(sight.at_s, wrong, confidence)


_PLACE: dict[str, Callable[[Spot], None]] = {
    "gnss_drift": _drift,
    "outliers": _outliers,
    "tunnel": _no_fix,
    "area_gnss_loss": _no_fix,
    "urban_canyon": _canyon,
    "frozen_fixes": _frozen,
    "clock_skew": _skew,
    "dead_sensor": _dead,
    "flapping_sensor": _flapping,
    "packet_loss": _loss,
    "outage": _outage,
    "duplicates": _duplicates,
    "damaged_frames": _damaged,
    "bytewise": _bytewise,
    "reconnect_storm": _storm,
    "server_restart": _restart,
    "slow_reader": _slow,
    "misread_plates": _misread,
}
_LARGEST = {
    "gnss_drift": MAX_DRIFT_M,
    "outliers": MAX_OUTLIER_M,
    "urban_canyon": MAX_CANYON_M,
    "clock_skew": MAX_SKEW_S,
    "misread_plates": 100.0,
}


def place_faults(
    fleet: Fleet,
    scenario: Scenario,
    source: Source,
    clockwork: Clockwork,
    names: Names,
    *,
    hidden: Hidden,
) -> dict[str, Line]:
    """Spoil the units; returns each unit's line by identity. Raises ScenarioProblem."""
    lines = {
        unit.identity: Line(stream(scenario.seed, "line", unit.identity)) for unit in fleet.units
    }
    for index, fault in enumerate(scenario.faults):
        place = ("faults", index)
        _check(fault, source, place)
        since_s, until_s = clockwork.span(fault.since, fault.until, place)
        piece_s = fault.minutes * 60 if fault.minutes else None
        rate = fault.rate if fault.kind in PIECES else 1.0
        timing = Timing(since_s, until_s, piece_s, rate)
        title = f"fault {index} {fault.kind} {fault.seed}"
        meant = {
            u.identity: u for name in fault.units for u in names.units(name, (*place, "units"))
        }
        for unit in meant.values():
            spots = "" if fault.kind in SHARED else unit.identity
            spans = timing.spans(stream(scenario.seed, title, "when", spots))
            line = lines[unit.identity]
            spot = Spot(fault, unit, line, spans, title, hidden, scenario.seed)
            _PLACE[fault.kind](spot)
    return lines


def _check(fault: Fault, source: Source, place: tuple[str | int, ...]) -> None:
    """Sizes and times that make no sense for the kind."""
    largest = _LARGEST.get(fault.kind)
    if fault.size is not None and largest is None:
        allowed = ", ".join(_LARGEST)
        raise source.problem((*place, "size"), f"{fault.kind} has no size; allowed: of {allowed}")
    if fault.size is not None and largest is not None and not 0 < abs(fault.size) <= largest:
        raise source.problem((*place, "size"), f"allowed: up to {largest:g}, not 0")
    if fault.size is not None and fault.size < 0 and fault.kind != "clock_skew":
        raise source.problem((*place, "size"), "allowed: more than 0")
    if fault.signal is not None and fault.kind not in ("dead_sensor", "flapping_sensor"):
        allowed = "of dead_sensor and flapping_sensor"
        raise source.problem((*place, "signal"), f"{fault.kind} has no signal; allowed: {allowed}")
    if fault.kind in PIECES and fault.rate < 1 and fault.minutes is None:
        text = "a share of time needs minutes: how long it lasts each time"
        raise source.problem(
            (*place, "rate"), f"{text}; allowed: rate with minutes, or from and to"
        )

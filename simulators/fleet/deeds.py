"""What befalls a unit, whatever its work: cut wires, lost satellites, silence, papers amiss."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from model.signals import NO, YES
from simulators.fleet.calendar import Appointments
from simulators.fleet.habits import Bias, Span
from simulators.fleet.timeline import Change
from simulators.fleet.unit import Unit

AHEAD_S = 10_800.0  # deeds are written so far ahead: longer than any single step of work
JUMP_EVERY_S, JUMP_M = 240.0, 8_000.0
Do = Callable[[Unit, Span, float | None], None]


@dataclass(frozen=True, slots=True)
class Deed:
    """What it does to the unit in a span (metres where it has some), and how long by default."""

    do: Do
    seconds: float


def _says(signal: str, state: int) -> Do:
    def do(unit: Unit, span: Span, _metres: float | None) -> None:
        unit.timeline.changes.append(Change(span.from_s, span.to_s, signal, state))

    return do


def _lose_satellites(unit: Unit, span: Span, _metres: float | None) -> None:
    unit.habits.blind.append(span)


def _freeze(unit: Unit, span: Span, _metres: float | None) -> None:
    unit.habits.frozen.append(span)


def _fall_silent(unit: Unit, span: Span, _metres: float | None) -> None:
    unit.habits.silences.append(span)


def _paper(fault: Literal["unpermitted", "misdirected", "late", "idle"]) -> Do:
    def do(unit: Unit, span: Span, _metres: float | None) -> None:
        assert unit.papers is not None
        getattr(unit.papers, fault).append(span)

    return do


def _jump(unit: Unit, span: Span, metres: float | None) -> None:
    """There and back, every four minutes."""
    angle = unit.number * 2.4
    east_m, north_m = ((metres or JUMP_M) * turn(angle) for turn in (math.cos, math.sin))
    start_s = span.from_s
    while start_s + JUMP_EVERY_S <= span.to_s + 1:
        bias = Bias(start_s, start_s + JUMP_EVERY_S, east_m, north_m)
        unit.habits.biases.append(bias)
        start_s += 2 * JUMP_EVERY_S


DEEDS: dict[str, Deed] = {
    "power_cut": Deed(_says("main_power_ok", NO), 600.0),
    "antenna_cut": Deed(_says("antenna_ok", NO), 600.0),
    "ignition_wire": Deed(_says("ignition", NO), 900.0),
    "body_wire": Deed(_says("body_raised", NO), 93_600.0),
    "mocked": Deed(_says("mocked", YES), 600.0),
    "blind": Deed(_lose_satellites, 1_500.0),
    "frozen": Deed(_freeze, 900.0),
    "jumps": Deed(_jump, 1_200.0),
    "offline": Deed(_fall_silent, 3_000.0),
    "unpermitted": Deed(_paper("unpermitted"), 7_200.0),
    "misdirected": Deed(_paper("misdirected"), 7_200.0),
    "late_waybill": Deed(_paper("late"), 3_600.0),
    "idle_waybill": Deed(_paper("idle"), 3_600.0),
}


def with_deed(
    work: Iterator[None],
    unit: Unit,
    due: Appointments,
    seconds: float | None,
    metres: float | None,
) -> Iterator[None]:
    """The unit's work, and at its appointments the deed of its role, if that is one."""
    deed = DEEDS.get(unit.role)
    if deed is None:
        yield from work
        return
    while True:
        while due.due_s < unit.timeline.end_s + AHEAD_S:
            at_s = due.due_s
            deed.do(unit, Span(at_s, at_s + (seconds or deed.seconds)), metres)
            due.done(at_s)
        next(work)
        yield

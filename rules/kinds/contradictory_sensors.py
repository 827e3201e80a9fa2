"""Work signals that contradict each other, or a load sensor that flaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model import signals
from model.rulebook import Rule
from model.vehicles import VEHICLES
from rules.contract import NO, UNKNOWN, YES, Column, Family, Memory, Note, Parameter
from rules.fixes import Fix, acquit_outside_schedule, fixes, numbers, where
from rules.following import Follower
from rules.readings import at_least, column_of, signal_is_yes, speed_kmh
from rules.registry import register
from rules.trilogic import Tri, all_of, negate
from rules.view import View
from rules.wording import Words

_MINUTE_US = 60_000_000
_PARAMETERS = (
    Parameter(
        "toggles", "times", 6, 2, 100,
        "时段内空载/满载变化超过此次数即为抖动",
        "more changes between empty and loaded within the period are flapping",
        "our default: three full trips in half an hour is more than any site allows",
    ),
    Parameter(
        "minutes", "min", 30, 1, 1_440, "计数时段", "the period in which changes are counted",
        "our default",
    ),
    Parameter(
        "moving_kmh", "km/h", 15, 1, 100,
        "点火关闭而速度达到此值即为矛盾", "ignition off at this speed or more is a contradiction",
        "our default: above the drift of a parked receiver and above pushing",
    ),
    Parameter(
        "raised_kmh", "km/h", 60, 10, 150,
        "举升状态下速度达到此值即为矛盾", "a raised body at this speed or more is a contradiction",
        "our default: a tipper with its body up cannot keep such a speed",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 120.0}
_WORDS = Words("传感器信号自相矛盾", "contradictory sensors", "最高{} km/h", "up to {} km/h")


class Contradiction(NamedTuple):
    """A signal that is yes while the ignition is off, or (`limit`) at a speed that forbids it."""

    signal: str
    while_off: bool
    limit: str | None


# `drum` is left out: mixers have an engine of their own for it.
CONTRADICTIONS = (
    Contradiction("spraying", while_off=True, limit=None),
    Contradiction("brush_down", while_off=True, limit=None),
    Contradiction("suction", while_off=True, limit=None),
    Contradiction("body_raised", while_off=False, limit="raised_kmh"),
)


class ContradictorySensors(Follower):
    """UNKNOWN only where not one contradiction can be told."""

    name = "contradictory_sensors"
    family: Family = "conduct"
    zh = "传感器矛盾"
    en = "Contradictory sensors"
    measure_name = "max_speed_kmh"
    vehicle_kinds: tuple[str, ...] = VEHICLES
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    parts = (
        ("contradiction", "信号互相矛盾，或载重信号频繁跳变",
         "signals contradict each other, or the load signal flaps"),
    )  # fmt: skip

    def follow(
        self, view: View, places: slice, memory: Memory, rule: Rule, parameters: dict[str, float]
    ) -> Column:
        """Memory: the last load state and the times of its latest changes."""
        steps = [(_step(fix, memory, parameters), fix.speed_kmh) for fix in fixes(view, places)]
        value: NDArray[np.int8] = np.array([value for value, _ in steps], np.int8)
        acquit_outside_schedule(value, view, places, rule)
        speed = [np.nan if speed is None else speed for _, speed in steps]
        return column_of(value, np.array(speed, np.float64))

    def notes(
        self,
        view: View,
        memories: Sequence[Memory],  # noqa: ARG002
        rule: Rule,  # noqa: ARG002
        parameters: dict[str, float],
    ) -> Sequence[Note]:
        """Time, load (tri-state), and whether a contradiction is known not to be there."""
        told = _contradictions(view, parameters)
        consistent = np.logical_or.reduce([one == NO for one in told])
        contradicts = np.logical_or.reduce([one == YES for one in told])
        load = signal_is_yes(view, "loaded").tolist()
        return where(~contradicts, *numbers(view, "time_us"), load, consistent.tolist())

    def passes(self, memory: Memory, note: tuple[Any, ...], parameters: dict[str, float]) -> bool:
        """The load is as before, and no change of it is to be forgotten."""
        time_us, load, consistent = note
        if load == UNKNOWN:
            return bool(consistent)
        if memory.get("loaded") != (load == YES):
            return False
        changes = memory["changes"]
        return not changes or (
            changes[0] > time_us - round(parameters["minutes"] * _MINUTE_US)
            and len(changes) <= round(parameters["toggles"])
        )

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _contradictions(view: View, parameters: dict[str, float]) -> list[Tri]:
    """Of all fixes what `_contradiction` and `_driving_while_off` say of one."""
    off, speed = negate(signal_is_yes(view, "ignition")), speed_kmh(view)
    against = [
        off if entry.while_off else at_least(speed, parameters[entry.limit or ""])
        for entry in CONTRADICTIONS
    ]
    told = [
        all_of(signal_is_yes(view, entry.signal), its)
        for entry, its in zip(CONTRADICTIONS, against, strict=True)
    ]
    return [*told, all_of(off, at_least(speed, parameters["moving_kmh"]))]


def _step(fix: Fix, memory: Memory, parameters: dict[str, float]) -> int:
    told = [_contradiction(fix, entry, parameters) for entry in CONTRADICTIONS]
    told += [_driving_while_off(fix, parameters), _flapping(fix, memory, parameters)]
    if YES in told:
        return YES
    return NO if NO in told else UNKNOWN


def _contradiction(fix: Fix, entry: Contradiction, parameters: dict[str, float]) -> int:
    state = fix.signal(entry.signal)
    if state == signals.NO:
        return NO
    if entry.while_off:
        against: int | None = _ignition_off(fix)
    else:
        speed = fix.speed_kmh
        against = None if speed is None else int(speed >= parameters[entry.limit or ""])
    if against == 0:
        return NO
    return UNKNOWN if against is None or state == signals.UNKNOWN else YES


def _driving_while_off(fix: Fix, parameters: dict[str, float]) -> int:
    off, speed = _ignition_off(fix), fix.speed_kmh
    if off == 0 or (speed is not None and speed < parameters["moving_kmh"]):
        return NO
    return UNKNOWN if off is None or speed is None else YES


def _ignition_off(fix: Fix) -> int | None:
    """1 off, 0 on, None unknown."""
    state = fix.signal("ignition")
    return None if state == signals.UNKNOWN else int(state == signals.NO)


def _flapping(fix: Fix, memory: Memory, parameters: dict[str, float]) -> int:
    """Half a load and a full one are both loaded."""
    state = fix.signal("loaded")
    if state == signals.UNKNOWN:
        return UNKNOWN
    loaded = state >= signals.YES
    oldest_us = fix.time_us - round(parameters["minutes"] * _MINUTE_US)
    changes = [time_us for time_us in memory.get("changes", ()) if time_us > oldest_us]
    if memory.get("loaded", loaded) != loaded:
        changes.append(fix.time_us)
    allowed = round(parameters["toggles"])
    memory["loaded"] = loaded
    memory["changes"] = changes[-allowed - 1 :]
    return YES if len(changes) > allowed else NO


register(ContradictorySensors())

"""Facts of the rule over dead sensors: what has not changed on several days of driving."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from model.signals import UNKNOWN
from model.signals import field as signal_field
from model.vehicles import UnitKind
from simulators.facts.scene import Facts, Mask, Scene
from simulators.fleet.calendar import DAY_S, LOCAL_OFFSET_S

WORKING_DAYS = 3  # the city's rule; its trucks make several trips a day
SURELY_DRIVING_KMH, MAYBE_DRIVING_KMH = 18.0, 12.0  # the rule's is 15
SENSORS: dict[str, tuple[str, ...]] = {
    UnitKind.MUCK_TRUCK.value: ("loaded", "cover_closed", "body_raised"),
    UnitKind.SWEEPER.value: ("brush_down",),
    UnitKind.WATER_TRUCK.value: ("spraying",),
    UnitKind.MIXER.value: ("drum",),
    UnitKind.GARBAGE_TRUCK.value: ("loaded",),
}


def dead_sensor(scene: Scene) -> Facts:
    """Driven on three local days since one of its sensors has changed."""
    day = (scene.unit.origin_us // 1_000_000 + scene.at.time_s + LOCAL_OFFSET_S) // DAY_S
    sure, maybe = scene.none(), scene.none()
    for name in SENSORS[scene.unit.kind]:
        sure |= _unchanged(scene, name, day, scene.kmh > SURELY_DRIVING_KMH, "sure")
        maybe |= _unchanged(scene, name, day, scene.kmh > MAYBE_DRIVING_KMH, "maybe")
    return sure, maybe


def _unchanged(scene: Scene, name: str, day: NDArray[np.int64], driven: Mask, which: str) -> Mask:
    """Where WORKING_DAYS days of driving lie behind since the sensor changed."""
    state, mask, key = signal_field(scene.at.signals, name), scene.none(), f"{which} {name}"
    last, days = scene.memory.get(key, (UNKNOWN, set()))
    told = np.flatnonzero(state != UNKNOWN)
    if last == UNKNOWN and not len(told):
        return mask
    before = np.concatenate([[last], state[told][:-1]])
    changes = told[state[told] != before[: len(told)]].tolist()
    for start, end in pairwise([0, *changes, len(state)]):
        days = set() if start in changes else days
        mask[start:end] = len(days) >= WORKING_DAYS
        on_days = day[start:end][driven[start:end]]
        if len(on_days) and on_days[0] == on_days[-1]:
            on_days = on_days[:1]  # nearly always: an hour has one day
        for one in np.unique(on_days).tolist():
            days = {*days, one}
            if len(days) >= WORKING_DAYS:
                first = int(np.argmax(driven[start:end] & (day[start:end] == one)))
                mask[start + first : end] = True
    scene.memory[key] = (int(state[told[-1]]) if len(told) else last, days)
    return mask

"""Facts of the conduct rules: speed, and what a terminal says or does not say of itself."""

from __future__ import annotations

import numpy as np

from model.vehicles import UnitKind
from simulators.facts.scene import Facts, Mask, Scene, mask_of
from simulators.fleet.habits import Span

JUMPS, JUMPS_WITHIN_S, JUMP_TOLD_S = 3, 1_500, 240
DRIVEN_M = 270.0


def speeding(scene: Scene) -> Facts:
    """Faster than any road of the district allows; the rule's limit is 50 km/h."""
    return scene.kmh > 57, scene.kmh > 53.2


def power_cut(scene: Scene) -> Facts:
    """The terminal says that it has no main power, outside the yards."""
    cut = scene.denies("main_power_ok")
    if not cut.any():
        return cut, cut
    away_m = scene.away_m(("parking",))
    return cut & (away_m > 25), cut & (away_m > -25)


def antenna_cut(scene: Scene) -> Facts:
    """The terminal says that it has no antenna."""
    cut = scene.denies("antenna_ok")
    return cut, cut.copy()


def mocked_position(scene: Scene) -> Facts:
    """The handset says that its place is made up, on duty."""
    mocked = scene.says("mocked") & scene.unit.on_shift(scene.at.time_s)
    return mocked, mocked.copy()


def contradictory_sensors(scene: Scene) -> Facts:
    """Ignition off while it drives or works; a raised body at high speed."""
    off = scene.denies("ignition")
    works = scene.says("spraying") | scene.says("brush_down") | scene.says("suction")
    fast = scene.says("body_raised") & (scene.kmh > 55)
    sure = off & (works | ((scene.kmh > 18) & ~scene.blind))
    return sure, off & (works | (scene.kmh > 12)) | fast


def gnss_lost(scene: Scene) -> Facts:
    """At work without a position; what a district suffers together is blamed on nobody."""
    if scene.unit.kind == UnitKind.INSPECTOR:
        at_work = scene.unit.on_shift(scene.at.time_s) & ~scene.denies("on_duty")
    else:
        at_work = scene.says("ignition")
    lost = mask_of(scene.unit.habits.blind, scene.at.time_s)
    return lost & at_work, (lost | scene.blind) & at_work


def frozen_position(scene: Scene) -> Facts:
    """The place stands still while the odometer runs on."""
    sure = scene.none()
    maybe = scene.elsewhere.copy()
    for number, span in enumerate(scene.unit.habits.frozen):
        held = mask_of([span], scene.at.time_s)
        if held.any():
            first_m = float(scene.at.odometer_m[held][0])
            first_m = scene.memory.setdefault(f"odometer {number}", first_m)
            sure |= held & (scene.at.odometer_m - first_m > DRIVEN_M)
    return sure, maybe | sure


def impossible_jump(scene: Scene) -> Facts:
    """At least three jumps in less than half an hour: from the third on."""
    times = scene.unit.habits.jumps_s()
    told = [
        Span(third_s, third_s + JUMP_TOLD_S)
        for first_s, third_s in zip(times, times[JUMPS - 1 :], strict=False)
        if third_s - first_s < JUMPS_WITHIN_S
    ]
    mask = mask_of(told, scene.at.time_s)
    return mask, mask.copy()


def offline(scene: Scene) -> Facts:
    """Not heard of since it was at work."""
    sure = _worked_before(scene, scene.unit.habits.silences)
    return sure, sure | _worked_before(scene, scene.unit.habits.dead_zones)


def _worked_before(scene: Scene, spans: list[Span]) -> Mask:
    """The spans at whose beginning the ignition was on."""
    mask, on = scene.none(), scene.says("ignition")
    for number, span in enumerate(spans):
        inside = mask_of([span], scene.at.time_s)
        if inside.any():
            key = f"{span.from_s:.0f} {number}"
            mask |= inside & scene.memory.setdefault(key, bool(on[np.argmax(inside)]))
    return mask

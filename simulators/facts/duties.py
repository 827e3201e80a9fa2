"""Facts of the rules over windows: what was owed in them and not done; told at the due time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from model.signals import UNKNOWN
from model.signals import field as signal_field
from simulators.city.city import STAND_RADIUS_M, WORK_ROAD_HALF_WIDTH_M
from simulators.facts.scene import GRID_S, Facts, Mask, Scene
from simulators.fleet.unit import Duty

LATE_S = 1_800
TOLD_S = 60
STAY_S = 130  # of all stays at a point together, as far as they were seen: less may look like none
UNSEEN_SHARES = (0.1, 0.5)  # of a window: more, and the server may not, does not judge it
Due = Callable[[float, float], float]


def late_start(scene: Scene) -> Facts:
    """Hardly any work half an hour after the window's start."""
    return _owed(scene, lambda start, _end: start + LATE_S, (10.0, 240.0), share=False)


def not_working(scene: Scene) -> Facts:
    """Too little of the window worked; the city's rule asks for 30 %."""
    return _owed(scene, lambda _start, end: end, (0.18, 0.40), share=True)


def point_not_served(scene: Scene) -> Facts:
    """At the end of a window, a collection point at which the truck has not stopped in it."""
    sure, maybe = scene.none(), scene.none()
    duty = next((duty for duty in scene.unit.duties if duty.purpose == "collection"), None)
    time_s, stops, unseen = scene.at.time_s, None, None
    for start_s, due_s in windows(scene, duty):
        if stops is None or unseen is None:
            stops = _stops(scene, duty.fence_code) if duty else []
            unseen = scene.blind | scene.elsewhere | scene.silent
        window = (time_s >= start_s) & (time_s < due_s)
        blank = {"stays": [0] * len(stops), "seen": [0] * len(stops), "unseen": 0}
        known = scene.memory.setdefault(str(start_s), blank)
        for number, stop in enumerate(stops):
            known["stays"][number] += GRID_S * int((window & stop).sum())
            known["seen"][number] += GRID_S * int((window & stop & ~unseen).sum())
        known["unseen"] += GRID_S * int((window & unseen).sum())
        told = (time_s >= due_s) & (time_s < due_s + TOLD_S)
        unseen_share = (known["unseen"] + max(0, -start_s)) / (due_s - start_s)
        whole = start_s >= 0 and unseen_share < UNSEEN_SHARES[0]
        sure |= told & (min(known["stays"]) == 0) & whole
        maybe |= told & (min(known["seen"]) < STAY_S) & (unseen_share < UNSEEN_SHARES[1])
    return sure, maybe


def windows(
    scene: Scene, duty: Duty | None, due_of: Due = lambda _start, end: end
) -> Iterator[tuple[float, float]]:
    """(start, due time) of the duty's windows that these moments have to do with."""
    time_s = scene.at.time_s
    for start_min, end_min in (duty.windows or ()) if duty else ():
        opened_s = np.rint(time_s - (scene.local_minute - start_min) * 60).astype(np.int64)
        for start_s in np.unique(opened_s).tolist():
            due_s = due_of(start_s, start_s + (end_min - start_min) * 60)
            if due_s + TOLD_S >= time_s[0] and start_s <= time_s[-1]:
                yield start_s, due_s


def _stops(scene: Scene, code: str) -> list[Mask]:
    """For each point of a round where the truck stands at it."""
    standing = scene.kmh < 1
    nodes = scene.city.network.nodes
    found = []
    for node in scene.city.rounds()[code]:
        away_m = np.hypot(scene.at.x_m - nodes[node][0], scene.at.y_m - nodes[node][1])
        found.append(standing & (away_m < STAND_RADIUS_M))
    return found


def _owed(scene: Scene, due_of: Due, limits: tuple[float, float], *, share: bool) -> Facts:
    """Seconds (`share`: of the window) at work up to each due time, below the limits."""
    sure, maybe = scene.none(), scene.none()
    duty = next(duty for duty in scene.unit.duties if duty.purpose == "work_road")
    time_s = scene.at.time_s
    works = unseen = None
    for start_s, due_s in windows(scene, duty, due_of):
        if works is None or unseen is None:
            works, unseen = sprays_on_road(scene), work_unseen(scene)
        window = (time_s >= start_s) & (time_s < due_s)
        known = scene.memory.setdefault(str(start_s), {"worked": 0, "seen": 0, "unseen": 0})
        known["worked"] += GRID_S * int((window & works).sum())
        known["seen"] += GRID_S * int((window & works & ~unseen).sum())
        known["unseen"] += GRID_S * int((window & unseen).sum())
        told = (time_s >= due_s) & (time_s < due_s + TOLD_S)
        whole_s = due_s - start_s if share else 1.0
        unseen_share = (known["unseen"] + max(0, -start_s)) / (due_s - start_s)
        whole = start_s >= 0 and unseen_share < UNSEEN_SHARES[0]
        sure |= told & (known["worked"] / whole_s < limits[0]) & whole
        maybe |= told & (known["seen"] / whole_s < limits[1]) & (unseen_share < UNSEEN_SHARES[1])
    return sure, maybe


def sprays_on_road(scene: Scene) -> Mask:
    """Pump on, on the road, at the speed of the work."""
    duty = next(duty for duty in scene.unit.duties if duty.purpose == "work_road")
    road = next(road for road in scene.city.work_roads if road.code == duty.fence_code)
    works: Mask = scene.says("spraying") & (scene.kmh > 2) & (scene.kmh < 20)
    if works.any():
        works &= scene.to_line_m(road.line) < WORK_ROAD_HALF_WIDTH_M
    return works


def work_unseen(scene: Scene) -> Mask:
    """Where nobody sees it, or not whether it sprays."""
    unknown = signal_field(scene.at.signals, "spraying") == UNKNOWN
    unseen: Mask = scene.blind | scene.elsewhere | scene.silent | unknown
    return unseen

"""Facts of the dust rules: loads, brushes, pumps, drums, wash bays."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from shapely.geometry import Polygon

from model.signals import YES_ALSO
from model.signals import field as signal_field
from simulators.city.city import WORK_ROAD_HALF_WIDTH_M
from simulators.facts.scene import GRID_S, WORK_PLACES, Facts, Mask, Scene

WASH_S = (20, 110)  # shorter is no wash for sure, longer is one for sure
VISIT_S, LEFT_M, TOLD_S = 180, 110.0, 60
UNSEEN_S = 20.0  # so long without a position in the whole visit, and it may have washed
RECENT_S, LIFTED_S, VANISHED_S = 540, 25, 180


def uncovered(scene: Scene) -> Facts:
    """Loaded, cover open, driving."""
    open_load = scene.says("loaded") & scene.denies("cover_closed")
    return open_load & (scene.kmh > 8), open_load & (scene.kmh > 3)


def not_spraying(scene: Scene) -> Facts:
    """On the assigned road in its window, pump off."""
    return _idle(scene, "spraying", (4.5, 22.0), (2.0, 27.0))


def not_sweeping(scene: Scene) -> Facts:
    """On the assigned road, brush up."""
    return _idle(scene, "brush_down", (3.5, 22.0), (1.0, 27.0))


def _idle(
    scene: Scene, signal: str, sure_kmh: tuple[float, float], maybe_kmh: tuple[float, float]
) -> Facts:
    duty = next(duty for duty in scene.unit.duties if duty.purpose == "work_road")
    road = next(road for road in scene.city.work_roads if road.code == duty.fence_code)
    idle = scene.denies(signal)
    if duty.windows is not None:
        idle &= scene.within(duty.windows)
    if not idle.any():
        return idle, idle
    to_line_m, kmh = scene.to_line_m(road.line), scene.kmh
    sure = (to_line_m < WORK_ROAD_HALF_WIDTH_M - 8) & (kmh > sure_kmh[0]) & (kmh < sure_kmh[1])
    maybe = (to_line_m < WORK_ROAD_HALF_WIDTH_M + 25) & (kmh > maybe_kmh[0]) & (kmh < maybe_kmh[1])
    return idle & sure, idle & maybe


def sweeping_too_fast(scene: Scene) -> Facts:
    """Brush down, faster than brushes clean."""
    return scene.says("brush_down") & (scene.kmh > 17), scene.says("brush_down") & (scene.kmh > 14)


def spraying_too_fast(scene: Scene) -> Facts:
    """Pump on, faster than it wets."""
    return scene.says("spraying") & (scene.kmh > 22), scene.says("spraying") & (scene.kmh > 19)


def mixer_discharge(scene: Scene) -> Facts:
    """Drum in reverse away from every site and plant."""
    reverse: Mask = np.asarray(signal_field(scene.at.signals, "drum") == YES_ALSO)
    if not reverse.any():
        return reverse, reverse
    away_m = scene.away_m(("site", "plant"))
    return reverse & (away_m > 65), reverse & (away_m > 15)


def illegal_dumping(scene: Scene) -> Facts:
    """A body raised over a load, or a load gone, away from every place where it may go."""
    loaded, raised = scene.says("loaded"), scene.says("body_raised")
    full_s = float(scene.memory.get("full_s", -np.inf))
    gone_s = float(scene.memory.get("gone_s", -np.inf))
    up_s = int(scene.memory.get("up_s", 0))
    sure, maybe = scene.none(), scene.none()
    if not (raised.any() or gone_s > scene.at.time_s[0] - VANISHED_S):
        if loaded.any():
            scene.memory["full_s"] = float(scene.at.time_s[loaded][-1])
        return sure, maybe
    away_m = scene.away_m((*WORK_PLACES, "parking"))
    columns = (scene.at.time_s, loaded, raised, away_m > 25, away_m > 95)
    told = zip(*(column.tolist() for column in columns), strict=True)
    for place, (time_s, is_loaded, is_raised, off, far_off) in enumerate(told):
        full_s = time_s if is_loaded else full_s
        tips = is_raised and time_s - full_s < RECENT_S
        up_s = up_s + GRID_S if tips and off else 0
        gone_s = time_s if up_s > LIFTED_S else gone_s
        sure[place] = up_s > LIFTED_S and far_off
        maybe[place] = time_s - gone_s < VANISHED_S
    scene.memory.update(full_s=full_s, gone_s=gone_s, up_s=up_s)
    return sure, maybe


@dataclass(slots=True)
class _Visit:
    """The memory of a truck at a site; `code` "": at none."""

    code: str = ""
    in_site_s: int = 0
    washed_s: int = 0
    shown_s: int = 0  # washing in the bay by the place that it tells, too
    unseen_s: float = 0.0
    loaded: bool = False
    told_s: int = 0
    verdict: str = ""

    def enter(self, code: str) -> None:
        self.code, self.in_site_s, self.washed_s, self.unseen_s = code, 0, 0, 0.0
        self.shown_s, self.loaded = 0, False

    def step(
        self, *, loaded: bool, in_site: bool, washing: bool, shown: bool, unseen: bool
    ) -> None:
        if loaded and not self.loaded:
            self.washed_s = self.shown_s = 0
        self.loaded = loaded
        self.in_site_s += GRID_S * in_site
        self.washed_s += GRID_S * washing
        self.shown_s += GRID_S * shown
        self.unseen_s += GRID_S * unseen

    def leave(self) -> None:
        visited = self.in_site_s >= VISIT_S
        seen = self.unseen_s < UNSEEN_S
        unwashed = visited and seen and self.washed_s < WASH_S[0]
        self.verdict = "sure" if unwashed else "maybe" if self.shown_s < WASH_S[1] else ""
        self.code, self.told_s = "", TOLD_S


def unwashed_exit(scene: Scene) -> Facts:
    """Out of a site after loading without a stop in its bay; told for a minute from then on."""
    sure, maybe = scene.none(), scene.none()
    visit = _Visit(**scene.memory)
    sites = [place for place in scene.city.places if place.tag == "site"]
    in_site, away_m = scene.away_m(("site",)) < 0, scene.away_m(("site", "wash_bay"))
    if not (visit.code or visit.told_s or in_site.any()):
        return sure, maybe
    washing = (scene.away_m(("wash_bay",)) < -2) & (scene.kmh < 2)
    loaded, unseen = scene.says("loaded"), scene.blind | scene.elsewhere | scene.silent
    columns = (loaded, in_site, washing, washing & ~scene.elsewhere, unseen, away_m > LEFT_M)
    told = zip(*(column.tolist() for column in columns), strict=True)
    for place, (full, inside, washes, shown, hidden, gone) in enumerate(told):
        if inside and not visit.code:
            point = scene.points[place]
            visit.enter(next(s.code for s in sites if Polygon(s.ring).contains(point)))
        if visit.code:
            visit.step(loaded=full, in_site=inside, washing=washes, shown=shown, unseen=hidden)
            if gone:
                visit.leave()
        if visit.told_s:
            visit.told_s -= GRID_S
            sure[place], maybe[place] = visit.verdict == "sure", visit.verdict != ""
    scene.memory.update(asdict(visit))
    return sure, maybe

"""Facts of the rules over shifts of inspectors on a roster: told when a shift or a part ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from simulators.city.check_ins import RADIUS_M
from simulators.facts.duties import TOLD_S, UNSEEN_SHARES, windows
from simulators.facts.scene import GRID_S, Facts, Mask, Scene, mask_of
from simulators.fleet.unit import Duty

HERE_M, PERHAPS_HERE_M = 35.0, 75.0  # outside the cell; the rule's is 50 m and the accuracy
LATE_S, EARLY_S = 600.0, 900.0  # of the rules
PRESENT_S = (900, 2_700)  # surely, perhaps too little: the rule asks for 30 min
CAME_S = (60, 20)
GONE_S = (EARLY_S + 240, EARLY_S - 300)
WALKED_M = (2_300.0, 4_000.0)  # surely, perhaps too little: the rule asks for 3 km, of its fixes
TOLERANCE_S = 600.0  # of check-ins
NEAR_M = (RADIUS_M + 45, RADIUS_M - 8)  # farther was surely not there; nearer surely was
CHECKED_S = 45  # near for so long: two fixes
Memory = dict[str, Any]
Verdict = tuple[bool, bool]


class _Shift:
    """What the moments tell of an inspector on a roster."""

    def __init__(self, scene: Scene) -> None:
        away_m = np.full(len(scene.at.time_s), np.inf)
        for code in scene.fence_codes("grid"):
            cell = next(cell for cell in scene.city.cells if cell.code == code)
            away_m = np.minimum(away_m, -scene.depth_m(cell.shape))
        self.off = scene.denies("on_duty")
        late = mask_of(scene.unit.habits.dead_zones, scene.at.time_s)
        self.unseen = scene.silent | scene.blind | scene.elsewhere | late
        self.here: Mask = (away_m < HERE_M) & ~self.off
        self.perhaps_here: Mask = (away_m < PERHAPS_HERE_M) & ~self.off


Look = Callable[[Scene, _Shift, Mask, Memory], None]
Judge = Callable[[Memory, float], Verdict]


def late(scene: Scene) -> Facts:
    """Not there ten minutes after the shift's start."""
    return _judged(scene, _look_present, _late, lambda start, end: min(start + LATE_S, end))


def absent(scene: Scene) -> Facts:
    """Hardly there in the whole shift, or not heard of."""
    return _judged(scene, _look_present, _absent)


def left_early(scene: Scene) -> Facts:
    """Gone well before the end."""
    return _judged(scene, _look_last, _left_early)


def patrol_short(scene: Scene) -> Facts:
    """Hardly walked, or never in the cell."""
    return _judged(scene, _look_walked, _patrol_short)


def missed_check_in(scene: Scene) -> Facts:
    """Not at all points of the round, or not in their order, or not told so by hand."""
    return _judged(scene, _look_points, _missed, lambda _start, end: end + TOLERANCE_S)


def _judged(
    scene: Scene,
    look: Look,
    judge: Judge,
    due_of: Callable[[float, float], float] = lambda _start, end: end,
) -> Facts:
    sure, maybe = scene.none(), scene.none()
    if not scene.unit.on_roster:
        return sure, maybe
    time_s, seen = scene.at.time_s, None
    for start_s, due_s in windows(scene, Duty("", "shift", scene.unit.shift), due_of):
        seen = seen or _Shift(scene)
        window = (time_s >= start_s) & (time_s < due_s) & scene.unit.on_shift(time_s)
        known = scene.memory.setdefault(str(start_s), {"length_s": due_s - max(0.0, start_s)})
        known["unseen"] = known.get("unseen", 0) + GRID_S * int((window & seen.unseen).sum())
        look(scene, seen, window, known)
        told = (time_s >= due_s) & (time_s < due_s + TOLD_S)
        is_sure, is_maybe = judge(known, due_s)
        sure |= told & is_sure
        maybe |= told & (is_maybe or is_sure)
    return sure, maybe


def _unseen_share(known: Memory) -> float:
    return float(known["unseen"] / known["length_s"])


def _look_present(_scene: Scene, seen: _Shift, window: Mask, known: Memory) -> None:
    for name, rows in (("here", seen.here & ~seen.unseen), ("perhaps", seen.perhaps_here)):
        known[name] = known.get(name, 0) + GRID_S * int((window & rows).sum())


def _late(known: Memory, _due_s: float) -> Verdict:
    share = _unseen_share(known)
    never = known["perhaps"] <= CAME_S[1] and share < UNSEEN_SHARES[0]
    return never, known["here"] < CAME_S[0] and share < UNSEEN_SHARES[1]


def _absent(known: Memory, _due_s: float) -> Verdict:
    """A shift without any report is absence, one with some is not."""
    share, silent = _unseen_share(known), known["unseen"] >= known["length_s"] - GRID_S
    sure = silent or (known["perhaps"] < PRESENT_S[0] and share < UNSEEN_SHARES[0])
    return sure, known["here"] < PRESENT_S[1] and (silent or share < UNSEEN_SHARES[1])


def _look_last(scene: Scene, seen: _Shift, window: Mask, known: Memory) -> None:
    """When it was last there, and how long it was not seen since."""
    for name, rows in (("here", seen.here & ~seen.unseen), ("perhaps", seen.perhaps_here)):
        there = np.flatnonzero(window & rows)
        if len(there):
            known[name] = float(scene.at.time_s[there[-1]])
            known["unseen"] = 0
    since = window & (scene.at.time_s > known.get("perhaps", np.inf)) & ~seen.off
    known["lost"] = (known.get("lost", 0) if not (window & seen.perhaps_here).any() else 0) + (
        GRID_S * int((since & seen.unseen).sum())
    )


def _left_early(known: Memory, due_s: float) -> Verdict:
    gone_s = due_s - known.get("perhaps", np.inf)
    sure = gone_s > GONE_S[0] and known["lost"] < UNSEEN_SHARES[0] * gone_s
    return sure, due_s - known.get("here", np.inf) > GONE_S[1]


def _look_walked(scene: Scene, seen: _Shift, window: Mask, known: Memory) -> None:
    step_m = np.hypot(np.diff(scene.at.x_m, prepend=scene.at.x_m[:1]),
                      np.diff(scene.at.y_m, prepend=scene.at.y_m[:1]))  # fmt: skip
    counts = window & ~seen.off
    known["walked"] = known.get("walked", 0.0) + float(step_m[counts].sum())
    known["shown"] = known.get("shown", 0.0) + float(step_m[counts & ~seen.unseen].sum())
    known["inside"] = known.get("inside", False) or bool((window & seen.here & ~seen.unseen).any())
    known["perhaps"] = known.get("perhaps", False) or bool((window & seen.perhaps_here).any())


def _patrol_short(known: Memory, _due_s: float) -> Verdict:
    share = _unseen_share(known)
    little = known["walked"] < WALKED_M[0] or not known["perhaps"]
    perhaps = known["shown"] < WALKED_M[1] or not known["inside"]
    return little and share < UNSEEN_SHARES[0], perhaps and share < UNSEEN_SHARES[1]


def _look_points(scene: Scene, seen: _Shift, window: Mask, known: Memory) -> None:
    """`near`: for how long it was near each point; `comings`: (point, time) when it was there for
    sure, the last of each look; `perhaps`: all times at which it may have been, by point; `told`,
    `surely_told`: check-ins by hand, (point, time)."""
    cell = scene.fence_codes("grid")[0]
    points = shapely.points(scene.city.check_ins[cell])
    away_m: NDArray[np.float64] = shapely.distance(points[:, None], scene.points[None, :])
    blank = {"near": [0] * len(points), "perhaps": [[] for _ in points], "comings": []}
    blank |= {"told": [], "surely_told": []}
    for name, value in blank.items():
        known.setdefault(name, value)
    for number, metres in enumerate(away_m):
        near = np.flatnonzero(window & (metres < NEAR_M[1]) & ~seen.unseen)
        known["near"][number] += GRID_S * len(near)
        known["perhaps"][number] += scene.at.time_s[window & (metres < NEAR_M[0])].tolist()
        known["comings"] += [(number, float(scene.at.time_s[place])) for place in near[-1:]]
    by_hand = np.zeros(len(window), np.bool_)
    by_hand[_moments_of_check_ins(scene)] = True
    for name, within_m, rows in (
        ("told", NEAR_M[0], window),
        ("surely_told", NEAR_M[1], ~seen.unseen),
    ):
        for number, metres in enumerate(away_m):
            there = np.flatnonzero(by_hand & window & rows & (metres < within_m))
            known[name] += [(number, float(scene.at.time_s[place])) for place in there]
    known["by_hand"] = known.get("by_hand", False) or bool((by_hand & window).any())


def _moments_of_check_ins(scene: Scene) -> NDArray[np.intp]:
    """Of a handset that can tell of them."""
    time_s, can = scene.at.time_s, scene.unit.protocol == "handset"
    times_s = [one.at_s for one in scene.unit.habits.check_ins if can]
    due_s = np.array([at_s for at_s in times_s if time_s[0] <= at_s < time_s[-1] + GRID_S])
    return np.searchsorted(time_s, due_s, side="right") - 1


def _missed(known: Memory, _due_s: float) -> Verdict:
    share, points = _unseen_share(known), range(len(known["near"]))
    comings, told, surely_told = (
        [[at_s for one, at_s in known[name] if one == point] for point in points]
        for name in ("comings", "told", "surely_told")
    )
    perhaps = min(known["near"]) < CHECKED_S or not _in_order(comings)
    missed = not _in_order(known["perhaps"])
    if known["by_hand"]:  # then the rule goes by what is told
        perhaps, missed = perhaps or not _in_order(surely_told), missed or not _in_order(told)
    return missed and share < UNSEEN_SHARES[0], perhaps and share < UNSEEN_SHARES[1]


def _in_order(times_s: Sequence[Sequence[float]]) -> bool:
    """Whether each point was come to, and then the next one."""
    since_s = 0.0
    for times in times_s:
        since_s = min((at_s for at_s in times if at_s >= since_s), default=np.inf)
    return since_s < np.inf

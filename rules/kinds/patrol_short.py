"""An inspector who has walked too little, or seen too few of the assigned cells, in a shift."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from model.rulebook import Rule
from rules.assigned import assigned_pairs
from rules.contract import NO, YES, Memory, Parameter
from rules.owed import KNOWN_SHARE, Duty, Ground, Seen, Verdict, Watched
from rules.plan import Version
from rules.readings import accuracy_m
from rules.registry import register
from rules.shift_duties import ShiftDuty, shift_duties
from rules.view import View
from rules.walked import step_m
from rules.whereabouts import PRECISION, precise, signed_off, why_imprecise
from rules.wording import number

# Longitude, latitude (1e-6), accuracy in m, cells; None: signed off, which is no patrol.
Fact = tuple[int, int, float, tuple[int, ...]] | None
_PARAMETERS = (
    Parameter(
        "min_km", "km", 3, 0, 100,
        "每班次巡查里程不足此值即为不足", "fewer kilometres in a shift are too few",
        "our default: no public source sets it; the national frame of work quotas names none "
        "(http://soujianzhu.cn/Norm/JzzyXq.aspx?id=181)",
    ),
    Parameter(
        "min_cells_share", "0-1", 0.8, 0, 1,
        "每班次到访的责任网格比例不足此值即为不足",
        "a smaller share of the assigned cells visited in a shift is too small",
        "our default: no public source sets it",
    ),
    Parameter(
        "drift_m", "m", 15, 0, 200,
        "位移不超过此值（或定位精度）视为漂移，不计里程",
        "a move that is not longer, or not beyond the accuracy, is drift and no way",
        "our default: what a handset at rest shows",
    ),
    Parameter(
        "max_kmh", "km/h", 30, 5, 200,
        "快于此速度的位移不算巡查", "a faster move is a ride, not a patrol",
        "our default: above the 25 km/h of an electric bicycle",
    ),
    *PRECISION,
    KNOWN_SHARE,
)  # fmt: skip


class PatrolShort(ShiftDuty):
    """A quota of 0 is not judged; the cells are those assigned at the shift's start."""

    name = "patrol_short"
    zh = "巡查不足"
    en = "Patrol too short"
    measure_name = "walked_m"
    parameters: tuple[Parameter, ...] = _PARAMETERS

    def duties(
        self, ground: Ground, version: Version, period_us: tuple[int, int]
    ) -> Iterable[Duty]:
        """One a shift, due at its end."""
        return shift_duties(ground, version, period_us)

    def look(self, view: View, watched: Watched, rule: Rule, parameters: dict[str, float]) -> Seen:
        """Places that are precise, with the assigned cells that they lie in."""
        view = view.walked
        pairs = assigned_pairs(view, rule, "grid")
        inside: dict[int, list[int]] = defaultdict(list)
        within = pairs.metres[pairs.number] == 0
        for row, place in zip(
            pairs.row[within].tolist(), pairs.fence[within].tolist(), strict=True
        ):
            inside[row].append(view.fences[place].id)
        accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])
        off = signed_off(view)
        facts: list[Fact] = [
            None if gone else (x, y, near_m, tuple(inside.get(row, ())))
            for row, x, y, near_m, gone in zip(
                watched.row.tolist(),
                view.rows["longitude_e6"][watched.row].tolist(),
                view.rows["latitude_e6"][watched.row].tolist(),
                accuracy[watched.row].tolist(),
                off[watched.row].tolist(),
                strict=True,
            )
        ]
        known = (precise(view, parameters) | off)[watched.row]
        return Seen(known, facts, why_imprecise(view, watched))

    def fold(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,  # noqa: ARG002
        progress: Memory,
        steps: Sequence[tuple[int, Fact]],
        parameters: dict[str, float],
    ) -> None:
        """`walked_m`, `anchor` (place and time), `cells` visited."""
        cells = set(progress.get("cells", ()))
        x, y, since_us = progress.get("anchor", (0, 0, 0))
        walked_m = progress.get("walked_m", 0.0)
        fastest_m_us = parameters["max_kmh"] / 3.6e6
        for time_us, fact in steps:
            if fact is None:
                since_us = 0
                continue
            east, north, accuracy, inside = fact
            cells.update(inside)
            step = step_m((x, y) if since_us else None, (east, north), accuracy,
                          parameters["drift_m"])  # fmt: skip
            if step is None:
                continue
            if step <= (time_us - since_us) * fastest_m_us:
                walked_m += step
            x, y, since_us = east, north, time_us
        progress.update(anchor=[x, y, since_us], walked_m=walked_m, cells=sorted(cells))

    def verdict(
        self,
        ground: Ground,
        duty: Duty,
        progress: Memory,
        known_share: float,  # noqa: ARG002
        parameters: dict[str, float],
    ) -> Verdict:
        """By whichever quota is missed."""
        assigned = _cells(ground, duty)
        visited = assigned & set(progress.get("cells", ()))
        walked_m = progress.get("walked_m", 0.0)
        share = len(visited) / len(assigned) if assigned else 1.0
        measures: dict[str, Any] = {
            "walked_m": round(walked_m),
            "cells_visited": len(visited),
            "cells": len(assigned),
            "cells_share": round(share, 3),
        }
        enough = walked_m >= parameters["min_km"] * 1_000
        enough = enough and share >= parameters["min_cells_share"]
        return Verdict(NO if enough else YES, measures=measures)

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """How far, and how many cells of how many."""
        walked = number(measures.get(self.measure_name, 0))
        cells, visited = measures.get("cells"), measures.get("cells_visited", 0)
        if language == "zh":
            seen = f"，到访责任网格{visited}/{cells}个" if cells else ""
            return f"本班次巡查{walked}米{seen}"
        seen = f", {visited} of {cells} assigned cells" if cells else ""
        return f"walked {walked} m in the shift{seen}"


def _cells(ground: Ground, duty: Duty) -> set[int]:
    """Fence ids assigned when the shift began."""
    assigned = ground.roster.assigned(duty.device_id, "grid")
    at_us = duty.from_us
    return {a.fence_id for a in assigned if a.valid_from_us <= at_us < a.valid_to_us}


register(PatrolShort())

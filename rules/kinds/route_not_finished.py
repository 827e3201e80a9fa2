"""An assigned route of which too little was driven by its window's end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
from rules.assigned_duties import assigned_duties
from rules.contract import YES, Family, Memory, Parameter
from rules.coverage import LINES, look_at_lines, verdict_on
from rules.owed import KNOWN_SHARE, Dutiful, Duty, Ground, Seen, Verdict, Watched
from rules.pieces import Fact, Filling, drive, pieces_of
from rules.plan import Version
from rules.readings import accuracy_m
from rules.registry import register
from rules.view import View
from rules.wording import number

FILL_M = 1_000.0  # 60 km/h for a minute
_PARAMETERS = (
    Parameter(
        "required_pct", "%", 90, 1, 100,
        "须行驶的线路里程比例", "the share of the route that must be driven",
        "our default: the ends of the line and short diversions",
    ),
    Parameter(
        "both_ways", "0/1", 0, 0, 1,
        "1：逆线路方向行驶也计入；0：只计线路方向",
        "1: driving against the route's direction counts too; 0: along it only",
        "our default: a route has a direction",
    ),
    Parameter(
        "assumed_accuracy_m", "m", 10, 0, 200,
        "终端未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: urban GNSS, 95 %",
    ),
    Parameter(
        "max_accuracy_m", "m", 50, 5, 2_000,
        "精度差于此值的定位不采用", "a worse fix is passed over",
        "our default: about the distance between parallel roads",
    ),
    KNOWN_SHARE,
)  # fmt: skip


class RouteNotFinished(Dutiful):
    """Routes and corridors assigned as `route`, in the assignment's windows."""

    name = "route_not_finished"
    family: Family = "route"
    zh = "线路未完成"
    en = "Route not finished"
    measure_name = "covered_pct"
    vehicle_kinds: tuple[str, ...] = (
        "sweeper", "water_truck", "muck_truck", "mixer", "garbage_truck",
    )  # fmt: skip
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = {"max_gap_s": 60.0}  # noqa: RUF012

    def duties(
        self, ground: Ground, version: Version, period_us: tuple[int, int]
    ) -> Iterable[Duty]:
        """One an assigned route and window."""
        owed = assigned_duties(ground, version, "route", period_us)
        return [duty for duty in owed if ground.index.fences[duty.fence].shape in LINES]

    def look(self, view: View, watched: Watched, rule: Rule, parameters: dict[str, float]) -> Seen:  # noqa: ARG002
        """Where on the route it drives: within its half width and the fix's accuracy."""
        reach_m = accuracy_m(view, parameters["assumed_accuracy_m"])
        widest = np.zeros(len(view.rows))
        half = np.array([view.fences[p].half_width_m or 0.0 for p in watched.fence()])
        np.maximum.at(widest, watched.row, half)
        counts = np.full(len(view.rows), YES, np.int8)
        return look_at_lines(view, watched, counts, reach_m + widest, parameters)

    def fold(
        self,
        ground: Ground,
        duty: Duty,
        progress: Memory,
        steps: Sequence[tuple[int, Fact]],
        parameters: dict[str, float],
    ) -> None:
        """The pieces that it has driven."""
        pieces = pieces_of(ground.roster, ground.index.fences, duty.fence)
        drive(pieces, progress, steps, Filling(parameters["max_gap_s"] * 1e6, FILL_M))

    def verdict(
        self,
        ground: Ground,
        duty: Duty,
        progress: Memory,
        known_share: float,
        parameters: dict[str, float],
    ) -> Verdict:
        """By length."""
        pieces = pieces_of(ground.roster, ground.index.fences, duty.fence)
        return verdict_on(pieces, progress, known_share, parameters["required_pct"])

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """The share that was driven."""
        share = number(measures.get(self.measure_name, 0))
        if language == "zh":
            return f"时限内只完成线路的{share}%"
        return f"only {share} % of the route was driven in its window"


register(RouteNotFinished())

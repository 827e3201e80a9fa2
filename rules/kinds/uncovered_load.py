"""Dust from an open load: loaded, cover not closed, and driving on the road."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
from rules import clauses
from rules.clauses import Clause
from rules.contract import Column, Family, Parameter
from rules.readings import (
    applies,
    at_least,
    column_of,
    in_places,
    signal_is_yes,
    speed_kmh,
    why_unknown,
)
from rules.registry import register
from rules.trilogic import all_of, negate, tri
from rules.view import View
from rules.wording import Words

# Between the heap and the gate the cover is open by the nature of the work.
WORK_TAGS = ("site", "dump", "plant")
_PARAMETERS = (
    Parameter(
        "moving_kmh", "km/h", 5, 1, 60,
        "达到此速度视为行驶", "from this speed on the vehicle is moving",
        "Changsha: loaded and uncovered may only idle (http://gloriousfurnish.com/node/2400); "
        "5 is our margin above drift",
    ),
    Parameter(
        "inside_sites", "0/1", 0, 0, 1,
        "1：工地、消纳场、搅拌站内也判定；0：场内不判定",
        "1: judge inside sites, dumps and plants too; 0: only outside them",
        "our default: standards speak of transport on roads",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 60.0}
_WORDS = Words("满载、篷盖未闭", "loaded, cover open", "最高{} km/h", "up to {} km/h")


class UncoveredLoad:
    """Loaded AND cover open AND moving; one of them unknown and none no: unknown."""

    name = "uncovered_load"
    family: Family = "dust"
    zh = "未密闭运输"
    en = "Uncovered load"
    measure_name = "max_speed_kmh"
    vehicle_kinds: tuple[str, ...] = ("muck_truck",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """With fences, a rule judges inside them only."""
        loaded = signal_is_yes(view, "loaded")
        cover_open = negate(signal_is_yes(view, "cover_closed"))
        speed = speed_kmh(view)
        moving = at_least(speed, parameters["moving_kmh"])
        fence = in_places(view, rule.fence_tags, rule.fence_ids)
        where = tri(np.ones(len(view.rows), np.bool_))
        if rule.fence_tags or rule.fence_ids:
            where = tri(fence >= 0, view.usable)
        on_road = where
        if not parameters["inside_sites"]:
            on_road = tri(in_places(view, WORK_TAGS) < 0)
        value = all_of(applies(view, rule), loaded, cover_open, moving, where, on_road)
        return column_of(value, speed, fence, lambda: why_unknown(view, speed))

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """Loaded, cover open, moving, where the rule judges, outside sites."""
        outside = tri(np.ones(len(view.rows), np.bool_))
        if not parameters["inside_sites"]:
            outside = tri(in_places(view, WORK_TAGS) < 0)
        return [
            clauses.schedule(view, rule),
            clauses.signal(view, "loaded", "满载", "loaded"),
            clauses.signal(view, "cover_closed", "篷盖未闭", "cover open", wanted=False),
            clauses.faster(view, parameters["moving_kmh"]),
            clauses.inside_fences(view, rule),
            Clause(
                "on_road", "不在工地、消纳场、搅拌站内", "outside sites, dumps and plants", outside
            ),
        ]

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


register(UncoveredLoad())

"""A terminal that has lost the vehicle's power and lives on its own battery."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
from model.vehicles import VEHICLES
from rules.contract import Column, Family, Parameter
from rules.readings import applies, column_of, in_places, signal_is_yes, speed_kmh
from rules.registry import register
from rules.trilogic import all_of, negate, tri
from rules.view import View
from rules.wording import Words

# Where vehicles stand with their isolator switch open, and where they are mended.
EXEMPT_TAGS = ("parking",)
_PARAMETERS = (
    Parameter(
        "inside_parking", "0/1", 0, 0, 1,
        "1：停车场内也判定；0：停车场内不判定",
        "1: judge inside fences tagged parking too; 0: only outside them",
        "our default: drivers open the isolator switch of a parked vehicle",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 120.0}
_WORDS = Words(
    "终端主电源断开", "terminal cut off from the vehicle's power", "最高{} km/h", "up to {} km/h"
)


class PowerCut:
    """By the terminal's own word (signal `main_power_ok`)."""

    name = "power_cut"
    family: Family = "conduct"
    zh = "主电源断开"
    en = "Power cut"
    measure_name = "max_speed_kmh"
    vehicle_kinds: tuple[str, ...] = VEHICLES
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """UNKNOWN where the terminal does not watch its supply."""
        where = tri(np.ones(len(view.rows), np.bool_))
        if not parameters["inside_parking"]:
            where = tri(in_places(view, EXEMPT_TAGS) < 0)
        value = all_of(applies(view, rule), where, negate(signal_is_yes(view, "main_power_ok")))
        return column_of(value, speed_kmh(view))

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


register(PowerCut())

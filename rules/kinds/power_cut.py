"""A terminal that has lost the vehicle's power and lives on its own battery."""

from __future__ import annotations

from typing import Any, Literal

from model.rulebook import Rule
from model.vehicles import VEHICLES
from rules import clauses
from rules.clauses import Clause
from rules.contract import Column, Family, Parameter
from rules.cut_off import cut_off, cut_off_clauses
from rules.registry import register
from rules.view import View
from rules.wording import Words

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
        return cut_off(view, rule, parameters, "main_power_ok")

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """Not parked, and cut off."""
        said = clauses.signal(
            view,
            "main_power_ok",
            "终端报主电源断开",
            "the terminal says that its supply is cut",
            wanted=False,
        )
        return cut_off_clauses(view, rule, parameters, said)

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


register(PowerCut())

"""A terminal whose GNSS antenna is disconnected or short-circuited."""

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
        "inside_parking", "0/1", 1, 0, 1,
        "1：停车场内也判定；0：停车场内不判定",
        "1: judge inside fences tagged parking too; 0: only outside them",
        "our default: an antenna that is cut in the yard is cut on the road",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 120.0}
_WORDS = Words(
    "卫星天线断开或短路", "GNSS antenna disconnected or shorted", "最高{} km/h", "up to {} km/h"
)


class AntennaCut:
    """By the terminal's own word (signal `antenna_ok`)."""

    name = "antenna_cut"
    family: Family = "conduct"
    zh = "天线断开"
    en = "Antenna cut"
    measure_name = "max_speed_kmh"
    vehicle_kinds: tuple[str, ...] = VEHICLES
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """UNKNOWN where the terminal does not watch its antenna."""
        return cut_off(view, rule, parameters, "antenna_ok")

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """Not parked, and cut off."""
        said = clauses.signal(
            view,
            "antenna_ok",
            "终端报天线断开",
            "the terminal says that its antenna is cut",
            wanted=False,
        )
        return cut_off_clauses(view, rule, parameters, said)

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


register(AntennaCut())

"""A handset whose own system says that its position is mocked by another app."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
from rules import clauses
from rules.clauses import Clause
from rules.contract import Column, Family, Parameter
from rules.on_duty import on_duty
from rules.readings import applies, column_of, signal_is_yes, speed_kmh
from rules.registry import register
from rules.trilogic import all_of, tri
from rules.view import View
from rules.wording import Words

_PARAMETERS = (
    Parameter(
        "only_on_duty", "0/1", 1, 0, 1,
        "1：仅在岗时判定；0：不在岗也判定", "1: judge in shifts only; 0: at any time",
        "our default: off duty the handset is the inspector's own affair",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 60.0}
_WORDS = Words("使用模拟定位", "mocked position", "最高{} km/h", "up to {} km/h")


class MockedPosition:
    """By the handset's own word (signal `mocked`); one that does not say so is unknown."""

    name = "mocked_position"
    family: Family = "conduct"
    zh = "模拟定位"
    en = "Mocked position"
    measure_name = "max_speed_kmh"
    vehicle_kinds: tuple[str, ...] = ("inspector",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """A position is mocked wherever it is: fences do not narrow this rule."""
        duty = on_duty(view) if parameters["only_on_duty"] else np.ones(len(view.rows), np.bool_)
        value = all_of(applies(view, rule), tri(duty), signal_is_yes(view, "mocked"))
        return column_of(value, speed_kmh(view))

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """On duty, where the rule asks for it, and mocked."""
        found = [clauses.schedule(view, rule)]
        if parameters["only_on_duty"]:
            found.append(Clause("on_duty", "在班", "on duty", tri(on_duty(view))))
        return [
            *found,
            clauses.signal(view, "mocked", "手机报位置被模拟", "its position is mocked"),
        ]

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


register(MockedPosition())

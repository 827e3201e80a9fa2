"""An inspector's handset that says nothing for too long in a shift.

Silence has no fixes to judge: the engine looks at gaps between reports and at the journal's ticks
(`absence`), and leaves out the time in which the server itself heard nobody. A handset that reports
without a position is not silent.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
from rules.contract import NO, Column, Family, Parameter
from rules.readings import column_of
from rules.registry import register
from rules.view import View
from rules.wording import duration

_PARAMETERS = (
    Parameter(
        "silent_minutes", "min", 15, 1, 1_440,
        "在岗时超过此时长无任何上报即为失联",
        "on duty and not heard of for this long is silent",
        "our default: no public source sets it",
    ),
)  # fmt: skip
# The engine measures the whole silence itself: nothing more to wait for.
_EPISODE_DEFAULTS = {"min_duration_s": 0.0, "clear_s": 0.0}
_SENTENCES = {"zh": "在岗期间失联{}", "en": "not heard of on duty for {}"}


class InspectorSilent:
    """Judged by the engine from `parameters["silent_minutes"]`."""

    name = "inspector_silent"
    family: Family = "patrol"
    zh = "在岗失联"
    en = "Inspector silent"
    measure_name = "silent_min"
    vehicle_kinds: tuple[str, ...] = ("inspector",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = True

    def condition(
        self,
        view: View,
        rule: Rule,  # noqa: ARG002  the contract's signature
        parameters: dict[str, float],  # noqa: ARG002
    ) -> Column:
        """A fix that arrived is no silence: NO everywhere."""
        count = len(view.rows)
        return column_of(np.full(count, NO, np.int8), np.full(count, np.nan))

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        seconds = measures.get(self.measure_name, 0) * 60
        return _SENTENCES[language].format(duration(seconds, language))


register(InspectorSilent())

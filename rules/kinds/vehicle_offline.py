"""A vehicle that falls silent at work: ignition on or moving when it was last heard.

Silence has no fixes to judge: see `rules.absence`, which leaves out the time in which the server
itself heard nobody.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
from model.vehicles import VEHICLES
from rules.contract import NO, Column, Family, Parameter
from rules.readings import column_of
from rules.registry import register
from rules.view import View
from rules.wording import duration

_PARAMETERS = (
    Parameter(
        "silent_minutes", "min", 30, 1, 1_440,
        "作业中超过此时长无任何上报即为离线",
        "at work and not heard of for this long is offline",
        "our default: no public source sets it; longer than a tunnel or a garage takes",
    ),
    Parameter(
        "moving_kmh", "km/h", 5, 1, 60,
        "末次上报达到此速度视为作业中", "from this speed on, the last report was one at work",
        "our default: above what a parked receiver's drift shows",
    ),
)  # fmt: skip
# The engine measures the whole silence itself: nothing more to wait for.
_EPISODE_DEFAULTS = {"min_duration_s": 0.0, "clear_s": 0.0}
_SENTENCES = {"zh": "作业中失联{}", "en": "not heard of since it was at work, for {}"}


class VehicleOffline:
    """Judged by the engine from `silent_minutes` and `moving_kmh`."""

    name = "vehicle_offline"
    family: Family = "conduct"
    zh = "车辆离线"
    en = "Vehicle offline"
    measure_name = "silent_min"
    vehicle_kinds: tuple[str, ...] = VEHICLES
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = True
    duty: Literal["shifts", "working"] = "working"

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


register(VehicleOffline())

"""A concrete mixer that unloads where it has nothing to unload."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model import signals
from model.rulebook import Rule
from rules import clauses
from rules.clauses import Clause
from rules.contract import HOLD, NO, UNKNOWN, Column, Family, Parameter
from rules.nearby import nearest_marked
from rules.readings import accuracy_m, applies, column_of, speed_kmh
from rules.registry import register
from rules.trilogic import Tri, all_of, tri
from rules.view import View
from rules.wording import Words

PERMITTED_TAGS = ("site", "plant")
_PARAMETERS = (
    Parameter(
        "margin_m", "m", 30, 0, 1_000,
        "距工地、搅拌站在此距离（另加定位精度）以内不判定",
        "nearer than this to a site or plant, plus the fix's accuracy, nobody is judged",
        "our default: pumps stand at the kerb before the gate",
    ),
    Parameter(
        "assumed_accuracy_m", "m", 10, 0, 200,
        "终端未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: urban GNSS, 95 %",
    ),
    Parameter(
        "max_accuracy_m", "m", 100, 5, 2_000,
        "精度差于此值的定位不作判断", "a worse fix neither accuses nor acquits",
        "our default",
    ),
)  # fmt: skip
# Longer than three outliers among fixes at 30 s can make it; a discharge takes minutes.
_EPISODE_DEFAULTS = {"min_duration_s": 150.0, "clear_s": 30.0}
_WORDS = Words(
    "在工地、搅拌站外反转卸料", "drum in reverse outside every site and plant",
    "最高{} km/h", "up to {} km/h",
)  # fmt: skip


class MixerDischarge:
    """Drum in reverse outside every permitted place, by more than a margin."""

    name = "mixer_discharge"
    family: Family = "dust"
    zh = "违规卸料"
    en = "Mixer discharge"
    measure_name = "max_speed_kmh"
    vehicle_kinds: tuple[str, ...] = ("mixer",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """A rule's fences, when given, are the permitted places instead of sites and plants."""
        accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])
        precise = accuracy <= parameters["max_accuracy_m"]
        unloading = all_of(applies(view, rule), _in_reverse(view))
        outside = _outside(view, rule, parameters, unloading != NO)
        speed = speed_kmh(view)
        value = all_of(unloading, outside)
        return column_of(value, speed, reasons=lambda: _reasons(view, precise))

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """Drum in reverse, outside every permitted place."""
        everywhere = np.ones(len(view.rows), np.bool_)
        outside = _outside(view, rule, parameters, everywhere)
        return [
            clauses.schedule(view, rule),
            Clause("drum", "搅拌筒反转", "the drum turns in reverse", _in_reverse(view)),
            Clause("outside", "在许可场所之外", "outside every permitted place", outside),
        ]

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _reasons(view: View, precise: NDArray[np.bool_]) -> NDArray[np.object_]:
    reasons = np.full(len(precise), "signal_unknown", object)
    reasons[~precise] = "poor_gnss"
    reasons[~view.usable] = "no_position"
    return reasons


def _outside(
    view: View, rule: Rule, parameters: dict[str, float], wanted: NDArray[np.bool_]
) -> Tri:
    """HOLD near a permitted place; where it is not wanted, of no meaning."""
    accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])
    precise = accuracy <= parameters["max_accuracy_m"]
    tags = rule.fence_tags if rule.fence_tags or rule.fence_ids else PERMITTED_TAGS
    permitted = view.index.marked(rule.fence_ids, tags)
    within_m = parameters["margin_m"] + parameters["max_accuracy_m"]
    distance_m, _ = nearest_marked(view, precise & wanted, permitted, within_m)
    outside = tri(distance_m > 0)
    outside[(distance_m > 0) & (distance_m <= parameters["margin_m"] + accuracy)] = HOLD
    outside[~(view.usable & precise)] = UNKNOWN
    return outside


def _in_reverse(view: View) -> Tri:
    drum = signals.field(view.rows["signals"], "drum")
    return tri(drum == signals.YES_ALSO, drum != signals.UNKNOWN)


register(MixerDischarge())

"""A waybill whose truck had not left the site with a load by the end of its validity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
from rules.contract import NO, UNKNOWN, YES, Family, Memory, Parameter
from rules.owed import DUTY_DEFAULTS, KNOWN_SHARE, Dutiful, Duty, Ground, Seen, Verdict, Watched
from rules.plan import Version
from rules.registry import register
from rules.trips import hauls_of
from rules.view import View
from rules.wording import duration

_MINUTE_US = 60_000_000
_PARAMETERS = (
    Parameter(
        "grace_min", "min", 10, 0, 240,
        "车辆可在联单签发前此时长内离场", "the truck may have left so long before it was issued",
        "our default: gates write waybills when the truck has gone",
    ),
    KNOWN_SHARE,
)  # fmt: skip


class WaybillUnmatched(Dutiful):
    """Each waybill is a duty of its truck, due when it ends; a cancelled one is none."""

    name = "waybill_unmatched"
    family: Family = "dust"
    zh = "联单无对应趟次"
    en = "Waybill without a trip"
    measure_name = "valid_min"
    vehicle_kinds: tuple[str, ...] = ("muck_truck",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = DUTY_DEFAULTS

    def duties(
        self, ground: Ground, version: Version, period_us: tuple[int, int]
    ) -> Iterable[Duty]:
        """One a waybill."""
        for device_id in version.device_ids.tolist():
            for waybill in ground.roster.waybills.get(device_id, ()):
                overlaps = waybill.issued_us < period_us[1] and waybill.valid_to_us > period_us[0]
                if overlaps and waybill.cancelled_us is None:
                    yield Duty(
                        device_id,
                        str(waybill.id),
                        waybill.issued_us,
                        waybill.valid_to_us,
                        about=waybill.site_fence_id,
                    )

    def look(self, view: View, watched: Watched, rule: Rule, parameters: dict[str, float]) -> Seen:  # noqa: ARG002
        """Whether the truck is on a run that left the waybill's site, or one that nobody saw load,
        not long before it was issued."""
        hauls = hauls_of(view)
        left_us, site = hauls.left_us[watched.row], hauls.site[watched.row]
        issued_us = np.array([duty.from_us for duty in watched.duties], np.int64)[watched.duty]
        wanted = np.array([duty.about for duty in watched.duties], np.int64)[watched.duty]
        in_time = left_us >= issued_us - int(parameters["grace_min"] * _MINUTE_US)
        runs = in_time & (left_us > 0) & ((site == wanted) | (site == 0))
        known = runs | (hauls.hauling[watched.row] != UNKNOWN)
        return Seen(known, runs.tolist(), np.full(len(known), "load_unknown", object))

    def fold(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,  # noqa: ARG002
        progress: Memory,
        steps: Sequence[tuple[int, bool]],
        parameters: dict[str, float],  # noqa: ARG002
    ) -> None:
        """`ran`: a run was seen."""
        if any(runs for _, runs in steps):
            progress["ran"] = 1

    def verdict(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,
        progress: Memory,
        known_share: float,  # noqa: ARG002
        parameters: dict[str, float],  # noqa: ARG002
    ) -> Verdict:
        """Whether it came."""
        valid_min = (duty.due_us - duty.from_us) / _MINUTE_US
        measures = {"valid_min": round(valid_min, 1), "waybill_id": int(duty.key)}
        return Verdict(NO if progress.get("ran") else YES, measures=measures)

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """For how long the waybill was valid."""
        valid = duration(measures.get(self.measure_name, 0) * 60, language)
        if language == "zh":
            return f"联单有效期{valid}内车辆未载货离场"
        return f"no loaded run left the site in the {valid} for which the waybill was valid"


register(WaybillUnmatched())

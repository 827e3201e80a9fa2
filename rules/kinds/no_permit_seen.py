"""A registered muck truck that was seen at a time for which it had no valid permit."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from model.permits import Permit
from model.rulebook import Schedule
from rules.contract import NO, YES, Family, Memory, Parameter
from rules.owed import Duty, Ground, Verdict
from rules.registry import register
from rules.sighting_duties import AGAIN, MIN_CONFIDENCE, Sighted, measures_of, place_of, read_with
from rules.windows import in_schedule


class NoPermitSeen(Sighted):
    """Any permit of the truck that is in force then, inside its windows, will do."""

    name = "no_permit_seen"
    family: Family = "dust"
    zh = "无准运证上路"
    en = "Seen without a permit"
    measure_name = "confidence_pct"
    vehicle_kinds: tuple[str, ...] = ("muck_truck",)
    parameters: tuple[Parameter, ...] = (MIN_CONFIDENCE, AGAIN)

    def verdict(
        self,
        ground: Ground,
        duty: Duty,
        progress: Memory,  # noqa: ARG002
        known_share: float,  # noqa: ARG002
        parameters: dict[str, float],  # noqa: ARG002
    ) -> Verdict:
        """YES: no permit covers the moment."""
        seen = duty.about
        own = [p for p in ground.rulebook.permits if p.device_id == duty.device_id]
        covered = any(_covers(permit, seen.seen_us, ground) for permit in own)
        return Verdict(NO if covered else YES, measures=measures_of(seen), where=place_of(seen))

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        zh = language == "zh"
        what = "被拍到时无有效准运证" if zh else "seen without a valid permit"
        return what + read_with(measures, zh)


def _covers(permit: Permit, time_us: int, ground: Ground) -> bool:
    if not permit.valid_from_us <= time_us < permit.valid_to_us:
        return False
    if permit.windows is None:
        return True
    schedule = Schedule(zone=permit.zone, windows=permit.windows)
    moment = np.array([time_us], np.int64)
    return bool(in_schedule(moment, schedule, ground.roster.calendar)[0])


register(NoPermitSeen())

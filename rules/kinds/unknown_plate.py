"""A plate that was seen and is in no register: a black truck (黑车)."""

from __future__ import annotations

from typing import Any, Literal

from model.sightings import Sighting
from model.vehicles import VEHICLES
from rules.contract import YES, Family, Memory, Parameter
from rules.owed import Duty, Ground, Verdict
from rules.registry import register
from rules.sighting_duties import AGAIN, MIN_CONFIDENCE, Sighted, measures_of, place_of, read_with


class UnknownPlate(Sighted):
    """Judged by the register as it was when the plate was seen."""

    name = "unknown_plate"
    family: Family = "conduct"
    zh = "未登记车牌"
    en = "Unknown plate"
    measure_name = "confidence_pct"
    vehicle_kinds: tuple[str, ...] = VEHICLES
    parameters: tuple[Parameter, ...] = (MIN_CONFIDENCE, AGAIN)

    def concerns(self, sighting: Sighting) -> bool:
        """Of a plate that was in no register then."""
        return not sighting.registered

    def verdict(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,
        progress: Memory,  # noqa: ARG002
        known_share: float,  # noqa: ARG002
        parameters: dict[str, float],  # noqa: ARG002
    ) -> Verdict:
        """The sighting itself is the finding."""
        return Verdict(YES, measures=measures_of(duty.about), where=place_of(duty.about))

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        zh = language == "zh"
        what = "拍到未登记的车牌" if zh else "a plate of no register was seen"
        return what + read_with(measures, zh)


register(UnknownPlate())

"""Fences, rules and rule kinds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.shapes.units import Tag
from model.ladder import LONGEST_WAIT_S, Recipient
from model.rulebook import Mode

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Feature(BaseModel):
    """A GeoJSON Feature; of a fence: `name`, `tags`, `radius_m`, ... in `properties`."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["Feature"]
    id: int | str | None = None
    geometry: dict[str, Any] | None
    properties: dict[str, Any] | None = None


class FeatureCollection(BaseModel):
    """A GeoJSON FeatureCollection."""

    model_config = ConfigDict(extra="allow")

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature]


class ParameterOfKind(BaseModel):
    """A threshold that a rule may set."""

    name: str
    unit: str
    default: float
    minimum: float
    maximum: float
    zh: str
    en: str
    basis: str


class RuleKindShape(BaseModel):
    """A kind of rule; `episode` parameters are those every kind has."""

    name: str
    family: str
    zh: str
    en: str
    vehicle_kinds: list[str]
    parameters: list[ParameterOfKind]


class WindowShape(BaseModel):
    """A weekly window: ISO weekdays on which it starts, minutes of the local day.

    `days` narrows the weekdays to workdays or holidays of the calendar (plain weekends are
    holidays).
    """

    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(min_length=1, max_length=7)
    start_min: int = Field(ge=0, lt=1440)
    end_min: int = Field(ge=0, le=1440)
    days: Literal["weekdays", "workdays", "holidays"] = "weekdays"


class ScheduleShape(BaseModel):
    """Weekly windows in an IANA zone."""

    zone: str = "Asia/Shanghai"
    windows: list[WindowShape] = Field([], max_length=200)


class ScopeShape(BaseModel):
    """Which devices a rule judges; empty does not narrow."""

    kinds: list[str] = Field([], max_length=50)
    organisation_ids: list[int] = Field([], max_length=1_000)
    device_ids: list[int] = Field([], max_length=10_000)
    tags: list[Tag] = Field([], max_length=50)


class LadderStepShape(BaseModel):
    """Who is told, how long after the violation was raised, and whether also when it is over."""

    model_config = ConfigDict(extra="forbid")

    to: Recipient
    after_s: int = Field(0, ge=0, le=LONGEST_WAIT_S)
    unless_ended: bool = False


class PhotoShape(BaseModel):
    """A photo that the unit's terminal is asked for when the rule raises."""

    model_config = ConfigDict(extra="forbid")

    channel: int = Field(1, ge=1, le=255)
    shots: int = Field(1, ge=1, le=3)
    resolution: int = Field(2, ge=1, le=4)
    per_hour: int = Field(6, ge=1, le=60)


class FailingShape(BaseModel):
    """A rule has stopped itself: since when, and the error's text."""

    since: str
    error: str


class RuleBody(BaseModel):
    """What a person sets of a rule; other fields of a rule that come along are ignored."""

    organisation_id: int | None = None
    kind: str
    name_zh: Name
    name_en: Name
    severity: Literal["info", "warning", "serious"] = "warning"
    mode: Mode = "live"
    ladder: list[LadderStepShape] | None = Field(None, max_length=10)
    photo: PhotoShape | None = None
    parameters: dict[str, float] = {}
    scope: ScopeShape = ScopeShape()
    schedule: ScheduleShape | None = None
    fence_ids: list[int] = Field([], max_length=10_000)
    fence_tags: list[Name] = Field([], max_length=50)


class RuleShape(RuleBody):
    """A rule in force."""

    id: int
    version: int
    organisation_id: int
    valid_from: str
    valid_to: str
    cannot_judge: int
    failing: FailingShape | None


class ShadowComparison(BaseModel):
    """What a rule on trial found, and what live rules of its kind raised of the same units."""

    rule_id: int
    since: str = Field(alias="from")
    until: str = Field(alias="to")
    shadow: int
    live: int
    shadow_devices: int
    live_devices: int
    both: int
    only_shadow: int
    only_live: int
    live_rule_ids: list[int]
    only_shadow_ids: list[int]
    only_live_ids: list[int]

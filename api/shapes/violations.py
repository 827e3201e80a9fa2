"""Violations, their evidence, and what people do with them."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from api.shapes.commands import Command, TextFlag
from api.shapes.people import Person
from model.ladder import Recipient


class DeviceOfViolation(BaseModel):
    """Whom it accuses."""

    id: int
    name: str
    plate: str | None
    kind: str


class RuleOfViolation(BaseModel):
    """By which version of which rule."""

    id: int
    version: int
    kind: str
    name_zh: str | None
    name_en: str | None


class FenceOfViolation(BaseModel):
    """Where, if the rule has a place."""

    id: int
    version: int
    name: str | None


class RepeatShape(BaseModel):
    """How many violations of the unit and rule the days before hold; from `limit` on it is one
    step more severe."""

    count: int
    days: int
    limit: int


class StepShape(BaseModel):
    """A step of the ladder; `reason`: why nobody was told."""

    to: Recipient
    due_at: str
    done_at: str | None
    state: Literal["waiting", "done", "grouped", "stopped"]
    reason: str | None


class _Finding(BaseModel):
    """What a violation and its evidence card share."""

    id: int
    organisation_id: int
    organisation: str
    responsible_organisation_id: int | None
    responsible_organisation: str | None
    device: DeviceOfViolation
    rule: RuleOfViolation
    severity: str
    started_at: str
    ended_at: str | None
    last_at: str
    duration_s: float
    longitude: float
    latitude: float
    measures: dict[str, Any]
    sentence_zh: str
    sentence_en: str
    finding: Literal["standing", "withdrawn"]
    status: Literal["open", "taken", "closed"]
    late: bool
    shadow: bool
    incident: int | None
    repeat: RepeatShape | None
    inhibited_by: int | None
    ladder: list[StepShape]
    taken_by: Person | None
    taken_at: str | None
    closed_by: Person | None
    closed_at: str | None
    result: str | None
    reason: str | None
    note: str | None
    raised_at: str


class Violation(_Finding):
    """An episode that a rule found, and how far people have got with it."""

    fence: FenceOfViolation | None


class RuleParameter(BaseModel):
    """A threshold as it stood."""

    name: str
    unit: str
    value: float
    default: float
    zh: str
    en: str
    basis: str


class RuleText(BaseModel):
    """The rule in words with its thresholds."""

    zh: str
    en: str
    parameters: list[RuleParameter]


class EpisodeRange(BaseModel):
    """Indexes into the track: the first and last fix of the episode."""

    from_index: int
    to_index: int


class EvidenceFrame(BaseModel):
    """A raw frame; `pieces`: [offset, length, name, value] over its bytes."""

    time: str
    received_at: str
    protocol: str
    hex: str
    message: str
    pieces: list[tuple[int, int, str, str]]


class Against(BaseModel):
    """Something that speaks against the finding."""

    code: str
    zh: str
    en: str


class LogLine(BaseModel):
    """Who did what, when."""

    at: str
    user: Person | None
    action: str
    detail: dict[str, Any]


class Correction(BaseModel):
    """What the engine found later, laid beside what a person has already acted on."""

    made_at: str
    correction: dict[str, Any]


class EvidenceFence(BaseModel):
    """The fence as GeoJSON Feature; `id` and names are in its properties."""

    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: dict[str, Any]


class EvidencePhoto(BaseModel):
    """A picture of the unit from around the episode; at `/violations/{id}/photos/{sha256}`."""

    sha256: str
    content_type: str
    bytes: int
    taken_at: str
    source: str
    sighting_id: int | None


class EvidenceCard(_Finding):
    """The violation with everything that shows it, and everything against it."""

    rule_text: RuleText
    track: dict[str, Any]
    episode: EpisodeRange | None
    fence: EvidenceFence | None
    frames: list[EvidenceFrame]
    against: list[Against]
    photos: list[EvidencePhoto]
    permits: list[dict[str, Any]]
    waybills: list[dict[str, Any]]
    corrections: list[Correction]
    log: list[LogLine]
    commands: list[Command]
    warning_text: str
    evidence_sha256: str | None


Result = Literal["fined", "warned", "rectified", "false_alarm"]
FalseAlarm = Literal["sensor_fault", "gnss_error", "permitted", "wrong_fence", "other"]


class Closing(BaseModel):
    """How it ended; a false alarm needs its reason."""

    result: Result
    reason: FalseAlarm | None = None
    note: str | None = Field(None, max_length=2_000)

    @model_validator(mode="after")
    def _reason_goes_with_false_alarm(self) -> Self:
        if (self.result == "false_alarm") != (self.reason is not None):
            raise ValueError("reason is required for a false_alarm, and only for it")
        return self


class Warning(BaseModel):
    """Text to the driver; null: the default text of the rule's kind."""

    text: str | None = Field(None, min_length=1, max_length=500)
    flags: list[TextFlag] = ["emergency", "display", "tts"]

"""A rule as it stands in a file: references by name, nothing that the form does not know."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.shapes.rulebook import LadderStepShape, Name, PhotoShape
from api.shapes.units import Tag
from model.rulebook import Mode

MAX_RULES = 2_000
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WindowEntry(_Strict):
    """A weekly window: ISO weekdays on which it starts, local times; may cross midnight."""

    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(min_length=1, max_length=7)
    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    days: Literal["weekdays", "workdays", "holidays"] = "weekdays"


class ScheduleEntry(_Strict):
    """Weekly windows in an IANA zone."""

    zone: str = "Asia/Shanghai"
    windows: list[WindowEntry] = Field([], max_length=200)


class ScopeEntry(_Strict):
    """Whom it judges: kinds of unit, organisations by name, units by terminal identity."""

    kinds: list[str] = []
    organisations: list[str] = []
    devices: list[str] = Field([], max_length=10_000)
    tags: list[Tag] = Field([], max_length=50)


class RuleEntry(_Strict):
    """A rule of the file; fences by code or name."""

    id: int | None = None
    organisation: str | None = None
    kind: str
    name_zh: Name
    name_en: Name
    severity: Literal["info", "warning", "serious"] = "warning"
    mode: Mode = "live"
    ladder: list[LadderStepShape] | None = Field(None, max_length=10)
    photo: PhotoShape | None = None
    parameters: dict[str, float] = {}
    scope: ScopeEntry = ScopeEntry()
    schedule: ScheduleEntry | None = None
    fences: list[str] = Field([], max_length=10_000)
    fence_tags: list[Name] = Field([], max_length=50)


class RuleFile(_Strict):
    """The whole file."""

    rules: list[RuleEntry] = Field(max_length=MAX_RULES)

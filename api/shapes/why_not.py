"""The answer to why-not."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api.shapes.trips import Named


class WhyNotClause(BaseModel):
    """One part of the rule's condition at the fix; `hold`: between two limits."""

    name: str
    zh: str
    en: str
    value: Literal["yes", "no", "unknown", "hold"]
    measured: float | None
    threshold: float | None
    unit: str


class WhyNot(BaseModel):
    """The first thing that stood against a violation; `raised`: there was one, `violation_id`."""

    device_id: int
    rule_id: int
    at: str
    code: str
    zh: str
    en: str
    fix_at: str | None
    clauses: list[WhyNotClause]
    violation_id: int | None


class WhyNotRun(BaseModel):
    """Equal answers over a time; words and clauses are those of the first."""

    from_: str = Field(serialization_alias="from", validation_alias="from")
    to: str
    code: str
    zh: str
    en: str
    fix_at: str | None
    clauses: list[WhyNotClause]
    violation_id: int | None


class WhyNotPeriod(BaseModel):
    """The answers over a period; `cut`: there were more than 500."""

    device_id: int
    rule_id: int
    runs: list[WhyNotRun]
    cut: bool


class CannotJudgeUnit(BaseModel):
    """A unit that a rule cannot judge, since when and why."""

    device: Named
    since: str
    reason: str
    zh: str
    en: str

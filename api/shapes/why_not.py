"""The answer to why-not."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


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

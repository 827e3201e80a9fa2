"""Back-tests: what is asked, how far it is, what came out."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.shapes.rulebook import RuleBody
from api.times import Time


class RuleToTest(RuleBody):
    """A rule that is not saved. `id`: the rule whose violations it is compared with; 0: those of
    every rule of its kind."""

    id: int = Field(0, ge=0)


class BackTestBody(BaseModel):
    """What to test, over which past period; `device_ids` null: every unit the rule judges."""

    model_config = ConfigDict(extra="forbid")

    rule: RuleToTest
    since: Time = Field(alias="from")
    until: Time = Field(alias="to")
    device_ids: list[int] | None = Field(None, max_length=10_000)


class BackTestDevice(BaseModel):
    """The unit of a finding."""

    id: int
    name: str
    plate: str | None
    kind: str


class BackTestFinding(BaseModel):
    """What the rule finds; `same`: it was raised then, as `violation_id`; `only_now`: not."""

    verdict: Literal["same", "only_now"]
    violation_id: int | None
    device: BackTestDevice
    started_at: str
    ended_at: str | None
    last_at: str
    longitude: float
    latitude: float
    fence_id: int | None
    sentence_zh: str
    sentence_en: str
    measures: dict[str, Any]


class BackTestMissing(BaseModel):
    """A violation that was raised then and that the rule does not find."""

    violation_id: int
    device: BackTestDevice
    started_at: str
    ended_at: str | None
    last_at: str
    status: str


class BackTestDifference(BaseModel):
    """Counts against what was raised, by overlap unit by unit; `missing`: what only was before."""

    raised: int
    same: int
    only_now: int
    only_before: int
    missing: list[BackTestMissing]


class BackTestResult(BaseModel):
    """`cut`: a list is shorter than its count."""

    devices: int
    positions: int
    seconds: float
    found: int
    findings: list[BackTestFinding]
    diff: BackTestDifference
    cut: bool


class BackTestShape(BaseModel):
    """A back-test; `result` once it is done, `error` when it failed."""

    id: int
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    progress: float
    rule_id: int
    from_: str = Field(alias="from")
    to: str
    result: BackTestResult | None
    error: str | None

"""How long positions and raw frames are kept."""

from __future__ import annotations

from pydantic import BaseModel, Field

from model.vehicles import UnitKind
from storage.retention_rules import MAX_DAYS, Data


class RetentionChange(BaseModel):
    """`kind` null: units of every kind; `days` null: as the organisation above, or the settings."""

    data: Data
    kind: UnitKind | None = None
    days: int | None = Field(ge=1, le=MAX_DAYS)


class RetentionShape(BaseModel):
    """Days of an organisation and those below it; `kind` null: units of every kind."""

    organisation_id: int
    data: Data
    kind: UnitKind | None
    days: int


class Retentions(BaseModel):
    """`settings`: days where no rule says otherwise; `rules` of visible organisations."""

    settings: dict[Data, int]
    rules: list[RetentionShape]

"""Webhooks."""

from __future__ import annotations

from pydantic import BaseModel, Field


class NewWebhook(BaseModel):
    """Where to tell of violations; a secret is made when none is given."""

    url: str = Field(min_length=1, max_length=2_000)
    secret: str | None = Field(None, min_length=16, max_length=200)
    organisation_id: int | None = None


class Webhook(BaseModel):
    """A webhook; the secret is shown once, when it is made."""

    id: int
    organisation_id: int
    url: str
    enabled: bool
    secret: str | None = None

"""Webhooks."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

ReceiverKindName = Literal["webhook", "dingtalk", "wecom", "mqtt", "mail"]


class NewWebhook(BaseModel):
    """Where to tell of violations; of a webhook a secret is made when none is given."""

    kind: ReceiverKindName = "webhook"
    url: str = Field(min_length=1, max_length=2_000)
    secret: str | None = Field(None, max_length=200)
    organisation_id: int | None = None


class Webhook(BaseModel):
    """A webhook; the secret is shown once, when it is made."""

    id: int
    organisation_id: int
    kind: ReceiverKindName
    url: str
    enabled: bool
    secret: str | None = None

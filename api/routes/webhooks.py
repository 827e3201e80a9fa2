"""Signed webhooks: who is told of violations."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
from fastapi import APIRouter, Response

from alerts.addresses import RefusedAddress
from alerts.receivers import RECEIVER_KINDS
from api.access import Conn, State, WebhookOwner
from api.errors import ApiProblem
from api.rule_check import invalid
from api.shapes.webhooks import NewWebhook, Webhook
from storage.webhooks import (
    MAX_PER_ORGANISATION,
    count_webhooks,
    create_webhook,
    delete_webhook,
    list_webhooks,
)

LEAST_SECRET = 16
router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.get("", response_model=list[Webhook])
async def listed(conn: Conn, caller: WebhookOwner) -> Any:
    """Webhooks of the caller's organisations, without their secrets."""
    return await list_webhooks(conn, caller.organisations)


@router.post("", response_model=Webhook, status_code=201)
async def create(body: NewWebhook, state: State, conn: Conn, caller: WebhookOwner) -> Any:
    """Add one; the answer shows its secret, for the only time."""
    organisation_id = body.organisation_id or caller.user.organisation_id
    if not caller.sees(organisation_id):
        raise ApiProblem("not_found")
    try:
        allow_private = state.services.settings.http.webhook_allow_private
        await RECEIVER_KINDS[body.kind].check(body.url, allow_private)
    except (RefusedAddress, httpx.InvalidURL) as error:
        raise ApiProblem("webhook_address_refused", why=str(error)) from error
    if await count_webhooks(conn, organisation_id) >= MAX_PER_ORGANISATION:
        raise ApiProblem("too_many_webhooks", limit=MAX_PER_ORGANISATION)
    secret = _secret(body)
    webhook_id = await create_webhook(conn, organisation_id, body.url, secret, body.kind)
    return {
        "id": webhook_id,
        "organisation_id": organisation_id,
        "kind": body.kind,
        "url": body.url,
        "enabled": True,
        "secret": secret,
    }


def _secret(body: NewWebhook) -> str:
    """What signs, or the password; only a webhook of ours has one made for it."""
    if body.kind != "webhook":
        return body.secret or ""
    if body.secret is not None and len(body.secret) < LEAST_SECRET:
        raise invalid("secret", f"a webhook's secret has at least {LEAST_SECRET} characters")
    return body.secret or secrets.token_urlsafe(32)


@router.delete("/{webhook_id}", status_code=204)
async def delete(webhook_id: int, conn: Conn, caller: WebhookOwner) -> Response:
    """Remove one; what waits in the outbox goes to it no more."""
    if not await delete_webhook(conn, caller.organisations, webhook_id):
        raise ApiProblem("not_found")
    return Response(status_code=204)

"""One signed POST. No redirects, no proxies from the environment, the answer's body is not read."""

from __future__ import annotations

import httpx

from alerts.addresses import RefusedAddress, check_url
from alerts.outcome import Outcome
from alerts.signature import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

ANSWER_LIMIT_S = 10.0
_GONE = 410  # the receiver says: never again


def make_client() -> httpx.AsyncClient:
    """The client for all webhooks; close it."""
    return httpx.AsyncClient(
        timeout=ANSWER_LIMIT_S,
        follow_redirects=False,
        trust_env=False,
        limits=httpx.Limits(max_connections=32, max_keepalive_connections=8),
        headers={"User-Agent": "xunji-webhook"},
    )


async def post(
    client: httpx.AsyncClient,
    *,
    url: str,
    secret: str,
    delivery_id: str,
    body: bytes,
    timestamp_s: int,
    allow_private: bool,
) -> Outcome:
    """Send one event; any answer of 200 to 299 confirms it."""
    try:
        target = await check_url(url, allow_private)
    except RefusedAddress as error:
        return Outcome(f"refused: {error}")
    headers = {
        "Host": target.host,
        "Content-Type": "application/json; charset=utf-8",
        ID_HEADER: delivery_id,
        TIMESTAMP_HEADER: str(timestamp_s),
        SIGNATURE_HEADER: sign(secret, timestamp_s, body),
    }
    request = client.build_request("POST", target.pinned, content=body, headers=headers)
    request.extensions["sni_hostname"] = target.url.host
    try:
        response = await client.send(request, stream=True)
        await response.aclose()
    except httpx.HTTPError as error:
        return Outcome(f"{type(error).__name__}: {error}")
    if response.is_success:
        return Outcome()
    return Outcome(f"HTTP {response.status_code}", again=response.status_code != _GONE)

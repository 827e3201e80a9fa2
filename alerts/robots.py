"""Group robots of DingTalk and WeCom: a markdown message to their webhook.

Both answer 200 whatever happens; `errcode` 0 says that it was taken. DingTalk's signature
(https://open.dingtalk.com/document/robots/customize-robot-security-settings): HMAC-SHA256 with the
secret over "TIMESTAMP_MS\\nSECRET", base64, as query parameters; WeCom's key stands in its URL
(https://developer.work.weixin.qq.com/document/path/91770). Both take 20 messages a minute.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import httpx
import msgspec

from alerts.addresses import RefusedAddress, check_url
from alerts.outcome import Outcome
from alerts.words import lines, title

ROBOT_PER_MINUTE = 20
MAX_WECOM_BYTES = 4_096
MAX_ANSWER_BYTES = 4_096


def dingtalk_query(secret: str, timestamp_ms: int) -> dict[str, str]:
    """`timestamp` and `sign`; nothing for a robot that goes by keywords."""
    if not secret:
        return {}
    message = f"{timestamp_ms}\n{secret}".encode()
    sign = base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest())
    return {"timestamp": str(timestamp_ms), "sign": sign.decode()}


def dingtalk_body(content: dict[str, Any]) -> dict[str, Any]:
    """A markdown message as DingTalk takes it."""
    text = "\n\n".join([f"### {title(content)}", *lines(content)])
    return {"msgtype": "markdown", "markdown": {"title": title(content), "text": text}}


def wecom_body(content: dict[str, Any]) -> dict[str, Any]:
    """A markdown message as WeCom takes it, cut to what it allows."""
    text = "\n".join([f"**{title(content)}**", *lines(content)])
    cut = text.encode()[:MAX_WECOM_BYTES].decode(errors="ignore")
    return {"msgtype": "markdown", "markdown": {"content": cut}}


async def tell_robot(
    client: httpx.AsyncClient,
    *,
    url: str,
    query: dict[str, str],
    body: dict[str, Any],
    allow_private: bool,
) -> Outcome:
    """Send one message; the robot's errcode decides."""
    try:
        target = await check_url(url, allow_private)
    except RefusedAddress as error:
        return Outcome(f"refused: {error}")
    request = client.build_request(
        "POST",
        target.pinned.copy_merge_params(query),
        content=msgspec.json.encode(body),
        headers={"Host": target.host, "Content-Type": "application/json; charset=utf-8"},
    )
    request.extensions["sni_hostname"] = target.url.host
    try:
        response = await client.send(request, stream=True)
        answer = await _read(response)
    except httpx.HTTPError as error:
        return Outcome(f"{type(error).__name__}: {error}")
    if not response.is_success:
        return Outcome(f"HTTP {response.status_code}")
    try:
        said = msgspec.json.decode(answer)
        code = said["errcode"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return Outcome("the answer has no errcode: is this a robot's address?")
    return Outcome() if code == 0 else Outcome(f"errcode {code}: {said.get('errmsg', '')}"[:255])


async def _read(response: httpx.Response) -> bytes:
    found = b""
    try:
        async for part in response.aiter_bytes():
            found += part
            if len(found) > MAX_ANSWER_BYTES:
                break
    finally:
        await response.aclose()
    return found[:MAX_ANSWER_BYTES]

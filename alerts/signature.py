"""How a webhook is signed: HMAC-SHA256 over "TIMESTAMP.BODY" with the webhook's secret, in hex.

    X-Xunji-Timestamp: 1767225600          seconds since 1970 at the time of sending
    X-Xunji-Signature: sha256=HEX
    X-Xunji-Id: 4711-2                     one id an event and webhook, the same in every retry

The receiver computes the same, compares in constant time, refuses old timestamps, and drops ids
that it has seen.
"""

from __future__ import annotations

import hashlib
import hmac

SIGNATURE_HEADER = "X-Xunji-Signature"
TIMESTAMP_HEADER = "X-Xunji-Timestamp"
ID_HEADER = "X-Xunji-Id"


def sign(secret: str, timestamp_s: int, body: bytes) -> str:
    """The value of the signature's header."""
    message = str(timestamp_s).encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def signature_is_right(secret: str, timestamp_s: int, body: bytes, signature: str) -> bool:
    """Whether a receiver may trust the body."""
    return hmac.compare_digest(sign(secret, timestamp_s, body), signature)

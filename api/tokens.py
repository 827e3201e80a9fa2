"""Log-in tokens: JWT, HS256, real time (a person's session does not jump with simulated time)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt

from api.errors import ApiProblem

_ALGORITHM = "HS256"
_AUDIENCE = "xunji-api"


def make_token(secret: str, user_id: int, hours: float) -> str:
    """A token for a user, good for so many hours."""
    now = datetime.now(UTC)
    claims = {
        "sub": str(user_id),
        "aud": _AUDIENCE,
        "iat": now,
        "exp": now + timedelta(hours=hours),
    }
    return jwt.encode(claims, secret, _ALGORITHM)


def read_token(secret: str, token: str) -> int:
    """The user's id. Raises ApiProblem("token_expired" | "not_logged_in")."""
    try:
        claims = jwt.decode(
            token,
            secret,
            [_ALGORITHM],
            audience=_AUDIENCE,
            options={"require": ["sub", "exp", "aud"]},
        )
        return int(claims["sub"])
    except jwt.ExpiredSignatureError as error:
        raise ApiProblem("token_expired") from error
    except (jwt.InvalidTokenError, ValueError) as error:
        raise ApiProblem("not_logged_in") from error

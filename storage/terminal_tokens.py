"""Tokens that terminals must show: issued, withdrawn, listed for a broker. Only hashes are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from model.tokens import new_token, token_hash
from storage.database import Connection


class Holder(NamedTuple):
    """A terminal and what is stored of its token (None: it has none)."""

    device_id: int
    protocol: str
    identity: str
    token_hash: str | None


async def issue_token(
    conn: Connection, organisations: Sequence[int] | None, device_id: int
) -> tuple[Holder, str] | None:
    """A new token; an earlier one is good no more. None: no such unit of these organisations (None:
    of all)."""
    token = new_token()
    cursor = await conn.execute(
        "UPDATE devices SET token_hash = %(hash)s WHERE id = %(id)s AND protocol <> 'plate'"
        " AND (%(scope)s::integer[] IS NULL OR organisation_id = ANY(%(scope)s::integer[]))"
        " RETURNING id, protocol, identity, token_hash",
        {"hash": token_hash(token), "id": device_id, "scope": _scope(organisations)},
    )
    row = await cursor.fetchone()
    return None if row is None else (Holder(*row), token)


async def withdraw_token(conn: Connection, organisations: Sequence[int], device_id: int) -> bool:
    """Whether there is such a unit; from now on it has no token."""
    cursor = await conn.execute(
        "UPDATE devices SET token_hash = NULL WHERE id = %s AND organisation_id = ANY(%s)",
        (device_id, list(organisations)),
    )
    return cursor.rowcount > 0


async def holders(conn: Connection, protocols: Sequence[str]) -> list[Holder]:
    """All terminals of these protocols, by protocol and identity."""
    cursor = await conn.execute(
        "SELECT id, protocol, identity, token_hash FROM devices WHERE protocol = ANY(%s)"
        " ORDER BY protocol, identity",
        (list(protocols),),
    )
    return [Holder(*row) for row in await cursor.fetchall()]


def _scope(organisations: Sequence[int] | None) -> list[int] | None:
    return None if organisations is None else list(organisations)

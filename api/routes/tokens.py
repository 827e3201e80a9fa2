"""Tokens that terminals must show."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.access import Conn, RegisterEditor, State
from api.errors import ApiProblem
from api.shapes.units import TerminalToken
from model.tokens import encryption_key
from storage.terminal_tokens import issue_token, withdraw_token

router = APIRouter(prefix="/devices", tags=["devices"])


@router.post("/{device_id}/token", response_model=TerminalToken, status_code=201)
async def issue(device_id: int, state: State, conn: Conn, caller: RegisterEditor) -> Any:
    """A new token, in this answer and nowhere else; an earlier one is good no more."""
    issued = await issue_token(conn, caller.organisations, device_id)
    if issued is None:
        raise ApiProblem("not_found")
    holder, token = issued
    secret = state.services.secret.encode()
    key = encryption_key(secret, holder.protocol, holder.identity)
    return {
        "device_id": device_id,
        "protocol": holder.protocol,
        "identity": holder.identity,
        "token": token,
        "encryption_key": key if holder.protocol == "owntracks" else None,
    }


@router.delete("/{device_id}/token", status_code=204)
async def withdraw(device_id: int, conn: Conn, caller: RegisterEditor) -> None:
    """From now on the terminal has no token."""
    if not await withdraw_token(conn, caller.organisations, device_id):
        raise ApiProblem("not_found")

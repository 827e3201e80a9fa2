"""Tokens that terminals must show, one by one and by a file of the register."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from api.access import Conn, RegisterEditor, State
from api.errors import ApiProblem
from api.register_file import import_register
from api.shapes.register_file import RegisterImport
from api.shapes.units import TerminalToken
from api.sheet_upload import read_sheet_body, refuse_problems
from api.state import AppState
from model.tokens import encryption_key
from storage.terminal_tokens import Holder, issue_token, withdraw_token

router = APIRouter(prefix="/devices", tags=["devices"])


@router.post("/{device_id}/token", response_model=TerminalToken, status_code=201)
async def issue(device_id: int, state: State, conn: Conn, caller: RegisterEditor) -> Any:
    """A new token, in this answer and nowhere else; an earlier one is good no more."""
    issued = await issue_token(conn, caller.organisations, device_id)
    if issued is None:
        raise ApiProblem("not_found")
    return _shown(state, *issued)


@router.post("/import", response_model=RegisterImport)
async def import_(
    request: Request, state: State, conn: Conn, caller: RegisterEditor, *, dry_run: bool = False
) -> Any:
    """Units of a CSV file (the raw body), all or none, with tokens for lines that ask for one;
    `dry_run` only reports."""
    now_us, data = state.services.clock.now_us(), await read_sheet_body(request)
    own = caller.user.organisation_id
    sheet, ids, issued = await import_register(
        conn, caller.organisations, own, data, now_us, dry=dry_run
    )
    refuse_problems(sheet, dry_run)
    tokens = [_shown(state, *one) for one in issued]
    return sheet.shown(ids).model_dump() | {"tokens": tokens}


def _shown(state: AppState, holder: Holder, token: str) -> dict[str, Any]:
    secret = state.services.secret.encode()
    key = encryption_key(secret, holder.protocol, holder.identity)
    return {
        "device_id": holder.device_id,
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

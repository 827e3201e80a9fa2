"""Log-in, the user, organisations."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from api.access import PERMISSIONS, Conn, Own, Reader, State
from api.errors import ApiProblem
from api.shapes.people import Credentials, LoggedIn, Me, Organisation
from api.state import AppState
from api.tokens import make_token
from storage.registers import organisations
from storage.users import User, find_user, password_is_right

router = APIRouter(tags=["people"])


@router.post("/login", response_model=LoggedIn)
async def login(body: Credentials, request: Request, state: State) -> Any:
    """A token for a name and a password; rate limited by both and by address."""
    address = request.client.host if request.client else ""
    wait_s = state.login_limit.begin(body.username, address)
    if wait_s is not None:
        seconds = int(wait_s) + 1
        raise ApiProblem(
            "too_many_logins", headers={"Retry-After": str(seconds)}, retry_after_s=seconds
        )
    # Given back before the slow part: people who guess must not hold the database.
    async with state.services.database.pool.connection() as conn:
        user = await find_user(conn, body.username)
    async with state.password_checks:
        right = await asyncio.to_thread(password_is_right, body.password, user)
    if user is None or not right:
        raise ApiProblem("wrong_password")
    state.login_limit.succeeded(body.username, address)
    settings = state.services.settings
    token = make_token(state.services.secret, user.id, settings.http.token_hours)
    return {"token": token, "user": _me(state, user)}


@router.get("/me", response_model=Me)
async def me(state: State, caller: Own) -> Any:
    """The user, what the role may do, and where the base map comes from."""
    return _me(state, caller.user)


@router.get("/organisations", response_model=list[Organisation])
async def visible(conn: Conn, caller: Reader) -> Any:
    """The caller's organisation and those below it."""
    return await organisations(conn, caller.organisations)


def _me(state: AppState, user: User) -> dict[str, Any]:
    http = state.services.settings.http
    return {
        "id": user.id,
        "username": user.username,
        "display_name": user.display_name,
        "role": user.role,
        "organisation": {
            "id": user.organisation_id,
            "name": user.organisation_name,
            "name_en": user.organisation_name_en,
        },
        "locale": user.locale,
        "permissions": sorted(name for name, roles in PERMISSIONS.items() if user.role in roles),
        "map": {
            "style_url": http.map_style_url,
            "pmtiles_url": "/basemap.pmtiles" if http.pmtiles_path else None,
        },
    }

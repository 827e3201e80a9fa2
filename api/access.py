"""Who calls, what they see, and what their role may do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, WebSocket
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from psycopg import AsyncConnection

from api.errors import ApiProblem
from api.state import AppState
from api.tokens import read_token
from storage.users import User, user_by_id

_EVERYONE = frozenset({"chief", "dispatcher", "officer", "company"})
_OFFICE = frozenset({"chief", "dispatcher"})

# What a role may do beyond reading what it sees.
PERMISSIONS: dict[str, frozenset[str]] = {
    "self": _EVERYONE | {"inspector"},
    "read": _EVERYONE,
    "edit_register": _OFFICE,
    "edit_rules": _OFFICE,
    "command": _OFFICE,
    "warn": _EVERYONE,
    "work_violations": frozenset({"chief", "dispatcher", "officer"}),
    "inspect_input": _OFFICE,
    "import_history": _OFFICE,
    "webhooks": frozenset({"chief"}),
    "retention": frozenset({"chief"}),
    "test_clock": frozenset({"chief"}),
}

Connection = AsyncConnection[Any]
bearer = HTTPBearer(auto_error=False, description="the token of POST /login")


@dataclass(frozen=True, slots=True)
class Caller:
    """A logged-in user and the organisations whose rows the user sees."""

    user: User
    organisations: list[int]

    def may(self, permission: str) -> bool:
        """Whether the role has the permission."""
        return self.user.role in PERMISSIONS[permission]

    def sees(self, organisation_id: int | None) -> bool:
        """Whether the organisation is the user's or below it."""
        return organisation_id in self.organisations


def state_of(request: Request) -> AppState:
    """The application's state."""
    state = request.app.state.xunji
    assert isinstance(state, AppState)
    return state


def socket_state_of(socket: WebSocket) -> AppState:
    """The application's state, for a WebSocket."""
    state = socket.app.state.xunji
    assert isinstance(state, AppState)
    return state


async def connection(state: Annotated[AppState, Depends(state_of)]) -> AsyncIterator[Connection]:
    """A connection of the pool for one request: commits at its end, rolls back on an error."""
    async with state.services.database.pool.connection() as conn:
        yield conn


State = Annotated[AppState, Depends(state_of)]
# Of scope "function": committed before the answer leaves. Whoever depends on it in one request gets
# the same connection; a second one a request would let eight requests wait for each other.
Conn = Annotated[Connection, Depends(connection, scope="function")]


async def reading_connection(state: State, conn: Conn) -> AsyncIterator[Connection]:
    """A connection that is only read from: of the replica, else the request's own."""
    replica = state.services.replica
    if replica is None:
        yield conn
        return
    async with replica.connection() as own:
        yield own or conn


# For questions about history: the replica, where one is set.
ReadConn = Annotated[Connection, Depends(reading_connection, scope="function")]


async def identify(state: AppState, conn: Connection, token: str) -> Caller:
    """The caller of a token; read afresh, so that disabling a user works at once."""
    user = await user_by_id(conn, read_token(state.services.secret, token))
    if user is None or user.disabled:
        raise ApiProblem("not_logged_in")
    return Caller(user, await state.scopes.of(conn, user.organisation_id))


def caller_who_may(permission: str) -> Callable[..., Coroutine[Any, Any, Caller]]:
    """A dependency: the caller, refused without the permission."""

    async def dependency(
        state: State,
        conn: Conn,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> Caller:
        if credentials is None:
            raise ApiProblem("not_logged_in")
        caller = await identify(state, conn, credentials.credentials)
        if not caller.may(permission):
            raise ApiProblem("forbidden", role=caller.user.role, permission=permission)
        return caller

    return dependency


Own = Annotated[Caller, Depends(caller_who_may("self"))]
Reader = Annotated[Caller, Depends(caller_who_may("read"))]
RegisterEditor = Annotated[Caller, Depends(caller_who_may("edit_register"))]
RuleEditor = Annotated[Caller, Depends(caller_who_may("edit_rules"))]
Commander = Annotated[Caller, Depends(caller_who_may("command"))]
Warner = Annotated[Caller, Depends(caller_who_may("warn"))]
Worker = Annotated[Caller, Depends(caller_who_may("work_violations"))]
Inspector = Annotated[Caller, Depends(caller_who_may("inspect_input"))]
Importer = Annotated[Caller, Depends(caller_who_may("import_history"))]
WebhookOwner = Annotated[Caller, Depends(caller_who_may("webhooks"))]
RetentionKeeper = Annotated[Caller, Depends(caller_who_may("retention"))]
ClockKeeper = Annotated[Caller, Depends(caller_who_may("test_clock"))]

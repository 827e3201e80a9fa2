"""The numbers of the page's header and footer."""

from __future__ import annotations

import time
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from api.times import iso_us
from storage.registers import counts, device_ids

if TYPE_CHECKING:
    from api.access import Caller, Connection
    from api.state import AppState

CACHE_S = 2.0
MAX_CACHED = 200  # scopes; the oldest makes room


def server_version() -> str:
    """The installed distribution's version."""
    try:
        return version("xunji")
    except PackageNotFoundError:
        return "unpackaged"


class StatusCache:
    """One status a scope, at most CACHE_S old: fifty open pages of one bureau cost one query."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], tuple[float, dict[str, Any]]] = {}

    def get(self, scope: tuple[int, ...]) -> dict[str, Any] | None:
        """A recent status of the scope."""
        known = self._known.get(scope)
        recent = known is not None and time.monotonic() - known[0] < CACHE_S
        return known[1] if known is not None and recent else None

    def last(self, scope: tuple[int, ...]) -> dict[str, Any] | None:
        """The last status of the scope, however old."""
        known = self._known.get(scope)
        return None if known is None else known[1]

    def put(self, scope: tuple[int, ...], status: dict[str, Any]) -> None:
        """Remember it."""
        self._known.pop(scope, None)
        self._known[scope] = (time.monotonic(), status)
        if len(self._known) > MAX_CACHED:
            del self._known[next(iter(self._known))]


async def status_of(state: AppState, conn: Connection, caller: Caller) -> dict[str, Any]:
    """The Status of docs/api.md for a caller; time and spool are always fresh."""
    scope = tuple(caller.organisations)
    status = state.status_cache.get(scope)
    if status is None:
        status = await _count(state, conn, caller)
        state.status_cache.put(scope, status)
    return _fresh(state, status)


def status_without_database(state: AppState, caller: Caller) -> dict[str, Any] | None:
    """The last one with what waits in the spool now; None: there was none."""
    status = state.status_cache.last(tuple(caller.organisations))
    return None if status is None else _fresh(state, status)


def _fresh(state: AppState, status: dict[str, Any]) -> dict[str, Any]:
    now = iso_us(state.services.clock.now_us())
    return {"now": now, **status, "spool": _spool(state.services.spool_status())}


async def _count(state: AppState, conn: Connection, caller: Caller) -> dict[str, Any]:
    services = state.services
    latest = await state.latest.all(conn)
    now_us = services.clock.now_us()
    numbers = await counts(conn, caller.organisations, caller.user.is_root, now_us)
    units = await device_ids(conn, caller.organisations)
    reporting = sum(unit in latest and latest[unit]["online"] for unit in units)
    return {
        "units": len(units),
        "reporting": reporting,
        "silent": len(units) - reporting,
        **numbers,
        "clock": services.settings.clock,
        "database": {"mode": services.database.mode, "embedded": services.database.embedded},
        "disk": services.storage_status().get("level", "unknown"),
        "demo": services.demo_grade() if caller.user.is_root else None,
        "version": server_version(),
    }


def _spool(told: dict[str, Any]) -> dict[str, Any]:
    """What waits for the database."""
    since_us = told.get("since_us")
    return {
        "state": told["state"],
        "positions": told.get("positions", 0),
        "since": None if since_us is None else iso_us(since_us),
    }

"""Reports of units that are not in the register yet wait; those of the others do not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Set

import structlog

from pipeline.contract import Pending

_log = structlog.get_logger(__name__)

REGISTER_LIMIT_S = 1.0  # then the rest goes on without the newcomers


async def _nothing_to_do() -> None:
    """No registrations."""


class Newcomers:
    """`register()` stores the devices that `unregistered()` names, and may raise StorageAway.

    One that takes longer goes on beside the commits: begun anew each time, that of many newcomers
    on a slow database would never be done.
    """

    def __init__(
        self,
        register: Callable[[], Awaitable[object]] = _nothing_to_do,
        unregistered: Callable[[], Set[int]] = frozenset,
    ) -> None:
        self._register = register
        self.unregistered = unregistered
        self._task: asyncio.Future[object] | None = None

    async def part(self, reports: list[Pending]) -> tuple[list[Pending], list[Pending]]:
        """Those of registered units, and those that wait until the database is back."""
        if self._task is None and not self.unregistered():
            return reports, []
        task = self._task or asyncio.ensure_future(self._register())
        await asyncio.wait({task}, timeout=REGISTER_LIMIT_S)
        self._task = None if task.done() else task
        away = task.exception() if task.done() else "not done in time"
        if away is None:
            return reports, []
        new = self.unregistered()
        held = [p for p in reports if p.report.device.device_id in new]
        if held:
            _log.warning("newcomers_wait", error=str(away), reports=len(held))
        return [p for p in reports if p.report.device.device_id not in new], held

    async def stop(self) -> None:
        """End a registration that is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

"""A read replica for questions about history; the primary answers where it cannot.

Asked every LOOK_S whether it is there and how far behind: one that is away, or that lags by more
than MAX_LAG_S, is passed over until it has caught up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from storage.database import Connection, pool_of

LOOK_S = 5.0
MAX_LAG_S = 60.0
WAIT_S = 2.0
# A replica that has replayed all it received does not lag, however quiet the primary is.
_LAG = """
SELECT CASE WHEN NOT pg_is_in_recovery()
              OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0) END
"""
_log = structlog.get_logger(__name__)


class Replica:
    """Its pool, opened at the first question. `close` ends it."""

    def __init__(self, url: str, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._pool: AsyncConnectionPool[Connection] = pool_of(url, name="replica", timeout_s=WAIT_S)
        self._monotonic_s = monotonic_s
        self._looked_s = float("-inf")
        self._looking = asyncio.Lock()
        self._open = False
        self.usable = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection | None]:
        """A connection to read from; None: ask the primary."""
        async with self._looking:
            if self._monotonic_s() - self._looked_s >= LOOK_S:
                await self._look()
        if not self.usable:
            yield None
            return
        async with self._pool.connection() as conn:
            yield conn

    async def close(self) -> None:
        """Close the pool."""
        await self._pool.close()

    async def _look(self) -> None:
        before, self.usable = self.usable, False
        try:
            if not self._open:
                await self._pool.open()
                self._open = True
            async with self._pool.connection() as conn:
                row = await (await conn.execute(_LAG)).fetchone()
            assert row is not None
            self.usable = float(row[0]) <= MAX_LAG_S
            why = f"{float(row[0]):.0f} s behind"
        except (psycopg.Error, PoolTimeout, OSError) as error:
            why = str(error)
        self._looked_s = self._monotonic_s()
        if before and not self.usable:
            _log.warning("replica_passed_over", why=why)

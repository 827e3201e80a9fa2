"""What is summed up beside the ingest, so that reports need no fixes."""

from __future__ import annotations

from collections.abc import Coroutine

from pipeline.contract import Clock
from pipeline.daily_summaries import DailySummaries
from pipeline.patrol_shifts import PatrolShifts
from storage.database import Database
from xunji.settings import Settings


def daily_summaries(database: Database, clock: Clock, settings: Settings) -> DailySummaries:
    """Of vehicles, by local days."""
    return DailySummaries(database, clock, settings.rules.zone, settings.database.retention_days)


def summing_up(
    database: Database, clock: Clock, settings: Settings
) -> dict[str, Coroutine[None, None, None]]:
    """Work that goes on until it is cancelled, by name."""
    return {
        "patrol shifts": PatrolShifts(database, clock).run(),
        "daily summaries": daily_summaries(database, clock, settings).run(),
    }

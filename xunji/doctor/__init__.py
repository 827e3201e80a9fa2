"""`xunji doctor`: what this installation stands on, piece by piece, and how to mend it."""

from __future__ import annotations

import asyncio

from xunji.doctor.broker import check_broker
from xunji.doctor.check import Check
from xunji.doctor.database import check_database
from xunji.doctor.machine import check_clock, check_disk, check_ports
from xunji.settings import Settings

__all__ = ["Check", "examine"]


async def examine(settings: Settings) -> list[Check]:
    """All checks, in the order in which to read them. Changes nothing."""
    database, clock_skew_s = await check_database(settings)
    return [
        *database,
        *await asyncio.to_thread(check_broker, settings),
        *await asyncio.to_thread(check_ports, settings),
        check_disk(settings),
        *await asyncio.to_thread(check_clock, settings, clock_skew_s),
    ]

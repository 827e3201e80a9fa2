"""A calendar that has ended is told loudly."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from model.rulebook import Rulebook
from rules.calendar import asks_the_calendar, known_until

_log = structlog.get_logger(__name__)


def mind_the_calendar(rulebook: Rulebook, now_us: int) -> None:
    """Warn when a rule asks for workdays, and no holiday is known this year or later."""
    until = known_until(rulebook.calendar)
    today = datetime.fromtimestamp(now_us / 1e6, UTC).date()
    if asks_the_calendar(rulebook) and (until is None or until < today):
        _log.warning(
            "calendar_ends",
            known_until=str(until),
            advice="weekdays alone decide from then on: run xunji calendar seed",
        )

"""Periods that a caller asks for, no longer than an answer can be."""

from __future__ import annotations

from datetime import datetime, timedelta

from api.rule_check import invalid


def checked_period(since: datetime, until: datetime, days: int) -> None:
    """Raises ApiProblem("invalid_request") for a period that is empty or too long."""
    if until <= since:
        raise invalid("to", "it must come after from")
    if until - since > timedelta(days=days):
        raise invalid("to", f"the period has more than {days} days")

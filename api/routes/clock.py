"""Simulated time, for test servers only."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from api.access import ClockKeeper, State
from api.errors import ApiProblem
from api.services import SettableClock
from api.shapes.patrol import ClockShape
from api.state import AppState
from api.times import Time, iso_us, microseconds

router = APIRouter(tags=["test"])


class NewTime(BaseModel):
    """When it is to be."""

    now: Time


def _clock(state: AppState) -> SettableClock:
    services = state.services
    if services.test_clock is None or services.settings.production:
        raise ApiProblem("no_such_path")
    return services.test_clock


@router.get("/test/clock", response_model=ClockShape)
async def read_clock(state: State, _: ClockKeeper) -> Any:
    """The simulated time; 404 on a server that lives in real time."""
    return {"now": iso_us(_clock(state).now_us())}


@router.post("/test/clock", response_model=ClockShape)
async def set_clock(body: NewTime, state: State, _: ClockKeeper) -> Any:
    """Move time forward, flush what was received, and record a tick."""
    clock = _clock(state)
    try:
        clock.advance_to(microseconds(body.now))
    except ValueError as error:
        raise ApiProblem("clock_backwards", now=iso_us(clock.now_us())) from error
    await state.services.force_tick()
    return {"now": iso_us(clock.now_us())}

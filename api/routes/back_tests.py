"""Back-tests: a rule that is not saved, over a past period, against what was raised then."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Response

from api.access import Caller, Conn, Connection, RuleEditor, State
from api.back_test_view import result_json
from api.errors import ApiProblem
from api.rule_check import check_rule, invalid
from api.shapes.back_tests import BackTestBody, BackTestShape
from api.state import AppState
from api.times import iso_us, microseconds
from model.rulebook import Rule
from pipeline.back_test import Job
from pipeline.back_tests import TooManyTrialsError, Trial
from storage.instants import DAY_US
from storage.registers import devices

router = APIRouter(prefix="/back-tests", tags=["rules"])
MAX_DAYS = 93


@router.post("", response_model=BackTestShape, status_code=202)
async def create(body: BackTestBody, state: State, conn: Conn, caller: RuleEditor) -> Any:
    """Begin one; two run at a time, others wait. What lies after now is left out."""
    check_rule(body.rule)
    organisation_id = body.rule.organisation_id or caller.user.organisation_id
    if not caller.sees(organisation_id):
        raise ApiProblem("not_found")
    values = {
        **body.rule.model_dump(),
        "version": 1,
        "organisation_id": organisation_id,
        "valid_from_us": 0,
    }
    from_us, to_us = _period(body, state.services.clock.now_us())
    job = Job(
        rule=msgspec.convert(values, Rule),
        from_us=from_us,
        to_us=to_us,
        organisations=tuple(caller.organisations),
        device_ids=None if body.device_ids is None else tuple(body.device_ids),
    )
    try:
        trial = state.back_tests.start(caller.user.id, job)
    except TooManyTrialsError as error:
        raise ApiProblem("too_many_back_tests") from error
    return await _shown(conn, caller, trial)


@router.get("/{test_id}", response_model=BackTestShape)
async def one(test_id: int, state: State, conn: Conn, caller: RuleEditor) -> Any:
    """How far it is, and at last what it found; the newest results are kept for a while."""
    return await _shown(conn, caller, _own(state, caller, test_id))


@router.delete("/{test_id}", status_code=204)
async def cancel(test_id: int, state: State, caller: RuleEditor) -> Response:
    """End it."""
    await state.back_tests.cancel(_own(state, caller, test_id))
    return Response(status_code=204)


def _period(body: BackTestBody, now_us: int) -> tuple[int, int]:
    from_us, to_us = microseconds(body.since), min(microseconds(body.until), now_us)
    if from_us >= to_us:
        raise invalid("from", "must lie before to, and in the past")
    if to_us - from_us > MAX_DAYS * DAY_US:
        raise invalid("from", f"the period has at most {MAX_DAYS} days")
    return from_us, to_us


def _own(state: AppState, caller: Caller, test_id: int) -> Trial:
    trial = state.back_tests.find(caller.user.id, test_id)
    if trial is None:
        raise ApiProblem("not_found")
    return trial


async def _shown(conn: Connection, caller: Caller, trial: Trial) -> Any:
    result = None
    if trial.result is not None:
        known = {row["id"]: row for row in await devices(conn, caller.organisations)}
        result = result_json(trial.result, known)
    return {
        "id": trial.id,
        "state": trial.state,
        "progress": trial.progress,
        "rule_id": trial.job.rule.id,
        "from": iso_us(trial.job.from_us),
        "to": iso_us(trial.job.to_us),
        "result": result,
        "error": trial.error,
    }

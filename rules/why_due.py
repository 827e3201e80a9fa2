"""Why a rule over duties raised nothing of a device at a time."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from model.position import Rows
from model.rulebook import Device, Rulebook
from rules.batch import Batch
from rules.believed import believe
from rules.build_view import build_view, sort_rows
from rules.contract import NO, UNKNOWN, RuleKind
from rules.duties import GRACE_US
from rules.engine import Engine
from rules.owed import Duty, ExplainingDuty, Verdict
from rules.state import DeviceState
from rules.trips import follow_trips
from rules.why_not_words import Answer, answer

LOOK_US = 86_400_000_000  # no window is longer: positions so long before and after are asked for


def why_due(
    rulebook: Rulebook,
    device: Device,
    kind: RuleKind,
    at_us: int,
    heard: tuple[DeviceState, Rows, int],
) -> Answer:
    """Of the duty under way at the time that is due first; `rulebook` holds this rule alone.

    `heard`: the device's state before its rows about the time, these, and until when all that was
    received is committed.
    """
    engine = Engine(rulebook, {kind.name: kind})
    owed = engine.duties.around(device.id, at_us)
    if not owed:
        return answer("no_duty")
    duty, version = owed[0]
    verdict = _verdict(engine, device, duty, heard)
    from_us, due_us = duty.from_us, duty.due_us
    if verdict is None:
        code = "not_due" if heard[2] < due_us + GRACE_US else "unheard"
        return answer(code, from_us=from_us, due_us=due_us)
    if verdict.value == NO:
        found = answer("duty_done", facts=_facts(verdict), from_us=from_us, due_us=due_us)
    elif verdict.value == UNKNOWN:
        found = answer("unknown", reason=verdict.reason)
    else:
        found = answer("would_be_raised", started_us=due_us)
    if not isinstance(kind, ExplainingDuty):
        return found
    said = tuple(kind.says(verdict, version.parameters))
    return msgspec.structs.replace(found, clauses=said)


def _verdict(
    engine: Engine, device: Device, duty: Duty, heard: tuple[DeviceState, Rows, int]
) -> Verdict | None:
    """What the fixes, or the silence after them, say of the duty; None: nothing yet, or nothing."""
    state, rows, known_until_us = heard
    states = {device.id: state}
    kinds, own = {device.id: device.kind}, np.array([device.id], np.int32)
    if len(rows):
        rows = sort_rows(rows)
        view = build_view(rows, engine.rulebook, kinds, engine.roster, engine.index)
        believe(view, engine.on_foot, states)
        follow_trips(view, {device.id: copy.deepcopy(state)}, engine.devices)
        for judged in engine.duties.judge(Batch.of(view, own, states)):
            if judged.duty == duty:
                return judged.verdict
    return engine.duties.verdict_at(device.id, duty, state, known_until_us)


def _facts(verdict: Verdict) -> str:
    """The numbers of a verdict, by name; shapes are left out."""
    numbers: Mapping[str, Any] = {
        name: value for name, value in verdict.measures.items() if isinstance(value, int | float)
    }
    return msgspec.json.encode(numbers).decode().strip("{}").replace('"', "").replace(",", ", ")

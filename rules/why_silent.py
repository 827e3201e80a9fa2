"""Why a rule over silence raised nothing of a device at a time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model import signals
from model.position import Rows
from model.rulebook import Device, Rulebook
from rules.absence import work_of
from rules.contract import AbsenceKind, RuleKind
from rules.silence import joined
from rules.why_not_words import Answer, answer

_SECOND_US = 1_000_000


def why_silent(
    rulebook: Rulebook,
    device: Device,
    judged_by: tuple[RuleKind, Mapping[str, float]],
    at_us: int,
    heard: tuple[Rows, int, int],
) -> Answer:
    """`judged_by`: kind and parameters; `heard`: the device's rows about the time in order, what
    was heard last before them (0: nothing), and until when all that was received is committed."""
    kind, parameters = judged_by
    rows, last_us, known_until_us = heard
    times = rows["time_us"]
    place = int(np.searchsorted(times, at_us, "right"))
    before_us = int(times[place - 1]) if place else last_us
    after_us = int(times[place]) if place < len(times) else 0
    owed = (before_us, after_us or known_until_us)
    if isinstance(kind, AbsenceKind) and kind.duty == "working":
        if not place or not _at_work(rows[place - 1], parameters["moving_kmh"]):
            return answer("not_working", before_us=before_us)
    else:
        shifts = joined(shift for shift in rulebook.shifts if shift.device_id == device.id)
        shift = next((s for s in shifts if s.starts_us <= at_us < s.ends_us), None)
        if shift is None:
            return answer("off_duty")
        owed = max(owed[0], shift.starts_us), min(owed[1], shift.ends_us)
    for outage in rulebook.outages:
        if outage.from_us < owed[1] and outage.to_us > owed[0]:
            return answer("outage", before_us=outage.from_us, after_us=outage.to_us)
    lasted_s, wanted_s = (owed[1] - owed[0]) / _SECOND_US, parameters["silent_minutes"] * 60
    if lasted_s >= wanted_s:
        return answer("would_be_raised", started_us=owed[0])
    code = "heard" if after_us else "silent_so_far"
    return answer(
        code, before_us=owed[0], after_us=owed[1], lasted_s=max(0.0, lasted_s), wanted_s=wanted_s
    )


def _at_work(row: np.void, moving_kmh: float) -> bool:
    ignition, speed_kmh_e1 = work_of(row)
    return ignition >= signals.YES or speed_kmh_e1 >= 10 * moving_kmh

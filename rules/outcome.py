"""How severe a violation is: by its rule, by how long it lasts, by how often it happened before."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from model.rulebook import Severity
from rules.contract import Parameter

DAY_US = 86_400_000_000
_NEXT: dict[Severity, Severity] = {"info": "warning", "warning": "serious", "serious": "serious"}

# Every kind has them, silences, too.
OUTCOME_PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "serious_after_s", "s", 0, 0, 604_800,
        "持续满此时长升级为严重（0：不升级）",
        "lasting this long it becomes serious (0: never)",
        "our default: never; vendors' platforms make a deviation serious after 15 minutes",
    ),
    Parameter(
        "repeat_days", "d", 365, 1, 3_650,
        "重复违规的统计期",
        "the period before, in which violations of the unit and rule are counted",
        "Shenzhen traffic police, notice of May 2019: counted over a year",
    ),
    Parameter(
        "repeat_limit", "", 0, 0, 1_000,
        "统计期内已达此次数，严重程度升一级（0：不统计）",
        "with so many in the period before, it is one step more severe (0: not counted)",
        "our default: not counted; Shenzhen 2019 escalates the third in a year (limit 2)",
    ),
)  # fmt: skip


def lasting(severity: Severity, duration_us: int, parameters: Mapping[str, float]) -> Severity:
    """The severity of an episode that has lasted so long."""
    limit_s = parameters["serious_after_s"]
    return "serious" if limit_s and duration_us >= limit_s * 1_000_000 else severity


def repeated(severity: Severity, count: int, limit: int) -> Severity:
    """One step up when there were `limit` before."""
    return _NEXT[severity] if limit and count >= limit else severity


def repeat_of(parameters: Mapping[str, float]) -> tuple[int, int] | None:
    """(days, limit) of a rule that counts repeats."""
    limit = int(parameters["repeat_limit"])
    return (int(parameters["repeat_days"]), limit) if limit else None


def counts_before(starts_us: Sequence[int], of: Iterable[tuple[int, int, int]]) -> dict[int, int]:
    """For each (violation id, start, days): how many of the starts, in order, lie in the days
    before it. All of one unit and rule."""
    return {
        id_: bisect_left(starts_us, start_us) - bisect_left(starts_us, start_us - days * DAY_US)
        for id_, start_us, days in of
    }

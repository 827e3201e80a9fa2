"""After a step's changes: storms, incidents and repeat counts of what the changes touched.

Everything is computed from the violations as they then stand, in the step's own transaction, so
that neither the order in which data arrived nor a restart shows in the result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from model.rulebook import Rulebook
from model.violations import Change
from rules.contract import RuleKind
from rules.incidents import incidents
from rules.outcome import counts_before, repeated
from rules.storms import Area, Cause, Onset, StormLimits, areas_of, cause_of, needed_of, storms
from storage import outcomes as stored
from storage.changes import apply_changes
from storage.ladder import announce_storm, hold_back, level_up, resume, start_ladders
from storage.outcomes import Connection, OnsetRow
from storage.photo_orders import order_photos

_MINUTE_US = 60_000_000
LONGEST_STORM_US = 24 * 3_600_000_000  # what begins farther away is another storm


@dataclass(frozen=True, slots=True)
class OutcomeLimits:
    """`incident_gap_us`: closer violations of a unit are one incident."""

    incident_gap_us: int = 10 * _MINUTE_US
    storm: StormLimits = field(default_factory=StormLimits)
    news_us: int = 15 * _MINUTE_US


@dataclass(frozen=True, slots=True)
class Touched:
    """What a change touched: the hull of the period before and after it."""

    device_id: int
    rule_id: int
    from_us: int
    to_us: int

    @staticmethod
    def by(change: Change) -> Touched:
        """Of a change that was carried out."""
        both = [found for found in (change.finding, change.violation) if found is not None]
        return Touched(
            both[0].device_id,
            both[0].rule_id,
            min(found.started_us for found in both),
            max(found.last_us for found in both),
        )


class Outcomes:
    """Settles what follows from changed violations, under one rulebook."""

    def __init__(
        self, rulebook: Rulebook, kinds: Mapping[str, RuleKind], limits: OutcomeLimits
    ) -> None:
        self._limits = limits
        self._parents = rulebook.organisation_parents
        self._needed = needed_of(rulebook, limits.storm)
        self._kinds: dict[Cause, list[str]] = defaultdict(list)
        for kind in kinds.values():
            cause = cause_of(kind)
            if cause is not None:
                self._kinds[cause].append(kind.name)

    async def carry_out(
        self, conn: Connection, changes: Sequence[Change], now_us: int
    ) -> tuple[list[int], list[int]]:
        """Make the changes and what follows from them: ids of violations whose finding was
        written, and of all that look different now."""
        made = await apply_changes(conn, changes, now_us, self._limits.news_us)
        own = [change for change in changes if not (change.violation and change.violation.acted_on)]
        changed = await self._settle(conn, own, now_us) if own else set[int]()
        stormy = {name for names in self._kinds.values() for name in names}
        waits_us = {
            id_: self._limits.storm.wait_us if change.finding.kind in stormy else 0
            for id_, change in made.items()
            if change.action == "raise" and change.finding is not None
        }
        await start_ladders(conn, waits_us, now_us)
        await order_photos(conn, sorted(waits_us), now_us)
        if changed or made:
            await level_up(conn, changed | made.keys(), now_us)
        return list(made), sorted(changed | made.keys())

    async def _settle(self, conn: Connection, changes: Sequence[Change], now_us: int) -> set[int]:
        """What the changes bring about; ids of violations that look different now."""
        touched = [Touched.by(change) for change in changes]
        changed: set[int] = set()
        for cause, kinds in self._kinds.items():
            onsets = [us for change in changes for us in _moved_onsets(change, kinds)]
            if onsets:
                changed |= await self._storms(conn, cause, onsets, now_us)
        if changed:
            touched += [Touched(*one) for one in await stored.offences_of(conn, changed)]
        changed |= await settle_incidents(conn, touched, self._limits.incident_gap_us)
        changed |= await settle_repeats(conn, [(one.device_id, one.rule_id) for one in touched])
        return changed

    async def _storms(
        self, conn: Connection, cause: Cause, moved_us: Sequence[int], now_us: int
    ) -> set[int]:
        kinds = self._kinds[cause]
        rows = await self._around(conn, kinds, moved_us)
        found = storms(
            [self._onset(row) for row in rows], self._needed, self._limits.storm.window_us
        )
        before = {row.id: row.storm_id for row in rows}
        free = {storm_id for storm_id in before.values() if storm_id is not None}
        alone, changed = set(before), set[int]()
        for storm in found:
            known = min(
                (id_ for m in storm.members if (id_ := before[m]) in free and id_ is not None),
                default=None,
            )
            free.discard(known or 0)
            values = {
                "organisation_id": storm.organisation_id,
                "cause": cause,
                "started_us": storm.started_us,
                "until_us": storm.until_us,
                "devices": storm.devices,
            }
            storm_id = await stored.save_storm(conn, values, known, now_us)
            members = await stored.set_storm(conn, storm.members, storm_id)
            await hold_back(conn, members, now_us)
            if known is None:
                await announce_storm(conn, storm_id, now_us + self._limits.storm.wait_us)
            changed |= set(members)
            alone -= set(storm.members)
        freed = await stored.set_storm(conn, sorted(alone), None)
        await resume(conn, freed, now_us - self._limits.news_us)
        await stored.forget_storms(conn, sorted(free))
        return changed | set(freed)

    async def _around(
        self, conn: Connection, kinds: Sequence[str], moved_us: Sequence[int]
    ) -> list[OnsetRow]:
        """Every onset that a moved one may share a storm with: none lies within a window of the
        edges."""
        window_us = self._limits.storm.window_us
        first_us, last_us = min(moved_us), max(moved_us)
        bounds = first_us - LONGEST_STORM_US, last_us + LONGEST_STORM_US
        while first_us > bounds[0]:
            period = (first_us - window_us, first_us - 1)
            earlier = await stored.next_onset(conn, kinds, period, last=False)
            if earlier is None:
                break
            first_us = earlier
        while last_us < bounds[1]:
            period = (last_us + 1, last_us + window_us)
            later = await stored.next_onset(conn, kinds, period, last=True)
            if later is None:
                break
            last_us = later
        return await stored.onsets_between(conn, kinds, (first_us, last_us))

    def _onset(self, row: OnsetRow) -> Onset:
        areas: tuple[Area, ...] = areas_of(
            row.organisation_id, row.responsible_organisation_id, self._parents
        )
        return Onset(id=row.id, device_id=row.device_id, started_us=row.started_us, areas=areas)


async def settle_incidents(conn: Connection, touched: Iterable[Touched], gap_us: int) -> set[int]:
    """Group the units' violations anew around what was touched."""
    periods: dict[int, tuple[int, int]] = {}
    for one in touched:
        from_us, to_us = periods.get(one.device_id, (one.from_us, one.to_us))
        periods[one.device_id] = min(from_us, one.from_us), max(to_us, one.to_us)
    wide = await stored.neighbourhoods(conn, periods, gap_us)
    found: dict[int, int] = {}
    for counted in (await stored.counted_between(conn, wide)).values():
        found |= incidents(counted, gap_us)
    return set(await stored.save_incidents(conn, found, wide))


async def settle_repeats(conn: Connection, touched: Iterable[tuple[int, int]]) -> set[int]:
    """Count anew what the violations of each (unit, rule) have before them."""
    changed: set[int] = set()
    for offences in (await stored.offences(conn, sorted(set(touched)))).values():
        counting = [o for o in offences if o.limit and o.status == "open"]
        counts = counts_before(
            [o.counted.started_us for o in offences],
            [(o.counted.id, o.counted.started_us, o.days) for o in counting],
        )
        for offence in counting:
            id_ = offence.counted.id
            repeat = {"count": counts[id_], "days": offence.days, "limit": offence.limit}
            severity = repeated(offence.found_severity, counts[id_], offence.limit)
            if await stored.save_repeat(conn, id_, repeat, severity):
                changed.add(id_)
    return changed


def _moved_onsets(change: Change, kinds: Sequence[str]) -> list[int]:
    """Starts that appeared, moved or went away."""
    finding, violation = change.finding, change.violation
    kind = finding.kind if finding is not None else violation.kind if violation else ""
    if kind not in kinds:
        return []
    starts = [found.started_us for found in (finding, violation) if found is not None]
    as_before = (
        finding is not None
        and violation is not None
        and violation.finding == "standing"
        and finding.started_us == violation.started_us
    )
    return [] if as_before else starts

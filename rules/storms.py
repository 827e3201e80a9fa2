"""Many units that fall silent, or lose GNSS, together: one storm instead of n accusations.

A storm is at least `least` units (and a share of all, where they can be counted) of one area whose
violations begin within one window of event time. An area is an organisation with all below it, or
the organisation that answers for the place. Computed from the violations as they stand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Literal

import msgspec

from model.rulebook import Rulebook
from rules.contract import RuleKind

Cause = Literal["silence", "gnss"]
Area = tuple[int, str]  # organisation id, "units" or "place"


class Onset(msgspec.Struct, frozen=True, kw_only=True):
    """A violation of a storm's kind, and the areas in which it counts."""

    id: int
    device_id: int
    started_us: int
    areas: tuple[Area, ...]


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs together: `members` are violation ids."""

    organisation_id: int
    started_us: int
    until_us: int
    devices: int
    members: tuple[int, ...]


class StormLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How many units of an organisation (and what share of its register), or of the places that it
    answers for, within which time. `wait_us`: silence and lost GNSS are told this much later, so
    that a storm is seen before its first victims are told one by one."""

    devices: int = 5
    share_pct: float = 20
    place_devices: int = 10
    window_us: int = 600_000_000
    wait_us: int = 60_000_000


def needed_of(rulebook: Rulebook, limits: StormLimits) -> dict[Area, int]:
    """How many units make a storm in each area. A place has no register: the number decides."""
    registered: dict[int, int] = defaultdict(int)
    for device in rulebook.devices:
        for organisation_id in _and_above(device.organisation_id, rulebook.organisation_parents):
            registered[organisation_id] += 1
    needed: dict[Area, int] = {}
    for organisation_id in rulebook.organisation_parents:
        share = ceil(registered[organisation_id] * limits.share_pct / 100)
        needed[organisation_id, "units"] = max(limits.devices, share)
        needed[organisation_id, "place"] = limits.place_devices
    return needed


def areas_of(
    organisation_id: int, responsible_id: int | None, parents: Mapping[int, int | None]
) -> tuple[Area, ...]:
    """Where a violation counts: its unit's organisation, all above, and who answers for the
    place."""
    units: list[Area] = [(id_, "units") for id_ in _and_above(organisation_id, parents)]
    place: list[Area] = [] if responsible_id is None else [(responsible_id, "place")]
    return (*units, *place)


def _and_above(organisation_id: int | None, parents: Mapping[int, int | None]) -> list[int]:
    found: list[int] = []
    while organisation_id is not None and organisation_id not in found:
        found.append(organisation_id)
        organisation_id = parents.get(organisation_id)
    return found


def cause_of(kind: RuleKind) -> Cause | None:
    """Whether violations of the kind may be a storm's: silence, or what the kind itself says."""
    return "silence" if kind.absence else getattr(kind, "storm", None)


def storms(onsets: Iterable[Onset], needed: Mapping[Area, int], window_us: int) -> list[Storm]:
    """The storms, largest first; an onset belongs to one at most. `needed`: units an area."""
    left = {onset.id: onset for onset in onsets}
    found: list[Storm] = []
    while True:
        rivals = [
            storm
            for area, members in _by_area(left.values()).items()
            if area in needed
            for storm in _of_area(area, members, needed[area], window_us)
        ]
        if not rivals:
            return found
        best = min(rivals, key=lambda s: (-s.devices, s.started_us, s.organisation_id))
        found.append(best)
        for member in best.members:
            del left[member]


def _by_area(onsets: Iterable[Onset]) -> dict[Area, list[Onset]]:
    by_area: dict[Area, list[Onset]] = defaultdict(list)
    for onset in sorted(onsets, key=lambda o: (o.started_us, o.id)):
        for area in onset.areas:
            by_area[area].append(onset)
    return by_area


def _of_area(area: Area, onsets: Sequence[Onset], least: int, window_us: int) -> list[Storm]:
    """Windows with enough units; those that share an onset are one storm."""
    if len(onsets) < least:
        return []
    found: list[list[Onset]] = []
    end = 0
    for begin, first in enumerate(onsets):
        while end < len(onsets) and onsets[end].started_us <= first.started_us + window_us:
            end += 1
        within = onsets[begin:end]
        if len({onset.device_id for onset in within}) < least:
            continue
        if found and found[-1][-1].started_us >= first.started_us:
            known = {onset.id for onset in found[-1]}
            found[-1] += [onset for onset in within if onset.id not in known]
        else:
            found.append(list(within))
    return [
        Storm(
            organisation_id=area[0],
            started_us=members[0].started_us,
            until_us=members[-1].started_us,
            devices=len({onset.device_id for onset in members}),
            members=tuple(sorted(onset.id for onset in members)),
        )
        for members in found
    ]

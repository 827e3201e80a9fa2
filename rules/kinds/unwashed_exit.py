"""A muck truck that leaves a site without a stop in its wash bay.

A sequence: in the site -> a stop in a bay, or none -> out. The device's memory is its visit; what
counts as washed before the truck was loaded counts no more once it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import starmap
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules.batch import part_of
from rules.contract import NO, YES, Column, Family, Memory, Note, Parameter
from rules.following import Follower
from rules.nearby import nearest_marked
from rules.readings import (
    accuracy_m,
    applies,
    at_most,
    column_of,
    in_places,
    signal_is_yes,
    speed_kmh,
)
from rules.registry import register
from rules.site_visit import SiteFix, SiteVisit
from rules.stretch import stretch
from rules.trilogic import all_of
from rules.view import View
from rules.wash_bays import WashBays, wash_bays
from rules.wording import Words

_SECOND_US = 1_000_000
_NEAR_TAGS = ("site", "wash_bay")
_PARAMETERS = (
    Parameter(
        "wash_s", "s", 45, 5, 1_800,
        "在冲洗区停车满此时长视为已冲洗", "a stop of this length in a wash bay is a wash",
        "our default: three fixes at 15 s; a wheel washer runs a minute or more",
    ),
    Parameter(
        "standing_kmh", "km/h", 5, 0, 20,
        "冲洗区内低于或等于此速度视为停车", "up to this speed a truck in the bay stands",
        "our default: trucks roll through a wheel washer at walking pace",
    ),
    Parameter(
        "visit_s", "s", 120, 0, 7_200,
        "在工地内满此时长才算进场", "a stay of this length in the site is a visit",
        "our default: site fences overlap the road before them",
    ),
    Parameter(
        "leave_m", "m", 100, 0, 2_000,
        "离开工地和冲洗区此距离视为离场", "this far from every site and bay the truck is out",
        "our default: beyond a bay before the gate and the queue at it",
    ),
    Parameter(
        "leave_s", "s", 75, 0, 3_600,
        "离场须持续此时长", "it must stay out for so long",
        "our default: more than three fixes at 30 s, so that no row of outliers accuses anybody",
    ),
    Parameter(
        "bay_within_m", "m", 300, 0, 2_000,
        "此距离内有冲洗区的工地才判定", "sites with a wash bay within this distance are judged",
        "our default: a bay serves the site at whose gate it lies",
    ),
    Parameter(
        "assumed_accuracy_m", "m", 10, 0, 200,
        "终端未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: urban GNSS, 95 %",
    ),
    Parameter(
        "max_accuracy_m", "m", 50, 5, 2_000,
        "精度差于此值的定位不采用", "a worse fix is passed over",
        "our default: a bay is no longer than that",
    ),
)  # fmt: skip
# What must last is counted here; that it has left is one moment.
# A truck that was not seen for longer than three fixes at 30 s may have washed.
_EPISODE_DEFAULTS = {"min_duration_s": 0.0, "max_gap_s": 100.0}
_WORDS = Words("出工地未冲洗", "left the site unwashed", "场内停留{}分钟", "after {} min there")


class UnwashedExit(Follower):
    """With fences, a rule judges those sites only."""

    name = "unwashed_exit"
    family: Family = "dust"
    zh = "出场未冲洗"
    en = "Unwashed exit"
    measure_name = "visit_min"
    vehicle_kinds: tuple[str, ...] = ("muck_truck",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    parts = (
        ("visit", "在有冲洗区的工地停留满时长", "a long enough visit to a site with a wash bay"),
        ("left", "已离场", "it has left"),
        ("unwashed", "离场前未冲洗", "it had not washed"),
    )  # fmt: skip

    def follow(
        self, view: View, places: slice, memory: Memory, rule: Rule, parameters: dict[str, float]
    ) -> Column:
        """YES at the fix that shows that the truck has left; the fence is the site."""
        bays = wash_bays(view, parameters["bay_within_m"])
        part = stretch(view, places)
        site = _sites(part, rule, bays)
        value = np.full(len(part.rows), NO, np.int8)
        measure = np.full(len(value), np.nan)
        visit = SiteVisit(**memory)
        if visit.site or (site >= 0).any():
            for place, fix in enumerate(_fixes(part, site, parameters)):
                if fix.site and fix.site != visit.site:
                    visit = SiteVisit(site=fix.site, in_us=fix.time_us, last_us=fix.time_us)
                value[place] = visit.step(fix, parameters)
                if value[place] == YES:
                    measure[place] = (visit.seen_us - visit.in_us) / (60 * _SECOND_US)
                    site[place] = _place_of(part, visit.site, fix.time_us)
                if visit.over:
                    visit = SiteVisit()
        memory.clear()
        memory.update(visit.memory())
        site[value != YES] = -1
        reasons = np.full(len(value), "gap", object)
        return column_of(all_of(applies(part, rule), value), measure, site, reasons)

    def notes(
        self, view: View, memories: Sequence[Memory], rule: Rule, parameters: dict[str, float]
    ) -> Sequence[Note]:
        """What each fix of a visit says; elsewhere, with nothing remembered: an empty note."""
        site = _sites(view, rule, wash_bays(view, parameters["bay_within_m"]))
        notes: list[Note] = [None if place >= 0 else () for place in site.tolist()]
        visits = np.flatnonzero([bool(memory) for memory in memories])
        if not len(visits):
            return notes
        for place, fix in zip(
            visits.tolist(), _fixes(part_of(view, visits), site[visits], parameters), strict=True
        ):
            notes[place] = (fix,)
        return notes

    def passes(self, memory: Memory, note: tuple[Any, ...], parameters: dict[str, float]) -> bool:
        """The visit goes on, loaded as before and without a wash; or there is none."""
        if not note:
            return not memory
        (fix,) = note
        if not memory or fix.site not in (0, memory["site"]):
            return False
        visit = SiteVisit(**memory)
        if visit.step(fix, parameters) != NO or visit.over:
            return False
        memory.clear()
        memory.update(visit.memory())
        return True

    def missing(self, view: View, before: Memory, after: Memory) -> int:  # noqa: ARG002
        """A visit is remembered until the truck has left."""
        if not before.get("site"):
            return 0
        if after.get("site"):
            return 1
        return 2 if before.get("washed") else 0

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words; leaving is a moment, without a duration."""
        said = {name: m for name, m in measures.items() if name != "duration_s"}
        return _WORDS.sentence(said, self.measure_name, language)


def _sites(part: View, rule: Rule, bays: WashBays) -> NDArray[np.int32]:
    """For each fix the site around it that has a bay in force, or -1."""
    marked = bays.sites
    if rule.fence_ids or rule.fence_tags:
        marked = marked & part.index.marked(rule.fence_ids, rule.fence_tags)
    site = part.membership.first_inside(marked, len(part.rows))
    for place in np.flatnonzero(site >= 0).tolist():
        if not bays.has_one(int(site[place]), int(part.rows["time_us"][place])):
            site[place] = -1
    return site


def _fixes(part: View, site: NDArray[np.int32], parameters: dict[str, float]) -> Iterator[SiteFix]:
    usable = _precise(part, parameters)
    in_bay = in_places(part, ("wash_bay",)) >= 0
    outside = in_places(part, _NEAR_TAGS) < 0
    near = part.index.marked(tags=_NEAR_TAGS)
    distance_m, _ = nearest_marked(part, usable & outside, near, parameters["leave_m"])
    ids = [part.fences[place].id if place >= 0 else 0 for place in site.tolist()]
    columns: list[list[Any]] = [
        part.rows["time_us"].tolist(), usable.tolist(), ids, in_bay.tolist(),
        at_most(speed_kmh(part), parameters["standing_kmh"]).tolist(),
        signal_is_yes(part, "loaded").tolist(), (outside & np.isinf(distance_m)).tolist(),
    ]  # fmt: skip
    return starmap(SiteFix, zip(*columns, strict=True))


def _precise(part: View, parameters: dict[str, float]) -> NDArray[np.bool_]:
    accuracy = accuracy_m(part, parameters["assumed_accuracy_m"])
    return np.asarray(part.usable & (accuracy <= parameters["max_accuracy_m"]), np.bool_)


def _place_of(part: View, site_id: int, time_us: int) -> int:
    """Where the version of the site that is in force stands among the fences; -1: it has ended."""
    for place in np.flatnonzero(part.index.marked(ids=(site_id,))).tolist():
        if part.fences[place].valid_from_us <= time_us < part.fences[place].valid_to_us:
            return int(place)
    return -1


register(UnwashedExit())

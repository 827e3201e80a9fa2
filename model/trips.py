"""Trips: loaded runs from a site to a dump, as the rules count them."""

from __future__ import annotations

from typing import Literal

import msgspec

# What told an end of the trip; `unseen`: it happened in a silence, or before the record begins.
Sign = Literal["load", "body", "stop", "unseen"]


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """One trip, over. Times are event time in microseconds.

    `site_fence_id` None: loaded at no known site; `dump_fence_id` None: not unloaded in a dump.
    `unloaded_us` None: nobody saw it unload. `closed_us`: the fix that told that it was over.
    `unmatched`: `loading`, `unloading`, where a person would expect a place and there is none.
    """

    device_id: int
    organisation_id: int
    site_fence_id: int | None
    dump_fence_id: int | None
    loaded_us: int
    left_us: int
    arrived_us: int | None
    unloaded_us: int | None
    closed_us: int
    distance_m: int
    loaded_by: Sign
    unloaded_by: Sign
    unmatched: tuple[str, ...] = ()
    volume_m3: float | None = None
    permit_id: int | None = None
    waybill_id: int | None = None


class StoredTrip(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine needs to know of a trip in the database."""

    id: int
    device_id: int
    loaded_us: int
    closed_us: int


class TripChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What makes the stored trips the found ones: new ones, known ones by id, ids to drop."""

    new: tuple[Trip, ...] = ()
    known: tuple[tuple[int, Trip], ...] = ()
    gone: tuple[int, ...] = ()


class CountedTrip(msgspec.Struct, frozen=True, kw_only=True):
    """What a reconciliation needs to know of a trip."""

    id: int
    device_id: int
    site_fence_id: int | None
    dump_fence_id: int | None
    left_us: int
    unloaded_by: Sign

"""One router a resource."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes import (
    back_tests,
    calendar,
    cameras,
    clock,
    commands,
    coverage,
    devices,
    fences,
    incidents,
    inputs,
    live,
    media,
    patrol,
    people,
    permits,
    places,
    positions,
    roster,
    rule_file,
    rules,
    shadow,
    sightings,
    status,
    terminals,
    tracks,
    trips,
    violations,
    waybills,
    webhooks,
    why_not,
)

ROUTERS: tuple[APIRouter, ...] = tuple(
    module.router
    for module in (
        people,
        status,
        devices,
        tracks,
        positions,
        places,
        fences,
        rules,
        shadow,
        calendar,
        rule_file,
        back_tests,
        why_not,
        coverage,
        roster,
        permits,
        waybills,
        trips,
        violations,
        incidents,
        cameras,
        sightings,
        commands,
        terminals,
        patrol,
        inputs,
        webhooks,
        clock,
        live,
        media,
    )
)

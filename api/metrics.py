"""GET /metrics for Prometheus: built at the scrape from counters that exist anyway."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.errors import ApiProblem
from api.state import AppState
from storage.deliveries import waiting
from storage.failing import failing_in_force
from storage.problems import AWAY
from storage.registers import violations_by_status

DATABASE_LIMIT_S = 3.0
_GAUGES = {
    "connections": "open terminal connections",
    "online": "terminals that are logged in",
}


class _Snapshot(Collector):
    """The metrics of one scrape."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


def metrics_router(state: AppState) -> APIRouter:
    """The route; without `http.metrics_token` only this machine may read it."""
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        """Counters and gauges in Prometheus' text format."""
        _check_reader(request, state.services.settings.http.metrics_token)
        registry = CollectorRegistry()
        registry.register(_Snapshot([*_gateway(state), *(await _of_database(state))]))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _check_reader(request: Request, token: str | None) -> None:
    if token is not None:
        given = request.headers.get("authorization", "")
        if hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return
        raise ApiProblem("not_logged_in")
    try:
        local = request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise ApiProblem("forbidden", set="http.metrics_token")


def _gateway(state: AppState) -> Iterator[Metric]:
    status: dict[str, Any] = state.services.gateway_status()
    counter = CounterMetricFamily("xunji_gateway_events", "what doors counted", labels=["name"])
    for name, number in status.get("counters", {}).items():
        counter.add_metric([name], number)
    yield counter
    for name, text in _GAUGES.items():
        if name in status:
            yield GaugeMetricFamily(f"xunji_gateway_{name}", text, value=status[name])
    yield from _spool(state.services.spool_status())
    disk = state.services.storage_status()
    if disk.get("free_bytes") is not None:
        text = "room that is left to the database"
        yield GaugeMetricFamily("xunji_disk_free_bytes", text, value=disk["free_bytes"])
        tight = disk["level"] == "tight"
        yield GaugeMetricFamily("xunji_disk_tight", "raw frames are dropped early", value=tight)
    yield GaugeMetricFamily("xunji_live_clients", "open live WebSockets", value=len(state.relay))
    pool = state.services.database.pool.get_stats()
    for name in ("pool_size", "pool_available", "requests_waiting"):
        text = f"database connections: {name}"
        yield GaugeMetricFamily(f"xunji_database_{name}", text, value=pool.get(name, 0))


def _spool(told: dict[str, Any]) -> Iterator[Metric]:
    for name in ("batches", "positions", "bytes"):
        text = f"{name} that wait for the database"
        yield GaugeMetricFamily(f"xunji_spool_{name}", text, value=told.get(name, 0))
    full = told["state"] == "full"
    yield GaugeMetricFamily("xunji_spool_full", "no more fits: no replies", value=full)


async def _of_database(state: AppState) -> list[Metric]:
    """What the database tells; when it is away, only that."""
    metrics: list[Metric] = []
    with contextlib.suppress(*AWAY, TimeoutError):
        async with asyncio.timeout(DATABASE_LIMIT_S):
            metrics = await _database(state)
    text = "whether the database answers"
    return [*metrics, GaugeMetricFamily("xunji_database_up", text, value=bool(metrics))]


async def _database(state: AppState) -> list[Metric]:
    async with state.services.database.pool.connection() as conn:
        by_status = await violations_by_status(conn)
        undelivered, gave_up, steps = await waiting(conn)
        failing = await failing_in_force(conn, state.services.clock.now_us())
    violations = GaugeMetricFamily("xunji_violations", "standing violations", labels=["status"])
    for status, number in by_status.items():
        violations.add_metric([status], number)
    return [
        violations,
        GaugeMetricFamily("xunji_rules_failing", "rules stopped by an error", value=len(failing)),
        GaugeMetricFamily("xunji_outbox_waiting", "events not yet delivered", value=undelivered),
        GaugeMetricFamily("xunji_outbox_gave_up", "deliveries given up", value=gave_up),
        GaugeMetricFamily("xunji_ladder_waiting", "steps of ladders not yet due", value=steps),
    ]

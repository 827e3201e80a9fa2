"""Brings a fleet's permits and waybills to a server, as the two files that a city would import."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

from simulators.api_client import ApiClient
from simulators.fleet import Fleet, Unit
from simulators.fleet.papers import Paper

PERMIT_FIELDS = ("number", "unit", "site", "dumps", "valid_from", "valid_to")
WAYBILL_FIELDS = ("number", "unit", "site", "dump", "issued_at", "valid_until")


async def hand_in_papers(api: ApiClient, fleet: Fleet) -> None:
    """Import what the fleet's trucks have, if they have papers."""
    held = [(unit, unit.papers) for unit in fleet.reporting if unit.papers is not None]
    permits = [row for unit, papers in held for row in _rows(unit, papers.permits)]
    waybills = [row for unit, papers in held for row in _rows(unit, papers.waybills)]
    if permits:
        await api.request("POST", "/permits/import", content=_sheet(PERMIT_FIELDS, permits))
    if waybills:
        await api.request("POST", "/waybills/import", content=_sheet(WAYBILL_FIELDS, waybills))


def _rows(unit: Unit, papers: list[Paper]) -> Iterator[tuple[str, ...]]:
    """Numbers are of the unit and the moment, so that a later run's are others."""
    for paper in papers:
        from_, to = (_moment(unit, second) for second in (paper.from_s, paper.to_s))
        number = f"{unit.identity}-{paper.site}-{from_:%Y%m%d%H%M%S}"
        yield number, unit.identity, paper.site, paper.dump, from_.isoformat(), to.isoformat()


def _moment(unit: Unit, second: float) -> datetime:
    return datetime.fromtimestamp(unit.origin_us // 1_000_000 + round(second), UTC)


def _sheet(fields: tuple[str, ...], rows: list[tuple[str, ...]]) -> bytes:
    sheet = io.StringIO()
    csv.writer(sheet).writerows([fields, *rows])
    return sheet.getvalue().encode()

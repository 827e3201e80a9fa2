"""Cameras at the gates of sites: they report the plate of every truck that leaves with a load."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from simulators.api_client import ApiClient
from simulators.city import City
from simulators.city.frame import to_degrees
from simulators.fleet import Fleet

BATCH = 100


def gate(city: City, site: str) -> tuple[float, float]:
    """Where a site's camera stands: longitude and latitude in degrees."""
    return to_degrees(city.network.nodes[city.place(site).gate])


class GateCameras:
    """The cameras of a fleet's sites, on a server. `report` sends what they have seen meanwhile."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._due = sorted(
            (seen_s, unit.papers.site, unit.plate or "")
            for unit in fleet.units
            if unit.papers is not None
            for seen_s in unit.papers.seen
        )
        self._tokens: dict[str, str] = {}

    async def register(self, api: ApiClient) -> None:
        """One camera a site that sees anything."""
        for site in sorted({site for _, site, _ in self._due}):
            longitude, latitude = gate(self._fleet.city, site)
            place = {"longitude": longitude, "latitude": latitude}
            body = {"name": f"{site} gate", "kind": "camera", "place": place}
            self._tokens[site] = (await api.request("POST", "/cameras", json=body))["token"]

    async def report(self, api: ApiClient, to_s: int) -> None:
        """All sightings before a second of the plan that were not told yet."""
        now = [seen for seen in self._due if seen[0] < to_s]
        self._due = self._due[len(now) :]
        for site in sorted({site for _, site, _ in now}):
            seen = [self._sighting(at_s, plate) for at_s, where, plate in now if where == site]
            headers = {"Authorization": f"Bearer {self._tokens[site]}"}
            for first in range(0, len(seen), BATCH):
                body = {"sightings": seen[first : first + BATCH]}
                await api.request("POST", "/sightings/batch", json=body, headers=headers)

    def _sighting(self, seen_s: float, plate: str) -> dict[str, Any]:
        seen_at = datetime.fromtimestamp(self._fleet.origin_us // 1_000_000 + round(seen_s), UTC)
        return {"plate": plate, "seen_at": seen_at.isoformat(), "confidence": 0.97}

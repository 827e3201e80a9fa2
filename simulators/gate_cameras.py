"""Cameras at the gates of sites: they report the plate of every truck that leaves with a load."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from simulators.api_client import ApiClient
from simulators.city import City
from simulators.city.frame import to_degrees
from simulators.fleet import Fleet
from simulators.fleet.papers import Sight

BATCH = 100


def gate(city: City, site: str) -> tuple[float, float]:
    """Where a site's camera stands: longitude and latitude in degrees."""
    return to_degrees(city.network.nodes[city.place(site).gate])


class GateCameras:
    """The cameras of a fleet's sites, on a server. `report` sends what they have seen meanwhile."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._due = sorted(
            (
                (sight, unit.papers.site)
                for unit in fleet.units
                if unit.papers is not None
                for sight in unit.papers.seen
            ),
            key=lambda seen: (seen[0].at_s, seen[1], seen[0].plate),
        )
        self._tokens: dict[str, str] = {}

    async def register(self, api: ApiClient) -> None:
        """One camera a site that sees anything; one that is there gets a new token."""
        there = {one["name"]: one["id"] for one in await api.request("GET", "/cameras")}
        for site in sorted({site for _, site in self._due}):
            name = f"{site} gate"
            if name in there:
                change = {"new_token": True, "enabled": True}
                made = await api.request("PATCH", f"/cameras/{there[name]}", json=change)
            else:
                longitude, latitude = gate(self._fleet.city, site)
                place = {"longitude": longitude, "latitude": latitude}
                body = {"name": name, "kind": "camera", "place": place}
                made = await api.request("POST", "/cameras", json=body)
            self._tokens[site] = made["token"]

    async def report(self, api: ApiClient, to_s: int) -> None:
        """All sightings before a second of the plan that were not told yet."""
        now = [seen for seen in self._due if seen[0].at_s < to_s]
        self._due = self._due[len(now) :]
        for site in sorted({site for _, site in now}):
            seen = [self._sighting(sight) for sight, where in now if where == site]
            headers = {"Authorization": f"Bearer {self._tokens[site]}"}
            for first in range(0, len(seen), BATCH):
                body = {"sightings": seen[first : first + BATCH]}
                await api.request("POST", "/sightings/batch", json=body, headers=headers)

    def _sighting(self, sight: Sight) -> dict[str, Any]:
        seen_s = self._fleet.origin_us // 1_000_000 + round(sight.at_s)
        seen_at = datetime.fromtimestamp(seen_s, UTC).isoformat()
        return {"plate": sight.plate, "seen_at": seen_at, "confidence": sight.confidence}

"""A seeded district: roads, river, sites, routes and grid cells; the same bytes on any machine."""

from simulators.city.basemap import CityFence, basemap, corridor_code, fences, pairs
from simulators.city.city import City, build_city
from simulators.city.network import Network

__all__ = [
    "City",
    "CityFence",
    "Network",
    "basemap",
    "build_city",
    "corridor_code",
    "fences",
    "pairs",
]

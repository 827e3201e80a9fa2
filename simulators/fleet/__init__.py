"""Units that work in the city: plans without noise, fixes with it, breaches on purpose."""

from simulators.fleet.fleet import Fleet, build_fleet
from simulators.fleet.receiver import Fixes
from simulators.fleet.unit import FIX_DTYPE, Unit

__all__ = ["FIX_DTYPE", "Fixes", "Fleet", "Unit", "build_fleet"]

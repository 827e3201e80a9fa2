"""The kinds of unit that the city watches."""

from enum import StrEnum


class UnitKind(StrEnum):
    """Five kinds of vehicle, the inspector's handset, and what nobody has classified yet."""

    SWEEPER = "sweeper"
    WATER_TRUCK = "water_truck"
    MUCK_TRUCK = "muck_truck"
    MIXER = "mixer"
    GARBAGE_TRUCK = "garbage_truck"
    INSPECTOR = "inspector"
    OTHER = "other"


VEHICLES = tuple(kind for kind in UnitKind if kind not in (UnitKind.INSPECTOR, UnitKind.OTHER))

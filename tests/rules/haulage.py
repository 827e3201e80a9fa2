"""A truck, a site at 0, a dump 5 km east of it, and a road between; a fix every 15 s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.permits import Permit, Waybill
from model.position import Rows
from model.rulebook import FAR_FUTURE_US, Device, Rulebook
from model.signals import NO, YES
from model.trips import Trip
from rules.engine import Engine
from rules.state import DeviceState, decode, encode
from tests.rules.kinds.city import Fix, rows_of, square, when
from tests.rules.kinds.trail import every

START_US = when("2026-03-02T10:00")
FULL = {"loaded": YES, "body_raised": NO}
EMPTY = {"loaded": NO, "body_raised": NO}
TIPPING = {"loaded": YES, "body_raised": YES}
BLIND: dict[str, int] = {}
HALF_BLIND = {"body_raised": NO}
LIFTED = {"body_raised": YES}
FENCES = (
    square(1, 0, 0, 150, tags=("site",)),
    square(2, 5000, 0, 150, tags=("dump",)),
    square(3, 2500, 0, 150, tags=("dump", "site")),  # on the road: everybody drives through it
)
TRUCK = Device(
    id=1, organisation_id=1, identity="1", protocol="t", kind="muck_truck", name="苏A1"
)  # fmt: skip
PERMIT = Permit(
    id=5, version=1, organisation_id=1, number="P", device_id=1, site_fence_id=1,
    dump_fence_ids=(2,), volume_m3=12.0, valid_from_us=0, valid_to_us=FAR_FUTURE_US,
)  # fmt: skip
WAYBILL = Waybill(
    id=6, organisation_id=1, number="W", device_id=1, site_fence_id=1, dump_fence_id=2,
    volume_m3=11.0, issued_us=START_US, valid_to_us=START_US + 7_200_000_000,
)  # fmt: skip
Run = tuple[int, Fix]


@dataclass
class Haulage:
    """What one truck reports, run by run."""

    runs: Sequence[Run]
    book: dict[str, Any] = field(default_factory=dict)

    def rows(self) -> Rows:
        return rows_of(every(15, [fix for count, fix in self.runs for _ in range(count)]))

    def rulebook(self) -> Rulebook:
        return Rulebook(revision=1, **({"fences": FENCES, "devices": (TRUCK,)} | self.book))

    def trips(self, cuts: Sequence[int] = (), rows: Rows | None = None) -> list[Trip]:
        return self.followed(cuts, rows)[0]

    def followed(
        self, cuts: Sequence[int] = (), rows: Rows | None = None
    ) -> tuple[list[Trip], bytes]:
        """Cut into calls, between which the state is stored; and the last state."""
        engine = Engine(self.rulebook(), {})
        rows = self.rows() if rows is None else rows
        states = {1: DeviceState()}
        found: list[Trip] = []
        for part in np.split(rows, sorted({c for c in cuts if 0 < c < len(rows)})):
            states = {1: decode(encode(states[1]))}
            engine.advance(states, part, found)
        return found, encode(states[1])


def drive(signals: dict[str, int], *, back: bool = False) -> list[Run]:
    """From gate to gate at 40 km/h: 160 m a fix, through the fence in the middle."""
    fixes = [(1, Fix(x, speed=40, signals=signals)) for x in range(320, 4700, 160)]
    return fixes[::-1] if back else fixes


def trip(at_site: Sequence[Run], on_road: dict[str, int], at_dump: Sequence[Run]) -> list[Run]:
    after = at_dump[-1][1].signals
    return [*at_site, *drive(on_road), *at_dump, *drive(after, back=True)]


def site(count: int, signals: dict[str, int], x: float = 0) -> Run:
    return count, Fix(x, speed=0, signals=signals)


def dump(count: int, signals: dict[str, int], x: float = 5000) -> Run:
    return count, Fix(x, speed=0, signals=signals)


LOADED = [site(6, EMPTY), site(6, FULL)]
TIPPED = [dump(3, FULL), dump(5, TIPPING), dump(4, EMPTY)]
FULL_TRIP = trip(LOADED, FULL, TIPPED)

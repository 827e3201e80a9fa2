"""Who may carry what from where to where: transport permits and electronic waybills."""

from __future__ import annotations

import msgspec

from model.fences import Window


class Permit(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a transport permit (准运证), in force in [valid_from_us, valid_to_us).

    A truck, the site it loads at, the dumps it may unload at, and perhaps a route and weekly
    windows (None: at any time) on the wall clock of `zone`.
    """

    id: int
    version: int
    organisation_id: int
    number: str
    device_id: int
    site_fence_id: int
    dump_fence_ids: tuple[int, ...]
    route_fence_id: int | None = None
    windows: tuple[Window, ...] | None = None
    zone: str = "Asia/Shanghai"
    volume_m3: float | None = None
    issued_by: str = ""
    valid_from_us: int
    valid_to_us: int


class Waybill(msgspec.Struct, frozen=True, kw_only=True):
    """An electronic waybill (电子联单): one load from a site to a dump, [issued_us, valid_to_us).

    `cancelled_us`: from then on it covers nothing.
    """

    id: int
    organisation_id: int
    number: str
    device_id: int
    site_fence_id: int
    dump_fence_id: int
    volume_m3: float | None = None
    issued_us: int
    valid_to_us: int
    cancelled_us: int | None = None

    def covers(self, time_us: int) -> bool:
        """Whether it is valid at a time."""
        until_us = self.valid_to_us if self.cancelled_us is None else self.cancelled_us
        return self.issued_us <= time_us < min(until_us, self.valid_to_us)

"""Registrations held against the register: whose plate, whose terminal; and what terminals are.

A registration that contradicts the register is flagged, and refused if the setting says so: many
terminals are moved from truck to truck by fitters who never change the plate in them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from model.plates import normal_plate
from model.rulebook import Device
from model.terminals import Introduction
from protocols.contract import KnownDevice

MAX_INTRODUCED = 100_000  # waiting for the database; later ones are known at their next log-in
MAX_VALUE_CHARACTERS = 200
KEPT = (
    "edition", "province", "city", "maker_id", "model", "terminal_id", "plate", "plate_color",
    "imei", "software_version",
)  # fmt: skip
WriteIntroduced = Callable[[Sequence[Introduction]], Awaitable[None]]


class Enrolment:
    """What terminals say of themselves. `refuse`: what contradicts the register is turned away."""

    def __init__(self, *, refuse: bool = False, write: WriteIntroduced | None = None) -> None:
        self._refuse = refuse
        self._write = write
        self._plate_of: dict[int, str] = {}
        self._units_of: dict[str, list[int]] = {}
        self._terminal_ids: dict[int, str] = {}
        self._flags: dict[int, str] = {}
        self._introduced: dict[int, Introduction] = {}

    def refresh(self, devices: Iterable[Device]) -> None:
        """Take over the plates of the register."""
        self._plate_of = {d.id: normal_plate(d.plate) for d in devices if d.plate}
        self._units_of = {}
        for unit, plate in self._plate_of.items():
            self._units_of.setdefault(plate, []).append(unit)

    def enrol(self, device: KnownDevice, details: dict[str, Any]) -> str:
        """ "" or why a registration contradicts the register; always "" unless it is to refuse."""
        unit = device.device_id
        flag = self._contradiction(unit, details)
        self._flags[unit] = flag
        if not flag:
            self._terminal_ids[unit] = str(details.get("terminal_id", ""))
        return flag if self._refuse else ""

    def _contradiction(self, unit: int, details: dict[str, Any]) -> str:
        plate, terminal_id = details.get("plate"), details.get("terminal_id")
        if plate:
            said, own = normal_plate(str(plate)), self._plate_of.get(unit)
            owners = self._units_of.get(said, [])
            if owners and unit not in owners:
                return "vehicle_taken"
            if own is not None and said != own:
                return "no_vehicle"
        earlier = self._terminal_ids.get(unit)
        if terminal_id and earlier and earlier != str(terminal_id):
            return "terminal_taken"
        return ""

    def introduce(self, device: KnownDevice, details: dict[str, Any], now_us: int) -> None:
        """A terminal has logged in and said who it is."""
        told = {
            name: value[:MAX_VALUE_CHARACTERS] if isinstance(value, str) else value
            for name, value in details.items()
            if name in KEPT
        }
        unit = device.device_id
        if told and (unit in self._introduced or len(self._introduced) < MAX_INTRODUCED):
            told["flag"] = self._flags.get(unit, "")
            self._introduced[unit] = Introduction(unit, told, now_us)

    async def write(self) -> None:
        """Hand on what was said since the last call; it is kept if that fails."""
        if not self._introduced or self._write is None:
            return
        waiting, self._introduced = self._introduced, {}
        try:
            await self._write(list(waiting.values()))
        except Exception:
            self._introduced = waiting | self._introduced
            raise

"""What a simulated terminal says of itself: fields of 0x0100, 0x0102, 0x0107."""

from __future__ import annotations

from typing import Any

FIRMWARE = "xunji-simulator"


def registration(identity: str, version: str, plate: str) -> dict[str, Any]:
    """0x0100; the model field of 2011 has eight bytes."""
    return {
        "province": 99,
        "city": 1,
        "maker_id": "XUNJI",
        "model": "SIMULAT" if version == "2011" else "SIMULATOR",
        "terminal_id": identity[-7:],
        "plate_color": 2 if plate else 0,
        "plate": plate,
    }


def log_in(identity: str, code: str) -> dict[str, Any]:
    """0x0102; what an edition does not have is left out when it is written."""
    imei = "86" + identity.rjust(13, "0")[-13:]
    return {"token": code, "imei": imei, "software_version": FIRMWARE}


def attributes(identity: str, version: str, plate: str) -> dict[str, Any]:
    """0x0107: BeiDou and GPS, LTE."""
    said = registration(identity, version, plate)
    named = {name: said[name] for name in ("maker_id", "model", "terminal_id")}
    iccid = "8986" + identity.zfill(16)[-16:]
    versions = {"hardware_version": "1", "firmware_version": FIRMWARE}
    return {
        **named,
        **versions,
        "iccid": iccid,
        "terminal_type": 0b111,
        "gnss_attr": 0b11,
        "comm_attr": 1 << 5,
    }

"""Photos, sounds and videos as sessions hand them on. Standard 8.52 and 8.53."""

from __future__ import annotations

from protocols.contract import ProtocolError, Upload
from protocols.jt808.assembly import Missing
from protocols.jt808.fields import Values
from protocols.jt808.media import EVENTS, FORMATS, MEDIA_TYPES, word
from protocols.jt808.row import time_us_of
from protocols.jt808.terminal import FAILED, MESSAGE_ERROR, Terminal
from protocols.jt808.times import pack_time

MEDIA_DATA, MEDIA_ACK, RESEND_REQUEST = 0x0801, 0x8800, 0x8003
AWAY = "away"
MAX_ASKED_AGAIN = 255  # packages in one request: their count is a byte
_MEDIA_ID_BYTES = 4


def upload_of(terminal: Terminal, values: Values, last_serial: int) -> Upload:
    """What a whole 0x0801 carries; the terminal is logged in. `last_serial`: of its packages."""
    assert terminal.device is not None
    where = values.get("location", {})
    positioned = "positioned" in where.get("status_bits", ())
    return Upload(
        device=terminal.device,
        identity=terminal.identity,
        media_id=values["media_id"],
        kind=word(MEDIA_TYPES, values["media_type"]),
        format=word(FORMATS, values["format"]),
        event=word(EVENTS, values["event"]),
        channel=values["channel"],
        data=bytes.fromhex(values["data"]),
        time_us=time_us_of(pack_time(where["time"], "time")) if where else None,
        longitude_e6=round(where["lon"] * 1e6) if positioned else None,
        latitude_e6=round(where["lat"] * 1e6) if positioned else None,
        token=(terminal, last_serial),
    )


def acknowledge_upload(upload: Upload, error: ProtocolError | None) -> bytes:
    """0x8800 when it is stored; else 0x8001: failed, try again (AWAY), or refused for good."""
    terminal: Terminal
    terminal, last_serial = upload.token
    if error is None:
        return terminal.send(MEDIA_ACK, {"media_id": upload.media_id})
    result = FAILED if error.reason == AWAY else MESSAGE_ERROR
    return terminal.ack(last_serial, MEDIA_DATA, result)


def ask_again(terminal: Terminal, missing: Missing) -> bytes:
    """0x8800 for the rest of a photo whose number is known, else 0x8003."""
    indexes = list(missing.indexes[:MAX_ASKED_AGAIN])
    if missing.message_id == MEDIA_DATA and len(missing.head) >= _MEDIA_ID_BYTES:
        media_id = int.from_bytes(missing.head[:_MEDIA_ID_BYTES], "big")
        return terminal.send(MEDIA_ACK, {"media_id": media_id, "retransmit": indexes})
    values = {"original_serial": missing.first_serial, "package_ids": indexes}
    return terminal.send(RESEND_REQUEST, values)

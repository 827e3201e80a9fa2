"""What descriptions of frames have in common, whatever the protocol."""

from __future__ import annotations

from typing import Any

from model.position_json import position_json
from protocols.contract import Decoded, ProtocolError

_SERVER_FIELDS = ("device_id", "received_at")


def text_or_hex(text: str) -> bytes:
    """The bytes of a JSON object as text, or of hex. Raises ProtocolError("invalid_json")."""
    if text.lstrip().startswith("{"):
        return text.encode()
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ProtocolError("invalid_json", "neither a JSON object nor hex") from error


def described_positions(decoded: Decoded) -> list[dict[str, Any]]:
    """Positions without what only the server knows."""
    pairs = zip(decoded.batch.rows, decoded.batch.attributes, strict=True)
    positions = [position_json(row, attributes) for row, attributes in pairs]
    for position in positions:
        for name in _SERVER_FIELDS:
            del position[name]
    return positions

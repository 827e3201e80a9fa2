"""What the server does with each message, from the tables that do it: for the documents.

Every message with a layout is decoded and encoded; this says what comes of it.
"""

from __future__ import annotations

from protocols.jt808.bodies import LOCATION_ANSWER, REPORT_IDS
from protocols.jt808.commands import ANSWERED_BY, ORDERED_BY, TERMINAL_ACK
from protocols.jt808.handlers import HANDLERS, tell
from protocols.jt808.messages import FIRST_PLATFORM_ID

# What the session says by itself; nobody orders it (`commands.NOT_FOR_PEOPLE`).
SAID = {
    0x8001: "said when a message is stored, or refused",
    0x8003: "said for packages that are lost",
    0x8004: "said to 0x0004",
    0x8100: "said to 0x0100",
    0x8800: "said when a file is stored, or for its lost packages",
    0x9208: "said to an alarm with files",
    0x9212: "said to 0x1212",
}
POSITIONS = "positions: stored, then acknowledged"


def support_of(message_id: int) -> str:
    """What is done with a message that has a layout."""
    if message_id >= FIRST_PLATFORM_ID:
        return SAID.get(message_id) or _ordered(message_id)
    asked = [f"0x{down:04X}" for down, up in ANSWERED_BY.items() if up == message_id]
    answers = f"; ends the command {', '.join(asked)}" if asked else ""
    if message_id in REPORT_IDS:
        return POSITIONS + (answers if message_id == LOCATION_ANSWER else "")
    said = (HANDLERS.get(message_id, tell).__doc__ or "").partition("\n\n")[0]
    return said.partition(": ")[2].rstrip(".").replace("\n", " ") + answers


def _ordered(message_id: int) -> str:
    """By which command a person sends it, and what ends that."""
    kind = ORDERED_BY.get(message_id, "message")
    return f"command `{kind}`, ended by 0x{ANSWERED_BY.get(message_id, TERMINAL_ACK):04X}"

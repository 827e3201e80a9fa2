"""Which protocol a stream speaks, by its first bytes."""

from __future__ import annotations

from collections.abc import Sequence

from protocols.contract import Bad, TerminalProtocol

MAX_HEAD_BYTES = 64  # enough for every protocol to recognise its own


def recognise(protocols: Sequence[TerminalProtocol], head: bytes) -> TerminalProtocol | Bad | None:
    """The protocol of a stream that starts so; None: more bytes are needed.

    A door with one protocol takes everything for it, garbage at the start included.
    """
    if len(protocols) == 1:
        return protocols[0]
    undecided = False
    for protocol in protocols:
        answer = protocol.recognises(head)
        if answer:
            return protocol
        undecided |= answer is None
    if undecided and len(head) < MAX_HEAD_BYTES:
        return None
    return Bad(head, "unrecognised", "no protocol starts like this")

"""Sentences of one moment are one fix: they are gathered until the moment is over.

A receiver sends its sentences in the same order every time. So the last kind of an epoch, once it
has been the last one, ends the next epoch at once; until that is known the next time of day does.
"""

from __future__ import annotations

from datetime import time

from protocols.nmea.sentence import Sentence, checksum

MAX_LINES = 32  # of one epoch: a few constellations' GSA and the timed sentences once each


class Epochs:
    """`add` gives back the frame of an epoch that is complete: its lines, joined by CR LF.

    A frame begins with a TAG block of the time at which it was received: sentences without a date
    (GGA, GLL) need one.
    """

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._now: time | None = None
        self._last_kind = ""
        self._ender = ""
        self._closed: time | None = None

    def add(self, line: bytes, sentence: Sentence, now_us: int) -> bytes | None:
        """A sentence with its line; the frame that it completes, if it does."""
        moment = sentence.time_of_day
        frame = None
        if moment is not None and self._now is not None and moment != self._now:
            frame = self._close(now_us)
        if moment is not None and moment == self._closed:
            self._ender = ""  # there was more to come: learn the order anew
            return frame
        if moment is None and self._now is None and not self._lines and self._closed is not None:
            return frame  # the tail of an epoch that was closed too early
        if len(self._lines) < MAX_LINES:
            self._lines.append(line)
        self._now = moment or self._now
        self._last_kind = sentence.kind
        if frame is None and self._now is not None and sentence.kind == self._ender:
            return self._close(now_us)
        return frame

    def finish(self, now_us: int) -> bytes | None:
        """The epoch under way, when nothing more will come."""
        return self._close(now_us) if self._now is not None else None

    def _close(self, now_us: int) -> bytes:
        self._ender = self._last_kind
        self._closed, self._now = self._now, None
        lines, self._lines = self._lines, []
        tag = b"c:%d" % (now_us // 1_000_000)
        return b"\r\n".join([b"\\%s*%s\\%s" % (tag, checksum(tag), lines[0]), *lines[1:]])

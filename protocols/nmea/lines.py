"""A stream cut into lines; what is no line is told, and the stream finds its feet at the next."""

from __future__ import annotations

# The standard allows 82 characters; receivers with many decimals and TAG blocks send more.
MAX_LINE_BYTES = 512


class Lines:
    """Lines without their ends. Keeps at most MAX_LINE_BYTES."""

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> tuple[list[bytes], list[bytes]]:
        """Complete lines, and the beginnings of lines that are too long."""
        *whole, rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        lines: list[bytes] = []
        too_long: list[bytes] = []
        for line in whole:
            if self._skipping:
                self._skipping = False
            elif len(line) > MAX_LINE_BYTES:
                too_long.append(line[:MAX_LINE_BYTES])
            elif line.strip():
                lines.append(line.strip())
        if len(rest) > MAX_LINE_BYTES:
            if not self._skipping:
                too_long.append(rest[:MAX_LINE_BYTES])
            self._skipping, rest = True, b""
        self._rest = rest
        return lines, too_long

"""What a load run counts: frames, acknowledgements by kind of fault, latencies, its own cost."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from hdrh.histogram import HdrHistogram

LOWEST_US, HIGHEST_US, DIGITS = 1, 600_000_000, 3
_KEPT_BITS = 11  # what three digits need: latencies are counted in so fine steps
PERCENTILES = (50.0, 90.0, 99.0, 99.9, 99.99)
MAX_NAMED = 20  # terminals named with a fault


class Tally(msgspec.Struct, kw_only=True):
    """Sums of one process; `add` joins those of several."""

    connections: int = 0
    logged_in: int = 0
    lost: int = 0
    packets: int = 0
    frames: int = 0
    bytes: int = 0
    acknowledged: int = 0
    refused: int = 0
    doubled: int = 0
    wrong_serial: int = 0
    missing: int = 0
    held_back: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    latencies: str = ""
    faults: list[str] = []
    error: str | None = None

    def add(self, other: Tally) -> None:
        """Join another process's sums, which ran beside this one."""
        for name in (
            "connections", "logged_in", "lost", "packets", "frames", "bytes", "acknowledged",
            "refused", "doubled", "wrong_serial", "missing", "held_back", "cpu_s",
        ):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.seconds = max(self.seconds, other.seconds)
        joined = Latencies(self.latencies)
        joined.merge(other.latencies)
        self.latencies = joined.encode()
        self.faults = [*self.faults, *other.faults][:MAX_NAMED]
        self.error = self.error or other.error

    @property
    def passed(self) -> bool:
        """Every frame was acknowledged once, by its serial, with success."""
        faults = self.refused + self.doubled + self.wrong_serial + self.missing + self.lost
        whole = self.logged_in == self.connections and self.acknowledged == self.frames
        return self.error is None and whole and not faults and self.frames > 0


class Latencies:
    """An HdrHistogram of microseconds; what comes is counted in blocks."""

    def __init__(self, encoded: str = "") -> None:
        self._histogram = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)
        self.merge(encoded)

    def count(self, latencies_us: list[int]) -> None:
        """Count a block."""
        values = np.clip(np.array(latencies_us, np.int64), LOWEST_US, HIGHEST_US)
        spare = np.maximum(0, np.log2(values).astype(np.int64) + 1 - _KEPT_BITS)
        steps, counts = np.unique(values >> spare << spare, return_counts=True)
        for value, count in zip(steps.tolist(), counts.tolist(), strict=True):
            self._histogram.record_value(value, count)

    def merge(self, encoded: str) -> None:
        """Add another histogram, as `encode` gives it."""
        if encoded:
            self._histogram.decode_and_add(encoded.encode())

    def encode(self) -> str:
        """As the HdrHistogram programs read it (V2, compressed, base64)."""
        text: str = self._histogram.encode().decode()
        return text

    def summary(self) -> dict[str, float]:
        """Milliseconds by percentile, and the longest."""
        shown = {
            f"p{p:g}_ms": self._histogram.get_value_at_percentile(p) / 1e3 for p in PERCENTILES
        }
        return {**shown, "max_ms": self._histogram.get_max_value() / 1e3}


def report(tally: Tally, order: dict[str, Any]) -> dict[str, Any]:
    """The JSON report (docs/load.md)."""
    counts = msgspec.to_builtins(tally)
    encoded = counts.pop("latencies")
    rate = tally.acknowledged / tally.seconds if tally.seconds else 0.0
    cost_us = 1e6 * tally.cpu_s / tally.frames if tally.frames else 0.0
    return {
        "passed": tally.passed,
        "order": order,
        **counts,
        "acknowledged_per_s": round(rate, 1),
        "own_cost_us_per_frame": round(cost_us, 2),
        "latency": Latencies(encoded).summary(),
        "hdr_histogram": encoded,
    }


_ROWS = (
    ("connections", "连接"), ("logged_in", "已登录"), ("lost", "断开"), ("packets", "数据包"),
    ("frames", "帧"), ("bytes", "字节"), ("acknowledged", "已应答"), ("refused", "应答失败"),
    ("doubled", "重复应答"), ("wrong_serial", "流水号错误"), ("missing", "未应答"),
    ("held_back", "未发（未应答过多）"), ("acknowledged_per_s", "每秒应答"),
    ("own_cost_us_per_frame", "本工具每帧耗时(微秒)"),
)  # fmt: skip


def table(told: dict[str, Any]) -> str:
    """For people."""
    lines = [f"{name:<22} {told[name]:>14,}  {zh}" for name, zh in _ROWS]
    latencies = "  ".join(f"{name[:-3]} {value:,.1f}" for name, value in told["latency"].items())
    lines.append(f"latency ms (应答延迟)    {latencies}")
    lines += [f"  {fault}" for fault in told["faults"]]
    if told["error"]:
        lines.append(f"  stopped: {told['error']}")
    return "\n".join(lines)

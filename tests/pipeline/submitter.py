"""Reports that come without a socket."""

from __future__ import annotations

from pipeline.contract import Pending
from protocols.contract import KnownDevice, ProtocolError, Report
from tests.gateway.rig import Rig, position
from tests.gateway.tiny import TinyProtocol

TINY = TinyProtocol()


class Submitter:
    """Submits reports of one device and keeps what was settled."""

    def __init__(self, rig: Rig, device_id: int) -> None:
        self.rig = rig
        self.device = KnownDevice(device_id, 1)
        self.settled: list[tuple[str, str | None]] = []

    def submit(self, time_us: int, serial: int | str, longitude: int = 118_800_000) -> None:
        frame = position("1", time_us, serial, longitude).encode()
        report = Report(self.device, "1", frame, str(serial))
        self.rig.ingest.submit(Pending(TINY, report, self.rig.clock.now_us(), "test", self._done))

    def _done(self, report: Report, error: ProtocolError | None) -> None:
        self.settled.append((report.token, error.reason if error else None))

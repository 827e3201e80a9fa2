"""The examination: steps in their order, fed with events, without a socket or a clock."""

from __future__ import annotations

from itertools import islice

from simulators.conform.platform import Platform, is_message
from simulators.conform.record import (
    FAIL,
    MAX_FRAMES,
    Await,
    Course,
    Event,
    Finding,
    Pace,
    Step,
    Verdict,
    not_tested,
)
from simulators.conform.steps import AT_THE_END, STEPS

EARLY = not_tested("检测提前结束", "the examination was ended early")
GONE = not_tested(
    "终端失联，检测提前结束", "the terminal fell silent, and the examination was ended"
)
AWAY = not_tested(
    "终端未连接，未能测试", "the terminal was not connected, so it could not be tried"
)


class Exam:
    """Call `connected`, `receive`, `disconnected` and `tick`; send `take_output()` each time.

    `due_s`: when `tick` is needed next. `done`: `findings` are complete.
    """

    def __init__(self, pace: Pace, now_s: float = 0.0) -> None:
        self.platform = Platform(pace)
        self.platform.now_s = now_s
        self.findings: list[Finding] = []
        self.done = self.ended_early = False
        self._waiting_steps = iter(STEPS)
        self._step: Step | None = None
        self._course: Course | None = None
        self._await: Await | None = None
        self._shown_before = 0
        self._silent_from_s: float | None = None  # of a terminal that has been heard
        self.due_s = now_s
        self._next_step()

    def connected(self, now_s: float) -> None:
        """The terminal has opened a connection."""
        self._offer(self.platform.connected(now_s))

    def disconnected(self, now_s: float) -> None:
        """The connection is gone."""
        self.platform.now_s = now_s
        self.platform.disconnected()

    def receive(self, data: bytes, now_s: float) -> None:
        """Bytes of the terminal in any cut."""
        self._silent_from_s = now_s
        for heard in self.platform.receive(data, now_s):
            if self.platform.hang_up_s is not None:
                return  # what comes after we hung up was never heard
            self.platform.answer(heard)
            self._offer(heard)

    def tick(self, now_s: float) -> None:
        """Time has passed."""
        self.platform.now_s = now_s
        while not self.done and now_s >= self.due_s:
            self._resume(None)
            if self._silent_from_s is None:
                self.stop(GONE)  # nobody came in all the time that the first step gave
        if now_s - (self._silent_from_s or now_s) > self.platform.pace.silence_s:
            self.stop(GONE)

    def take_output(self) -> bytes:
        """What is to be sent to the terminal now."""
        return self.platform.take_output()

    def take_hang_up(self) -> float | None:
        """How long to be away from now on, if we are to hang up."""
        for_s, self.platform.hang_up_s = self.platform.hang_up_s, None
        if for_s is not None:
            self._silent_from_s = self.platform.now_s + for_s
        return for_s

    def stop(self, why: Verdict = EARLY) -> None:
        """End before the end: what was not tried says so."""
        self.ended_early = self.ended_early or not self.done
        while not self.done:
            assert self._step is not None
            self._conclude(why)

    def _offer(self, event: Event) -> None:
        if not self.done and self._await is not None and self._await.matches(event):
            self._resume(event)

    def _resume(self, event: Event | None) -> None:
        assert self._course is not None
        try:
            self._wait(self._course.send(event))
        except StopIteration as end:
            self._conclude(end.value)

    def _wait(self, what: Await) -> None:
        self._await = what
        self.due_s = self.platform.now_s + what.within_s

    def _conclude(self, verdict: Verdict) -> None:
        assert self._step is not None
        self.platform.withhold = lambda _: False
        fresh = self.platform.total_shown - self._shown_before
        frames = list(islice(reversed(self.platform.shown), min(MAX_FRAMES, fresh)))
        self.findings.append(Finding(self._step, self._clause(), verdict, frames[::-1]))
        self._next_step()

    def _clause(self) -> str:
        assert self._step is not None
        return self._step.clauses[self.platform.edition == "2019"]

    def _next_step(self) -> None:
        self._step = next(self._waiting_steps, None)
        self._shown_before = self.platform.total_shown
        if self._step is None:
            self._finish()
            return
        self._course = _led(self._step, self.platform)
        try:
            self._wait(next(self._course))
        except StopIteration as end:
            self._conclude(end.value)

    def _finish(self) -> None:
        self.done = True
        for step in AT_THE_END:
            self._step = step
            course = step.run(self.platform)
            try:
                next(course)
            except StopIteration as end:
                self.findings.append(Finding(step, self._clause(), end.value))

    @property
    def passed(self) -> bool:
        """It came to its end, and nothing failed."""
        failed = any(finding.verdict.outcome == FAIL for finding in self.findings)
        return self.done and not self.ended_early and not failed


def _led(step: Step, platform: Platform) -> Course:
    """The step's course; a step that needs the terminal waits for its log-in first."""
    if step.needs_log_in and not platform.online:
        back = yield Await(is_message(0x0102), platform.pace.answer_s)
        if back is None or not platform.online:
            return AWAY
    return (yield from step.run(platform))

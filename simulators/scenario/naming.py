"""The words of a scenario: clock times -> seconds of the plan, unit names -> units."""

from __future__ import annotations

from simulators.fleet.fleet import Fleet
from simulators.fleet.unit import Unit
from simulators.scenario.form import Scenario
from simulators.scenario.reading import Source

DAY_S = 86_400


class Clockwork:
    """Clock times of a scenario -> seconds of the plan."""

    def __init__(self, scenario: Scenario, source: Source) -> None:
        self._source = source
        self._end_s = scenario.hours * 3_600
        hour, minute = scenario.start[-5:].split(":")
        self._start_min = int(hour) * 60 + int(minute)
        self._end_text = self._clock(self._end_s)
        self._start_text = scenario.start[-5:]

    def second(self, text: str, place: tuple[str | int, ...]) -> float:
        """The first such moment from the start on ("1 06:10": a day later). Raises a problem."""
        days, _, clock = text.rpartition(" ")
        hour, minute = clock.split(":")
        minutes = (int(hour) * 60 + int(minute) - self._start_min) % 1_440
        second = float(minutes * 60 + int(days or 0) * DAY_S)
        if second > self._end_s:
            allowed = f"allowed: {self._start_text} to {self._end_text}"
            raise self._source.problem(place, f"{text} is not in the scenario's time; {allowed}")
        return second

    def span(
        self, since: str | None, until: str | None, place: tuple[str | int, ...]
    ) -> tuple[float, float]:
        """A period; an open end is the scenario's. Raises a problem."""
        from_s = self.second(since, (*place, "from")) if since else 0.0
        to_s = self.second(until, (*place, "to")) if until else self._end_s
        if to_s <= from_s:
            raise self._source.problem((*place, "to"), f"{until} is not after {since}")
        return from_s, to_s

    def _clock(self, second: float) -> str:
        days, minute = int(second // DAY_S), (self._start_min + int(second // 60)) % 1_440
        text = f"{minute // 60:02d}:{minute % 60:02d}"
        return f"{days} {text}" if days else text


class Names:
    """Unit names of a scenario -> units."""

    def __init__(self, fleet: Fleet, source: Source) -> None:
        self._source = source
        self._by_kind: dict[str, list[Unit]] = {}
        self._all = fleet.units
        for unit in fleet.units:
            self._by_kind.setdefault(unit.kind, []).append(unit)

    def units(self, name: str, place: tuple[str | int, ...]) -> list[Unit]:
        """Those that a name means: "all", "muck truck", "muck truck 7". Raises a problem."""
        if name == "all":
            return self._all
        kind, _, number = name.rpartition(" ")
        if not number.isdigit():
            kind, number = name, ""
        units = self._by_kind.get(kind.replace(" ", "_"), [])
        chosen = units if not number else units[int(number) - 1 : int(number)]
        if not chosen or number == "0":
            raise self._source.problem(place, f"no unit {name}; allowed: {self._allowed()}")
        return chosen

    def _allowed(self) -> str:
        kinds = (f"{k.replace('_', ' ')} 1 to {len(u)}" for k, u in self._by_kind.items())
        return ", ".join(["all", *kinds])

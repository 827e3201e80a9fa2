"""A truck's visit to a site with a wash bay, followed fix by fix."""

from __future__ import annotations

from dataclasses import dataclass

from rules.contract import NO, UNKNOWN, YES, Memory

_SECOND_US = 1_000_000


@dataclass(slots=True)
class SiteFix:
    """What one fix says. `site`: the fence's id, 0 none; `away`: far from every site and bay."""

    time_us: int
    usable: bool
    site: int
    in_bay: bool
    standing: int
    loaded: int
    away: bool


@dataclass(slots=True)
class SiteVisit:
    """What is remembered; `site` is a fence id, times are event time in microseconds, 0 none."""

    site: int = 0
    in_us: int = 0
    seen_us: int = 0  # last seen in the site
    last_us: int = 0  # last seen anywhere
    stand_us: int = 0
    out_us: int = 0
    washed: int = 0
    doubt: int = 0  # it may have washed while nobody saw it
    loaded: int = NO
    over: int = 0

    def memory(self) -> Memory:
        """What is known, by name; `SiteVisit(**memory)` is the same visit."""
        return {name: known for name in self.__slots__ if (known := getattr(self, name))}

    def step(self, fix: SiteFix, parameters: dict[str, float]) -> int:
        """One fix -> whether the truck has just left unwashed."""
        if not self.site:
            return NO
        if not fix.usable:
            return NO  # the gap to the next usable fix tells
        self._load(fix.loaded)
        if fix.time_us - self.last_us > parameters["max_gap_s"] * _SECOND_US:
            self.doubt, self.stand_us = 1, 0  # it may have been loaded and washed meanwhile
        self.last_us = fix.time_us
        if fix.site == self.site:
            self.seen_us = fix.time_us
        self._wash(fix, parameters)
        if not fix.away:
            self.out_us = 0
            return NO
        self.out_us = self.out_us or fix.time_us
        if fix.time_us - self.out_us < parameters["leave_s"] * _SECOND_US:
            return NO
        return self._verdict(parameters)

    def _load(self, loaded: int) -> None:
        if loaded == YES and self.loaded != YES:
            self.washed = self.doubt = self.stand_us = 0
        if loaded in (YES, NO):
            self.loaded = loaded

    def _wash(self, fix: SiteFix, parameters: dict[str, float]) -> None:
        if fix.standing == NO:
            self.stand_us = 0
        elif not fix.in_bay:
            return  # one that stands has not gone: the receiver has wandered
        elif fix.standing == UNKNOWN:
            self.doubt = 1
        else:
            self.stand_us = self.stand_us or fix.time_us
            if fix.time_us - self.stand_us >= parameters["wash_s"] * _SECOND_US:
                self.washed = 1

    def _verdict(self, parameters: dict[str, float]) -> int:
        visited = self.seen_us - self.in_us >= parameters["visit_s"] * _SECOND_US
        self.over = 1
        if not visited or self.washed:
            return NO
        return UNKNOWN if self.doubt else YES

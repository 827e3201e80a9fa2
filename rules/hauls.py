"""One truck's trips, fix by fix: load at a site, haul, unload in a dump.

The load signal decides where it is known; a body that rises and long stops decide where it is not.
Only stops count, never a drive through a fence: fences overlap roads and each other. What is
unknown stays unknown: a sensor that is silent for `dead_s` is believed no more.
"""

from __future__ import annotations

import msgspec

from rules.contract import NO, UNKNOWN, YES
from rules.driving_on import BELIEF, EMPTY, FULL, decimetres, is_hauling, metres
from rules.hauled import BODY, LOAD, STOP, UNSEEN, Closed, Fix

_SECOND_US = 1_000_000


class Haul(msgspec.Struct, omit_defaults=True):
    """The memory; times are event time in microseconds, fences are ids, 0 none."""

    load: int = 0
    known_us: int = 0  # the last load reading
    reading: int = 0  # what so many readings in a row, since turn_us, say against the belief
    turn: int = 0
    turn_us: int = 0
    before_us: int = 0  # the last reading before those
    raised: int = 0
    body_us: int = 0  # the last reading of the body
    last_us: int = 0
    longitude_e6: int = 0
    latitude_e6: int = 0
    stand_us: int = 0
    stand_site: int = 0
    stand_dump: int = 0
    # The visit to a site that is not over: its first stop, its last, and where that was.
    site: int = 0
    site_us: int = 0
    site_until_us: int = 0
    site_longitude_e6: int = 0
    site_latitude_e6: int = 0
    out_us: int = 0  # away from there since then
    # The visit before, while a late load signal may still tell of it.
    gone_site: int = 0
    gone_until_us: int = 0
    gone_out_us: int = 0
    # The last stops in a dump.
    dump: int = 0
    dump_us: int = 0
    dump_until_us: int = 0
    # The loaded run under way; `tip_us`: a body rose in a dump with the load signal full.
    leg: int = 0
    leg_site: int = 0
    loaded_us: int = 0
    loaded_by: int = 0
    left_us: int = 0
    distance_dm: int = 0
    tip_us: int = 0

    def step(self, fix: Fix, parameters: dict[str, float]) -> Closed | None:
        """One fix; the trip that it ends."""
        turned = self._weigh(fix, parameters)
        if fix.time_us - self.last_us > parameters["max_gap_s"] * _SECOND_US:
            self.stand_us = self.stand_site = self.stand_dump = self.raised = 0
        if fix.raised != UNKNOWN:
            self.body_us = fix.time_us
            higher = min(self.raised + 1, int(parameters["raised_fixes"]))
            self.raised = higher if fix.raised == YES else 0
        if fix.usable:
            self._move(fix, parameters)
        self.last_us = fix.time_us
        ended = self._end(fix.time_us, turned, parameters)
        begun = self._begin(fix.time_us, turned, parameters)
        return ended or begun

    @property
    def last_place(self) -> tuple[int, int]:
        """Where it was last seen, in 1e-6 degree; (0, 0) nowhere yet."""
        return self.longitude_e6, self.latitude_e6

    def hauling(self) -> int:
        """Whether the truck is loaded and away from where it was loaded, as far as known."""
        return is_hauling(self.load, self.leg, self.left_us)

    def _weigh(self, fix: Fix, parameters: dict[str, float]) -> int:
        """The belief that has just changed; 0: it has not."""
        if self.load and fix.time_us - self.known_us > parameters["dead_s"] * _SECOND_US:
            self.load = 0
        if fix.load == UNKNOWN:
            return 0
        before_us, self.known_us = self.known_us, fix.time_us
        reading = BELIEF[fix.load]
        if reading == self.load:
            self.reading = self.turn = self.turn_us = self.before_us = 0
            return 0
        if reading != self.reading:
            self.reading, self.turn = reading, 0
            self.turn_us, self.before_us = fix.time_us, before_us
        self.turn += 1
        if self.turn < parameters["hold_fixes"]:
            return 0
        self.load, self.reading, self.turn = reading, 0, 0
        return reading

    def _move(self, fix: Fix, parameters: dict[str, float]) -> None:
        if fix.standing == YES:
            self._stand(fix, parameters)
        elif fix.standing == NO:
            self.stand_us = self.stand_site = self.stand_dump = 0
        if self.leg and fix.standing != YES and self.last_place != (0, 0):
            self.distance_dm += decimetres(*self.last_place, fix.longitude_e6, fix.latitude_e6)
        self.longitude_e6, self.latitude_e6 = fix.longitude_e6, fix.latitude_e6
        self.out_us = (self.out_us or fix.time_us) if self._away(fix, parameters) else 0

    def _away(self, fix: Fix, parameters: dict[str, float]) -> bool:
        """Outside every site, and far from where it last stood in one."""
        if not self.site or fix.site:
            return False
        stood = self.site_longitude_e6, self.site_latitude_e6
        return metres(*stood, fix.longitude_e6, fix.latitude_e6) > parameters["leave_m"]

    def _stand(self, fix: Fix, parameters: dict[str, float]) -> None:
        if not self.stand_us:
            self.stand_us = fix.time_us
            self.stand_site, self.stand_dump = fix.near_site, fix.near_dump
        self.stand_site = self.stand_site or fix.site
        self.stand_dump = self.stand_dump or fix.dump
        if fix.time_us - self.stand_us < parameters["stop_s"] * _SECOND_US:
            return
        if self.stand_site:
            if self.stand_site != self.site:
                self.site, self.site_us = self.stand_site, self.stand_us
            self.site_until_us = fix.time_us
            self.site_longitude_e6, self.site_latitude_e6 = fix.longitude_e6, fix.latitude_e6
        if self.stand_dump and self.leg:
            late = self.stand_us - self.dump_until_us > parameters["lag_s"] * _SECOND_US
            if self.stand_dump != self.dump or late:
                self.dump, self.dump_us = self.stand_dump, self.stand_us
            self.dump_until_us = fix.time_us

    def _begin(self, time_us: int, turned: int, parameters: dict[str, float]) -> Closed | None:
        """Whether a loaded run begins, or leaves its site; the run before that it cuts short."""
        lag_us = int(parameters["lag_s"] * _SECOND_US)
        if turned == FULL and not self.leg:
            self._load_up(lag_us, parameters)
        if self.gone_site and time_us - self.gone_until_us > 2 * lag_us:
            self.gone_site = self.gone_until_us = self.gone_out_us = 0
        if not self.out_us or time_us - self.out_us < parameters["leave_s"] * _SECOND_US:
            return None
        closed = None
        if self.leg and not self.left_us:
            self.left_us = self.out_us
        elif self._loaded_by_stop(parameters):
            closed = self._close(0, 0, UNSEEN) if self.leg else None
            self._run(self.site, self.site_until_us, STOP, self.out_us)
        elif not self.leg:
            self.gone_site, self.gone_until_us = self.site, self.site_until_us
            self.gone_out_us = self.out_us
        self._leave()
        return closed

    def _load_up(self, lag_us: int, parameters: dict[str, float]) -> None:
        """The load signal has turned to full: where?"""
        seen = self.before_us and self.turn_us - self.before_us <= parameters["max_gap_s"] * 1e6
        sign = LOAD if seen else UNSEEN
        if self.site or self.stand_site:
            self._run(self.site or self.stand_site, self.turn_us, sign, 0)
        elif self.gone_site and self.turn_us - self.gone_until_us <= lag_us:
            self._run(self.gone_site, self.gone_until_us, sign, self.gone_out_us)
        else:
            self._run(0, self.turn_us, sign, self.turn_us)

    def _run(self, site: int, loaded_us: int, loaded_by: int, left_us: int) -> None:
        self.leg, self.leg_site, self.loaded_us = 1, site, loaded_us
        self.loaded_by, self.left_us = loaded_by, left_us
        self.distance_dm = self.tip_us = self.dump = self.dump_us = self.dump_until_us = 0
        self.gone_site = self.gone_until_us = self.gone_out_us = 0

    def _leave(self) -> None:
        self.site = self.site_us = self.site_until_us = self.out_us = 0
        self.site_longitude_e6 = self.site_latitude_e6 = 0

    def _loaded_by_stop(self, parameters: dict[str, float]) -> bool:
        """A long stop at the site, and no load signal that could tell, or one that is stuck."""
        stopped_us = self.site_until_us - self.site_us
        blind = not self.load or (self.load == FULL and not self.leg)
        return blind and stopped_us >= parameters["long_stop_s"] * _SECOND_US

    def _end(self, time_us: int, turned: int, parameters: dict[str, float]) -> Closed | None:
        """Whether the loaded run is over."""
        if not self.leg:
            return None
        if turned == EMPTY:
            return self._emptied(parameters)
        if not self.left_us:
            return None
        return self._tipped(time_us, parameters) or self._lost(time_us, parameters)

    def _tipped(self, time_us: int, parameters: dict[str, float]) -> Closed | None:
        """Whether a body that rose has ended it: at once where nothing is known of the load."""
        if self.raised == int(parameters["raised_fixes"]):
            dump = self._dump_at(time_us, parameters)
            if not self.load:
                return self._close(dump, time_us, BODY)
            self.tip_us = self.tip_us or (time_us if dump else 0)
        if self.tip_us and time_us - self.tip_us > parameters["tip_wait_s"] * _SECOND_US:
            return self._close(self.dump, self.tip_us, BODY)
        return None

    def _lost(self, time_us: int, parameters: dict[str, float]) -> Closed | None:
        """Without a load signal: a long stop in a dump has ended it, or nobody knows what has."""
        if self.load:
            return None
        if self._unloaded_by_stop(time_us, parameters):
            return self._close(self.dump, self.dump_until_us, STOP)
        if time_us - self.left_us > parameters["max_trip_h"] * 3_600 * _SECOND_US:
            return self._close(0, 0, UNSEEN)
        return None

    def _emptied(self, parameters: dict[str, float]) -> Closed | None:
        """The load signal has turned to empty; before the truck had left, it was no load."""
        seen = self.before_us and self.turn_us - self.before_us <= parameters["max_gap_s"] * 1e6
        dump = self._dump_at(self.turn_us, parameters)
        never_full = self.loaded_by == STOP and not seen and not dump
        if not self.left_us or never_full:
            self._run(0, 0, 0, 0)
            self.leg = 0
            return None
        return self._close(dump, self.turn_us, LOAD if seen else UNSEEN)

    def _dump_at(self, time_us: int, parameters: dict[str, float]) -> int:
        """The dump that it stood in at a time, or shortly before."""
        if self.dump and time_us - self.dump_until_us <= parameters["lag_s"] * _SECOND_US:
            return self.dump
        if self.stand_dump:
            self.dump, self.dump_us, self.dump_until_us = self.stand_dump, self.stand_us, time_us
        return self.stand_dump

    def _unloaded_by_stop(self, time_us: int, parameters: dict[str, float]) -> bool:
        """A long stop in a dump is over, and no signal said anything in it."""
        over = not self.stand_dump
        over = over and time_us - self.dump_until_us >= parameters["leave_s"] * _SECOND_US
        long_us = parameters["long_stop_s"] * _SECOND_US
        long = self.dump and self.dump_until_us - self.dump_us >= long_us
        return bool(over and long and self.body_us < self.dump_us)

    def _close(self, dump: int, unloaded_us: int, unloaded_by: int) -> Closed:
        closed = Closed(
            site=self.leg_site,
            dump=dump,
            loaded_us=self.loaded_us,
            left_us=self.left_us,
            arrived_us=self.dump_us if dump else 0,
            unloaded_us=unloaded_us,
            distance_m=round(self.distance_dm / 10),
            loaded_by=self.loaded_by,
            unloaded_by=unloaded_by,
        )
        self._run(0, 0, 0, 0)
        self.leg = 0
        return closed

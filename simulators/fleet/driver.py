"""Writes a unit's plan leg by leg: drive along roads, walk, wait."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

from model.signals import NO, pack
from simulators.city.frame import Point
from simulators.city.network import Network, turn_deg
from simulators.fleet.motion import Knot, Path, Stretch, drive
from simulators.fleet.timeline import Leg, Timeline

TURN_MS = 4.2
SHARP_TURN_DEG = 40.0
LIGHT_SHARE = 0.3
LIGHT_WAIT_S = (8.0, 38.0)
LIT_ROADS = ("trunk", "secondary")
RUSH_KMH, RUSH = 78.0, 2.2  # a driver in a hurry: so fast, so many times what the road allows
REST_S = (1_650.0, 2_100.0)  # the regulation asks for twenty minutes in four hours


class Driver:
    """Where a unit is and until when its plan is written."""

    def __init__(self, network: Network, chance: random.Random, node: int, start_s: float) -> None:
        self.network = network
        self.chance = chance
        self.node = node
        self.point = network.nodes[node]
        self.timeline = Timeline(end_s=start_s)
        self.odometer_m = float(chance.randrange(5_000_000, 90_000_000))
        self.haste = chance.uniform(0.88, 1.04)
        self.rested_s = start_s

    @property
    def now_s(self) -> float:
        """The end of the plan so far."""
        return self.timeline.end_s

    def wait(self, seconds: float, activity: str, **signals: int) -> None:
        """Stay here."""
        end_s = self.now_s + max(1.0, seconds)
        path = Path.of([self.point])
        leg = Leg(self.now_s, path, activity, pack(**signals), self.odometer_m)
        self.timeline.add(leg, [Knot(self.now_s, 0.0, 0.0, 0.0)], end_s)

    def rest(self, after_s: float, **signals: int) -> bool:
        """Have a break with the engine off, if the last one ended `after_s` ago."""
        if self.now_s - self.rested_s < after_s:
            return False
        self.wait(self.chance.uniform(*REST_S), "resting", ignition=NO, **signals)
        self.rested_s = self.now_s
        return True

    def drive_to(
        self,
        node: int,
        activity: str,
        signals: Mapping[str, int],
        *,
        avoid: bool = False,
        kmh: float = 80.0,
        lights: float = LIGHT_SHARE,
        over: float = 1.0,
    ) -> None:
        """Take the quickest way to a node; `lights`: share of crossings where one has to stop.

        `over`: times the speed that the road allows.
        """
        if node != self.node:
            way = self.network.way(self.node, node, avoid)
            self.follow(way, activity, signals, kmh=kmh, lights=lights, over=over)

    def follow(
        self,
        edges: Sequence[int],
        activity: str,
        signals: Mapping[str, int],
        *,
        kmh: float = 80.0,
        lights: float = LIGHT_SHARE,
        over: float = 1.0,
    ) -> None:
        """Drive along these edges."""
        points, stretches = self._stretches(edges, kmh, lights, over)
        self._move(points, stretches, activity, pack(**signals))
        self.node = self.network.edges[edges[-1]].end

    def go_via(
        self,
        node: int,
        target: int,
        activity: str,
        signals: Mapping[str, int],
        kmh: float,
        *,
        avoid: bool = False,
    ) -> None:
        """To a node by way of another, slowly and without a stop: whatever rule that breaks is
        broken for longer than its threshold by a margin."""
        way = self.network.way(self.node, node, avoid) + self.network.way(node, target, avoid)
        self.follow(way, activity, signals, kmh=kmh, lights=0.0)

    def rush_to(self, node: int, signals: Mapping[str, int], kmh: float | None) -> None:
        """To a node much faster than the roads allow, or as fast as told."""
        kmh = kmh or RUSH_KMH
        self.drive_to(node, "rushing", signals, avoid=True, kmh=kmh, lights=0.0, over=RUSH)

    def walk(self, points: Sequence[Point], speed_ms: float, activity: str, **signals: int) -> None:
        """Go straight from point to point."""
        line = [self.point, *points]
        path = Path.of(line)
        slow = min(speed_ms, 1.5)
        stretches = [Stretch(float(end), speed_ms, slow) for end in path.along_m[1:]]
        if path.length_m > 0:
            self._move(line, stretches, activity, pack(**signals))

    def _move(
        self, points: Sequence[Point], stretches: Sequence[Stretch], activity: str, signals: int
    ) -> None:
        path = Path.of(points)
        knots, end_s = drive(self.now_s, stretches)
        leg = Leg(self.now_s, path, activity, signals, self.odometer_m)
        self.timeline.add(leg, knots, end_s)
        self.odometer_m += path.length_m
        self.point = points[-1]

    def _stretches(
        self, edges: Sequence[int], kmh: float, lights: float, over: float
    ) -> tuple[list[Point], list[Stretch]]:
        points: list[Point] = [self.point]
        stretches = []
        along_m = 0.0
        for order, index in enumerate(edges):
            edge = self.network.edges[index]
            for point in edge.points:
                step = math.dist(points[-1], point)
                if step > 0.5:
                    points.append(point)
                    along_m += step
            limit_ms = min(edge.speed_kmh * over, kmh) / 3.6 * self.haste
            leave_ms, wait_s = limit_ms, 0.0
            if order + 1 < len(edges):
                leave_ms, wait_s = self._crossing(index, edges[order + 1], lights, limit_ms, over)
            stretches.append(Stretch(along_m, limit_ms, leave_ms, wait_s))
        return points, stretches

    def _crossing(
        self, index: int, following: int, lights: float, limit_ms: float, over: float
    ) -> tuple[float, float]:
        """Speed over a crossing and the seconds at its light."""
        edge, onward = self.network.edges[index], self.network.edges[following]
        busy = len(self.network.out[edge.end]) > 2
        lit = self.network.roads[edge.road].kind in LIT_ROADS
        drawn, seconds = self.chance.random(), self.chance.uniform(*LIGHT_WAIT_S)
        if busy and lit and drawn < lights:
            return 0.0, seconds
        turning = turn_deg(edge.points, onward.points) > SHARP_TURN_DEG
        limit_ms = min(limit_ms, onward.speed_kmh * over / 3.6 * self.haste)
        return (min(TURN_MS, limit_ms) if turning else limit_ms), 0.0

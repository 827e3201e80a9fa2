"""What a rule would have found in the past, by the engine itself, against what was raised then.

Pure: the caller brings positions, device by device or many at once, in order of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from model.position import Rows
from model.rulebook import FAR_FUTURE_US, Finding, Rule, Rulebook
from model.violations import StoredViolation
from rules.contract import RuleKind
from rules.engine import Engine
from rules.owed import DutyKind
from rules.plan import effective_parameters
from rules.reconcile import Name, matches, name_of
from rules.scope import judges
from rules.state import DeviceState
from rules.trips import READERS

_SECOND_US = 1_000_000
WARM_UP_S = (3_600.0, 86_400.0)  # at least, at most
_MEMORY_OF = ("min_duration_s", "clear_s", "max_gap_s", "min_previous_s", "cool_down_s")
BATCH_ROWS = 16_384  # judged at once: columns that stay in the cache
UNREAD = ("organisation_id", "variant", "altitude_m", "satellites")  # columns no rule asks for
UNSAVED_ID = 0  # of a rule that nobody has stored


@dataclass(frozen=True, slots=True)
class Difference:
    """`pairs`: each finding with the violation it overlaps, or None; `only_before`: the others."""

    pairs: tuple[tuple[Finding, StoredViolation | None], ...]
    only_before: tuple[StoredViolation, ...]


class BackTest:
    """One rule, unchanged over [from_us, to_us), whatever versions were in force then.

    Fences, assignments and shifts are those of each fix time, as ever.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        rule: Rule,
        kinds: Mapping[str, RuleKind],
        from_us: int,
        to_us: int,
    ) -> None:
        self.from_us, self.to_us = from_us, to_us
        parameters = effective_parameters(rule, kinds[rule.kind])
        lasting_s = 2 * sum(parameters[name] for name in _MEMORY_OF)
        if isinstance(kinds[rule.kind], DutyKind):
            lasting_s = WARM_UP_S[1]  # a duty that is due in the period, from its beginning on
        self.warm_up_us = int(min(max(lasting_s, WARM_UP_S[0]), WARM_UP_S[1])) * _SECOND_US
        self.read_from_us = from_us - self.warm_up_us
        rule = msgspec.structs.replace(
            rule, valid_from_us=self.read_from_us, valid_to_us=FAR_FUTURE_US
        )
        self._devices = [
            device.id
            for device in rulebook.devices
            if judges(rule, kinds[rule.kind], device, rulebook)
        ]
        self._engine = Engine(msgspec.structs.replace(rulebook, rules=(rule,)), kinds)
        self._engine.counts_trips = rule.kind in READERS
        self._rule_id = rule.id
        self._latest: dict[Name, Finding] = {}
        self._states: dict[int, DeviceState] = {}

    def device_ids(self) -> list[int]:
        """The units that the rule judges."""
        return self._devices

    @property
    def failed(self) -> str | None:
        """The error that stopped the rule."""
        return next(iter(self._engine.failing.values()), None)

    def begin(self, device_ids: Iterable[int]) -> None:
        """Follow these units from here; what they did before is not known."""
        self._states = {id_: DeviceState(last_us=self.read_from_us) for id_ in device_ids}

    def advance(self, rows: Rows) -> None:
        """Newer positions of the units that were begun, by unit and time."""
        cuts = np.arange(BATCH_ROWS, len(rows), BATCH_ROWS)
        for batch in np.split(rows, cuts):
            self._keep(self._engine.advance(self._states, batch))

    def end(self) -> None:
        """No more positions of these units: what goes on, and what silence until the end means."""
        for device_id, state in self._states.items():
            self._keep(self._engine.ongoing(device_id, state))
        silences = self._engine.at_tick(self._states, self.to_us)
        self._keep(found for found in silences if found.device_id in self._states)

    def findings(self) -> list[Finding]:
        """Everything found that reaches into the period, by start."""
        inside = [found for found in self._latest.values() if found.last_us >= self.from_us]
        return sorted(inside, key=lambda found: (found.started_us, found.device_id))

    def _keep(self, findings: Iterable[Finding]) -> None:
        for found in findings:
            self._latest[name_of(found)] = found


def difference(findings: Sequence[Finding], raised: Sequence[StoredViolation]) -> Difference:
    """Pair by device and overlap, whichever rule raised them; withdrawn ones do not count."""
    standing = [
        msgspec.structs.replace(violation, rule_id=UNSAVED_ID)
        for violation in raised
        if violation.finding == "standing"
    ]
    unsaved = [msgspec.structs.replace(found, rule_id=UNSAVED_ID) for found in findings]
    pairs = tuple(matches(unsaved, standing))
    met = {violation.id for _, violation in pairs if violation is not None}
    return Difference(pairs, tuple(v for v in standing if v.id not in met))

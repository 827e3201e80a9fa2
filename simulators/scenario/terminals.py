"""Who of a scenario's fleet speaks what, and over what."""

from __future__ import annotations

from collections.abc import Mapping

from model.vehicles import UnitKind
from simulators.scenario.form import Scenario, TerminalForm
from simulators.scenario.reading import Source

# protocol: its transports, the usual one first
TRANSPORTS = {
    "jt808": ("tcp", "udp"),
    "handset": ("mqtt", "http"),
    "owntracks": ("mqtt", "http"),
    "osmand": ("http",),
    "nmea": ("tcp", "udp", "mqtt"),
}
OF_VEHICLES = ("jt808",)  # the others tell nothing of cover, pump or brush
# deed: which protocols tell what it does
TOLD_BY = {
    "mocks_position": ("handset", "osmand"),
    "signs_off": ("handset",),
    "forgets_check_ins": ("handset",),
}
Terminals = dict[tuple[str, int], tuple[str, str]]


def terminals_of(scenario: Scenario, source: Source, counts: Mapping[UnitKind, int]) -> Terminals:
    """Protocol and transport by kind and number, from 0. Raises ScenarioProblem."""
    found: Terminals = {}
    for index, form in enumerate(scenario.fleet.terminals):
        place = ("fleet", "terminals", index)
        transport = form.transport or TRANSPORTS[form.protocol][0]
        if transport not in TRANSPORTS[form.protocol]:
            allowed = ", ".join(TRANSPORTS[form.protocol])
            text = f"{form.protocol} does not come by {transport}; allowed: {allowed}"
            raise source.problem((*place, "transport"), text)
        for number, name in enumerate(form.units):
            for who in _units(name, form, counts, source, (*place, "units", number)):
                found[who] = form.protocol, transport
    _check_deeds(scenario, source, found)
    return found


def _units(
    name: str,
    form: TerminalForm,
    counts: Mapping[UnitKind, int],
    source: Source,
    place: tuple[str | int, ...],
) -> list[tuple[str, int]]:
    """Those that a name means."""
    kind, _, number = name.rpartition(" ") if name[-1].isdigit() else (name, "", "")
    count = next((many for k, many in counts.items() if k.value == kind.replace(" ", "_")), 0)
    if not count or (number and not 1 <= int(number) <= count):
        there = [f"{k.value.replace('_', ' ')} 1 to {many}" for k, many in counts.items() if many]
        raise source.problem(place, f"no unit {name}; allowed: {', '.join(there)}")
    is_person = kind == UnitKind.INSPECTOR.value
    if not is_person and form.protocol not in OF_VEHICLES:
        raise source.problem(place, f"{form.protocol} is of inspectors; allowed: inspector")
    chosen = [int(number) - 1] if number else range(count)
    return [(kind.replace(" ", "_"), one) for one in chosen]


def _check_deeds(scenario: Scenario, source: Source, found: Terminals) -> None:
    """What a terminal cannot tell, nobody can be judged by."""
    for index, behaviour in enumerate(scenario.behaviours):
        kind, _, number = behaviour.unit.rpartition(" ")
        who = kind.replace(" ", "_"), int(number) - 1 if number.isdigit() else -1
        protocol = found.get(who, ("handset", ""))[0]
        allowed = TOLD_BY.get(behaviour.does, (protocol,))
        if protocol not in allowed:
            text = f"{protocol} does not tell it; allowed: with {' or '.join(allowed)}"
            raise source.problem(("behaviours", index, "does"), text)

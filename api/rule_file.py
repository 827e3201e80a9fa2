"""Rules as a YAML file for review: references by name, every refusal names its field.

A rule is known by its `id`, else by organisation, kind and Chinese name; it is changed only where
the file says something else, and what the file leaves out stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import yaml
from pydantic import ValidationError

from api.errors import ApiProblem
from api.rule_check import check_rule
from api.shapes.rule_file import RuleEntry, RuleFile, ScheduleEntry
from api.shapes.rulebook import RuleBody
from model.rulebook import Rule
from storage.database import Connection
from storage.in_force import rules_in_force
from storage.instants import from_datetime
from storage.rule_names import Names, load_names
from storage.rulebook import save_rule

MAX_BYTES = 1 << 20
_COMPARED = ("organisation_id", "kind", "name_zh", "name_en", "severity", "parameters", "scope",
             "schedule", "fence_ids", "fence_tags", "mode", "ladder", "photo")  # fmt: skip


class RuleFileProblem(Exception):
    """The file cannot be used: `field` as rules.0.parameters.moving_kmh, `message`: what is
    allowed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message = field, message


@dataclass(slots=True)
class Import:
    """What an import does: new rules, changed ones, and how many stay as they are."""

    added: list[Rule] = field(default_factory=list)
    changed: list[Rule] = field(default_factory=list)
    unchanged: int = 0


def read_rules(text: str) -> list[RuleEntry]:
    """The file's rules. Raises RuleFileProblem."""
    if len(text.encode()) > MAX_BYTES:
        raise RuleFileProblem("file", f"has at most {MAX_BYTES} bytes")
    try:
        # A few aliases could stand for more rules than memory holds.
        events = yaml.parse(text, yaml.SafeLoader)
        if any(isinstance(event, yaml.AliasEvent) for event in events):
            raise RuleFileProblem("file", "aliases (*name) are not allowed")
        content = yaml.safe_load(text)
        return RuleFile.model_validate(content).rules
    except yaml.YAMLError as error:
        raise RuleFileProblem("file", str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise RuleFileProblem(where, first["msg"]) from error


async def import_rules(
    conn: Connection, visible: Sequence[int], own_id: int, text: str, now_us: int, *, dry: bool
) -> Import:
    """Make new versions of what differs, in one transaction; `dry`: only say what would change.

    Raises RuleFileProblem, before anything is changed.
    """
    names = await load_names(conn, visible, now_us)
    rows = [_plain(row) for row in await rules_in_force(conn, visible, now_us)]
    done = Import()
    seen: set[int] = set()
    for place, entry in enumerate(read_rules(text)):
        where = f"rules.{place}"
        rule = _rule(entry, where, names, own_id, now_us)
        known = _known(rows, entry, rule, where)
        if known is None:
            done.added.append(rule)
        elif known["id"] in seen:
            raise RuleFileProblem(where, "stands twice in the file")
        elif _same(known, rule):
            done.unchanged += 1
        else:
            done.changed.append(msgspec.structs.replace(rule, id=known["id"]))
        seen |= {known["id"]} if known else set()
    if not dry:
        async with conn.transaction():
            for rule in [*done.added, *done.changed]:
                await save_rule(conn, rule)
    return done


async def rule_of(conn: Connection, visible: Sequence[int], entry: RuleEntry, at_us: int) -> Rule:
    """One rule of a file, its references looked up; its own id, or 0."""
    names = await load_names(conn, visible, at_us)
    rule = _rule(entry, "rules.0", names, visible[0], at_us)
    return msgspec.structs.replace(rule, id=entry.id or 0)


async def export_rules(conn: Connection, visible: Sequence[int], now_us: int) -> str:
    """The rules in force as a file that `import_rules` takes back without a change."""
    names = await load_names(conn, visible, now_us)
    rows = [_plain(row) for row in await rules_in_force(conn, visible, now_us)]
    content = {"rules": [_entry(row, names) for row in rows]}
    return str(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: row[name] for name in ("id", *_COMPARED)}
    return {**values, "valid_from_us": from_datetime(row["valid_from"]), "version": row["version"]}


def _known(
    rows: list[dict[str, Any]], entry: RuleEntry, rule: Rule, where: str
) -> dict[str, Any] | None:
    if entry.id is not None:
        found = next((row for row in rows if row["id"] == entry.id), None)
        if found is None:
            raise RuleFileProblem(f"{where}.id", "no such rule; leave id out for a new one")
        if found["kind"] != entry.kind:
            raise RuleFileProblem(f"{where}.kind", f"cannot change: it is {found['kind']}")
        return found
    key = (rule.organisation_id, rule.kind, rule.name_zh)
    return next(
        (row for row in rows if (row["organisation_id"], row["kind"], row["name_zh"]) == key), None
    )


def _same(row: dict[str, Any], rule: Rule) -> bool:
    stored = msgspec.convert(row, Rule)
    return all(getattr(stored, name) == getattr(rule, name) for name in _COMPARED)


def _rule(entry: RuleEntry, where: str, names: Names, own_id: int, now_us: int) -> Rule:
    """References looked up and everything checked. Raises RuleFileProblem."""

    def find(field: str, wanted: Sequence[str], lookup: Callable[[str], int]) -> list[int]:
        found = []
        for name in wanted:
            try:
                found.append(lookup(name))
            except LookupError as error:
                raise RuleFileProblem(f"{where}.{field}", str(error.args[0])) from error
        return found

    organisation = [entry.organisation] if entry.organisation else []
    body = RuleBody.model_validate(
        {
            **entry.model_dump(exclude={"id", "organisation", "scope", "schedule", "fences"}),
            "scope": {
                "kinds": entry.scope.kinds,
                "organisation_ids": find(
                    "scope.organisations", entry.scope.organisations, names.organisation
                ),
                "device_ids": find("scope.devices", entry.scope.devices, names.device),
                "tags": entry.scope.tags,
            },
            "schedule": _schedule(entry.schedule),
            "fence_ids": find("fences", entry.fences, names.fence),
        }
    )
    try:
        check_rule(body)
    except ApiProblem as problem:
        fault = problem.detail["fields"][0]
        raise RuleFileProblem(f"{where}.{fault['field']}", fault["message"]) from problem
    own = find("organisation", organisation, names.organisation) or [own_id]
    fixed = {"id": 0, "version": 1, "organisation_id": own[0], "valid_from_us": now_us}
    return msgspec.convert({**body.model_dump(), **fixed}, Rule)


def _schedule(entry: ScheduleEntry | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    windows = [
        {
            "weekdays": w.weekdays,
            "start_min": _minutes(w.start),
            "end_min": _minutes(w.end),
            "days": w.days,
        }
        for w in entry.windows
    ]
    return {"zone": entry.zone, "windows": windows}


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _entry(row: dict[str, Any], names: Names) -> dict[str, Any]:
    rule = msgspec.convert(row, Rule)
    scope = {
        "kinds": list(rule.scope.kinds),
        "organisations": [names.organisations[id_] for id_ in rule.scope.organisation_ids],
        "devices": [names.devices[id_] for id_ in rule.scope.device_ids],
        "tags": list(rule.scope.tags),
    }
    schedule = None
    if rule.schedule is not None:
        windows = [
            {
                "weekdays": list(w.weekdays),
                "from": _clock(w.start_min),
                "to": _clock(w.end_min),
                "days": w.days,
            }
            for w in rule.schedule.windows
        ]
        schedule = {"zone": rule.schedule.zone, "windows": windows}
    said = {
        "id": rule.id,
        "organisation": names.organisations[rule.organisation_id],
        "kind": rule.kind,
        "name_zh": rule.name_zh,
        "name_en": rule.name_en,
        "severity": rule.severity,
        "mode": "" if rule.mode == "live" else rule.mode,
        "ladder": _ladder(rule),
        "photo": None if rule.photo is None else msgspec.to_builtins(rule.photo),
        "parameters": dict(sorted(rule.parameters.items())),
        "scope": {name: value for name, value in scope.items() if value},
        "schedule": schedule,
        "fences": [names.fences[id_] for id_ in rule.fence_ids],
        "fence_tags": list(rule.fence_tags),
    }
    always = {"id", "organisation", "kind", "name_zh", "name_en", "severity"}
    if rule.ladder is not None:
        always.add("ladder")  # an empty one tells nobody
    return {name: value for name, value in said.items() if name in always or value}


def _ladder(rule: Rule) -> list[dict[str, Any]] | None:
    return None if rule.ladder is None else msgspec.to_builtins(rule.ladder)

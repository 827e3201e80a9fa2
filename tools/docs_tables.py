"""The tables in the documents that come from the code: settings, commands, kinds, protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import typer.main
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from protocols.jt808.fields import Fields, When
from protocols.jt808.messages import FIRST_PLATFORM_ID, MESSAGES, SOURCES
from protocols.jt808.repeated import Group, InPackages, Numbers
from protocols.jt808.support import support_of
from protocols.registry import protocols_by_name
from rules.registry import kinds_by_name
from simulators.conform.steps import AT_THE_END, STEPS
from xunji.command_line import build_app
from xunji.settings import Settings


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *escaped]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def setting_fields(
    model: type[BaseModel] = Settings, prefix: str = ""
) -> Iterator[tuple[str, FieldInfo]]:
    """(dotted name, field) of every setting, the nested ones too."""
    for name, info in model.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            yield from setting_fields(info.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", info


def environment_name(setting: str) -> str:
    """The environment variable of a setting: database.url -> XUNJI_DATABASE__URL."""
    return "XUNJI_" + setting.upper().replace(".", "__")


def _default(info: FieldInfo) -> str:
    value = info.get_default(call_default_factory=True)
    return "" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def settings_table() -> str:
    """Every setting with its environment variable, default and meaning."""
    rows = [
        (f"`{name}`", f"`{environment_name(name)}`", _default(info), info.description or "")
        for name, info in setting_fields()
    ]
    return _table(("in xunji.toml", "environment", "default", "meaning"), rows)


def commands_by_name() -> dict[str, Any]:
    """Every command with its group before it: `user add`."""
    application: Any = typer.main.get_command(build_app())
    found: dict[str, Any] = {}
    for name, command in sorted(application.commands.items()):
        members = getattr(command, "commands", {})
        found |= {f"{name} {member}": sub for member, sub in sorted(members.items())}
        if not members:
            found[name] = command
    return found


def _option(parameter: Any) -> str:
    argument = parameter.param_type_name == "argument"
    return f"`{parameter.name.upper() if argument else max(parameter.opts, key=len)}`"


def commands_table() -> str:
    """Every command with its arguments and options."""
    rows = []
    for name, command in commands_by_name().items():
        said = (command.help or "").strip().partition("\n\n")[0].replace("\n", " ")
        shown = [parameter for parameter in command.params if parameter.name != "help"]
        rows.append((f"`xunji {name}`", said, " ".join(_option(p) for p in shown)))
    return _table(("command", "what it does", "arguments and options"), rows)


def rules_table() -> str:
    """Every rule kind with its family and page."""
    rows = [
        (f"[{name}](rules/{name}.md)", kind.family, kind.en, kind.zh)
        for name, kind in sorted(kinds_by_name().items())
    ]
    return _table(("kind", "family", "what it finds", ""), rows)


def protocols_table() -> str:
    """Every terminal protocol with its port and page."""
    rows = [
        (f"[{name}](protocols/{name}.md)", str(protocol.default_port or "recognised or by topic"))
        for name, protocol in sorted(protocols_by_name().items())
    ]
    return _table(("protocol", "own port"), rows)


def clauses_table() -> str:
    """What `xunji conform` examines, in its order."""
    head = ("step", "2013", "2019", "what is required", "")
    rows = [(f"`{s.name}`", *s.clauses, s.en, s.zh) for s in (*STEPS, *AT_THE_END)]
    return _table(head, rows)


def _field_names(fields: Fields) -> str:
    """`name`, `name?` that may be missing, `name[...]` that repeats."""
    shown = []
    for field in fields:
        optional, plain = ("?", field.field) if isinstance(field, When) else ("", field)
        inner = plain.field if isinstance(plain, InPackages) else plain
        if isinstance(inner, Group):
            shown.append(f"{inner.name}[{_field_names(inner.fields)}]{optional}")
        elif hasattr(inner, "name"):
            listed = "[]" if isinstance(inner, Numbers) else ""
            shown.append(f"{inner.name}{listed}{optional}")
    return ", ".join(shown)


def messages_table() -> str:
    """Every message of JT/T 808: direction, editions, fields of the newest, support, source."""
    rows = []
    for message_id, message in sorted(MESSAGES.items()):
        said = (SOURCES[message_id] or "").partition("\n\n")[0].split(" ", 1)[1].replace("\n", " ")
        way = "down" if message_id >= FIRST_PLATFORM_ID else "up"
        names = _field_names(message.fields("2019"))
        fields = f"`{names}`" if names else "(empty)"
        number = f"0x{message_id:04X}"
        done = support_of(message_id)
        rows.append((number, f"`{message.name}`", way, message.span, fields, done, said))
    head = ("id", "name", "way", "editions", "fields (2019)", "what is done", "meaning, source")
    return _table(head, rows)


TABLES: dict[str, Callable[[], str]] = {
    "clauses": clauses_table,
    "settings": settings_table,
    "commands": commands_table,
    "rules": rules_table,
    "protocols": protocols_table,
    "jt808_messages": messages_table,
}

"""YAML -> Scenario. What is wrong is told with file, line and what is allowed there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from simulators.scenario.form import Scenario, json_schema

MAX_BYTES = 256 * 1024
LIBRARY = Path(__file__).parents[1] / "scenarios"
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_WHERE = re.compile(r" - at `\$(.*?)`")
_UNKNOWN = re.compile(r"unknown field `(\w+)`")
_NO_VALUE = re.compile(r"Invalid enum value '(.*?)'")
_PATTERN = re.compile(r"Expected `str` matching regex '.*'")


class ScenarioProblem(Exception):
    """A file that is no scenario; the text says where and what is allowed."""


class Source:
    """A scenario's file with the lines of its parts."""

    def __init__(self, path: Path, root: yaml.Node | None) -> None:
        self.path = path
        self._root = root

    def problem(self, place: tuple[str | int, ...], message: str) -> ScenarioProblem:
        """The problem at a place, such as ("faults", 0, "rate")."""
        return ScenarioProblem(f"{self.path}:{self.line(place)}: {_shown(place)}: {message}")

    def line(self, place: tuple[str | int, ...]) -> int:
        """Line of the deepest part of the place that exists, from 1."""
        node, line = self._root, 1
        for step in place:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line


def scenario_names() -> list[str]:
    """Of the library."""
    return sorted(path.stem for path in LIBRARY.glob("*.yaml"))


def read_scenario(name: str) -> tuple[Scenario, Source]:
    """By its name in the library, or by path. Raises ScenarioProblem."""
    path = LIBRARY / f"{name}.yaml"
    if not re.fullmatch(r"[\w-]+", name) or not path.exists():
        path = Path(name)
    if not path.is_file():
        raise ScenarioProblem(
            f"{name}: no such file, nor a scenario of the library (xunji simulate --list)"
            + _perhaps(name, scenario_names())
        )
    if path.stat().st_size > MAX_BYTES:
        raise ScenarioProblem(f"{path}: larger than {MAX_BYTES // 1024} KiB")
    try:
        text = path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise ScenarioProblem(f"{path}: cannot be read: {error}") from error
    return parse_scenario(text, path)


def parse_scenario(text: str, path: Path) -> tuple[Scenario, Source]:
    """From the file's text. Raises ScenarioProblem."""
    try:
        root = yaml.compose(text, yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ScenarioProblem(f"{path}:{line}: not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ScenarioProblem(f"{path}:1: not YAML: {error}") from error
    source = Source(path, root)
    for place in _repeated(root, ()):
        raise source.problem(place, "stands there twice")
    try:
        return msgspec.convert(content, Scenario), source
    except msgspec.ValidationError as error:
        place, message = _explained(str(error))
        raise source.problem(place, message) from error


def _explained(text: str) -> tuple[tuple[str | int, ...], str]:
    """Where and what, from msgspec's words, and what is allowed, from the schema."""
    where = _WHERE.search(text)
    steps = _STEP.findall(where[1]) if where else []
    place: tuple[str | int, ...] = tuple(name or int(index) for name, index in steps)
    schema = _schema_at(place)
    unknown, wrong = _UNKNOWN.search(text), _NO_VALUE.search(text)
    message = _PATTERN.sub("not written as it should be", _WHERE.sub("", text))
    if unknown:
        place = (*place, unknown[1])
        message += _perhaps(unknown[1], schema.get("properties", ()))
    if wrong:
        message += _perhaps(wrong[1], schema.get("enum", ()))
    return place, f"{message}; allowed: {_allowed(schema)}"


def _perhaps(word: str, words: Iterable[str | None]) -> str:
    """The one that was probably meant."""
    meant = difflib.get_close_matches(word, [one for one in words if one], 1)
    return f"; did you mean {meant[0]}?" if meant else ""


def _schema_at(place: tuple[str | int, ...]) -> dict[str, Any]:
    whole = json_schema()
    schema = _resolved(whole, whole)
    for step in place:
        inner = schema.get("items") if isinstance(step, int) else schema["properties"].get(step)
        if inner is None:
            return schema
        schema = _resolved(inner, whole)
    return schema


def _resolved(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            schema = option
    if "$ref" in schema:
        found: dict[str, Any] = whole["$defs"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def _allowed(schema: dict[str, Any]) -> str:
    if "properties" in schema:
        needed = set(schema.get("required", ()))
        names = (f"{n} (needed)" if n in needed else n for n in schema["properties"])
        return ", ".join(names)
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"] if value is not None)
    limits = {
        "minimum": "from {}", "exclusiveMinimum": "more than {}", "maximum": "up to {}",
        "description": "such as {}", "minLength": "at least {} characters",
    }  # fmt: skip
    words = [text.format(schema[name]) for name, text in limits.items() if name in schema]
    return " ".join([str(schema.get("type", "any value")), *words])


def _shown(place: tuple[str | int, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.lstrip(".") or "the file"


def _child(node: yaml.Node | None, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item.start_mark.line + 1, item
    return None


def _repeated(
    node: yaml.Node | None, place: tuple[str | int, ...]
) -> Iterator[tuple[str | int, ...]]:
    """Keys that a mapping has twice: YAML would silently keep the last."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                yield (*place, name)
            seen.add(name)
            yield from _repeated(value, (*place, name))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _repeated(item, (*place, index))

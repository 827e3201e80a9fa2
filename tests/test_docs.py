"""The documents name what the registries, settings, commands and routes really hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute

from api.routes import ROUTERS
from protocols.registry import protocols_by_name
from rules.registry import kinds_by_name
from tools.docs import anchors, broken_links, documents, regenerated, slug
from tools.docs_tables import commands_by_name, setting_fields

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ROUTE = re.compile(r"`(GET|POST|PUT|PATCH|DELETE|WS) (/[^\s`]*)")


def documented_routes() -> set[tuple[str, str]]:
    """(method, path) of docs/api.md, queries left out, parameters as {}."""
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    return {(method, plain_path(path)) for method, path in ROUTE.findall(text)}


def served_routes() -> set[tuple[str, str]]:
    """(method, path) of every router, parameters as {}."""
    return {
        (method, plain_path(route.path))
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute | APIWebSocketRoute)
        for method in (route.methods if isinstance(route, APIRoute) else {"WS"})
    }


def plain_path(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path.partition("?")[0])


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_document_is_fresh_and_its_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert regenerated(text) == text, "a generated table is stale: run make docs"
    assert not list(broken_links(path))


@pytest.mark.parametrize("name", sorted(kinds_by_name()))
def test_rule_kind_has_its_page(name: str) -> None:
    text = (DOCS / "rules" / f"{name}.md").read_text(encoding="utf-8")
    missing = [p.name for p in kinds_by_name()[name].parameters if p.name not in text]
    assert not missing, f"docs/rules/{name}.md does not name {missing}"


@pytest.mark.parametrize("name", sorted(protocols_by_name()))
def test_protocol_has_its_page(name: str) -> None:
    assert (DOCS / "protocols" / f"{name}.md").stat().st_size > 500


def test_no_page_describes_what_does_not_exist() -> None:
    assert {page.stem for page in DOCS.glob("rules/*.md")} - {"index"} <= set(kinds_by_name())
    assert {page.stem for page in DOCS.glob("protocols/*.md")} <= set(protocols_by_name())


@pytest.mark.parametrize("name", sorted(commands_by_name()))
def test_command_explains_itself(name: str) -> None:
    assert commands_by_name()[name].help, f"xunji {name} --help says nothing"


def test_no_document_names_a_command_that_does_not_exist() -> None:
    shell = re.compile(r"(?:^|`|\$ |bin/)xunji ([a-z]+(?:-[a-z]+)*)\b", re.MULTILINE)
    known = {name.partition(" ")[0] for name in commands_by_name()}
    for path in documents():
        assert set(shell.findall(path.read_text(encoding="utf-8"))) <= known, path.name


@pytest.mark.parametrize("name", [name for name, _ in setting_fields()])
def test_setting_is_described(name: str) -> None:
    assert dict(setting_fields())[name].description, f"{name} in xunji/settings.py says nothing"


def test_every_documented_route_is_served_and_every_served_route_documented() -> None:
    assert served_routes() == documented_routes()


def test_make_targets_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for path in documents():
        named = set(re.findall(r"\bmake (\w+)`", path.read_text(encoding="utf-8")))
        assert named <= targets, path.name


def test_anchors_are_made_as_github_makes_them() -> None:
    assert slug("Rules: condition -> episode") == "rules-condition---episode"
    assert slug("`xunji doctor`") == "xunji-doctor"
    assert anchors("# A b\n```\n# not one\n```\n## 巡迹 C\n") == {"a-b", "巡迹-c"}


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Here\n[a](gone.md) [b](#here) [c](#there) [d](https://x.test) `[e](f)`\n")
    assert list(broken_links(page)) == ["gone.md: no such file", "#there: no such heading"]


def test_a_stale_table_is_made_fresh() -> None:
    text = "a\n<!-- begin t -->\nold\n<!-- end t -->\nb\n"
    fresh = regenerated(text, {"t": lambda: "new"})
    assert fresh == "a\n<!-- begin t -->\nnew\n<!-- end t -->\nb\n"

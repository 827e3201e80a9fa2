"""The rules as a YAML file, for review in git: taken out, and put back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel

from api.access import Conn, RuleEditor, State
from api.rule_check import invalid
from api.rule_file import RuleFileProblem, export_rules, import_rules
from model.rulebook import Rule

router = APIRouter(tags=["rules"])


class Imported(BaseModel):
    """What changed, by kind and name; `dry_run`: what would."""

    added: list[str]
    changed: list[str]
    unchanged: int
    dry_run: bool


@router.get("/rules.yaml", response_class=Response)
async def taken_out(state: State, conn: Conn, caller: RuleEditor) -> Any:
    """The rules in force."""
    text = await export_rules(conn, caller.organisations, state.services.clock.now_us())
    return Response(text, media_type="application/yaml")


@router.put("/rules.yaml", response_model=Imported)
async def put_back(
    *,
    body: Annotated[bytes, Body(media_type="application/yaml")],
    state: State,
    conn: Conn,
    caller: RuleEditor,
    dry_run: bool = False,
) -> Any:
    """New versions of what differs; rules that the file does not name stay."""
    now_us = state.services.clock.now_us()
    own_id = caller.user.organisation_id
    try:
        text = body.decode()
        done = await import_rules(conn, caller.organisations, own_id, text, now_us, dry=dry_run)
    except UnicodeDecodeError as error:
        raise invalid("file", "is not UTF-8") from error
    except RuleFileProblem as problem:
        raise invalid(problem.field, problem.message) from problem
    return {
        "added": [_name(rule) for rule in done.added],
        "changed": [_name(rule) for rule in done.changed],
        "unchanged": done.unchanged,
        "dry_run": dry_run,
    }


def _name(rule: Rule) -> str:
    return f"{rule.kind}: {rule.name_zh}"

"""The API's reference as a page: written from the OpenAPI description, without outside scripts."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

Schema = dict[str, Any]
_STYLE = """
body{font:15px/1.55 system-ui,"Noto Sans CJK SC",sans-serif;max-width:62em;margin:2em auto;
padding:0 1em;color:#1c2733}
h2{margin-top:2em;border-bottom:1px solid #d5dde5}
code{font:13px ui-monospace,monospace}
details{margin:.4em 0;padding:.4em .8em;border:1px solid #d5dde5;border-radius:6px}
summary{cursor:pointer} summary b{display:inline-block;min-width:4.5em;color:#0a5bb5}
table{border-collapse:collapse;margin:.5em 0}
td,th{border:1px solid #e3e9ef;padding:.2em .6em;text-align:left;vertical-align:top}
"""


def reference_router(prefix: str) -> APIRouter:
    """`PREFIX/docs`."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"{prefix}/docs")
    def reference(request: Request) -> HTMLResponse:
        """Every path, its parameters, bodies and answers."""
        return HTMLResponse(render(request.app.openapi(), prefix))

    return router


def render(openapi: Schema, prefix: str) -> str:
    """The page for an OpenAPI description."""
    info = openapi["info"]
    schemas = openapi.get("components", {}).get("schemas", {})
    operations = [
        _operation(path, method, operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    ]
    shapes = [_shape(name, schema) for name, schema in sorted(schemas.items())]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])}'
        f"</title><style>{_STYLE}</style><h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f'<p>{escape(info.get("summary", ""))}. Machine-readable: <a href="{prefix}/openapi.json">'
        f"openapi.json</a>. Log in with <code>POST {prefix}/login</code>, then send <code>"
        "Authorization: Bearer TOKEN</code>. Live messages: <code>WS "
        f"{prefix}/live?token=TOKEN</code>.</p>"
        f"<h2>Paths</h2>{''.join(operations)}<h2>Shapes</h2>{''.join(shapes)}</html>"
    )


def _operation(path: str, method: str, operation: Schema) -> str:
    rows: list[tuple[str, ...]] = [
        (p["name"], p["in"], _type(p["schema"]), "yes" if p.get("required") else "")
        for p in operation.get("parameters", [])
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        rows.append(("body", "body", _type(body["schema"]), "yes"))
    for status, answer in operation.get("responses", {}).items():
        content = answer.get("content", {}).get("application/json", {})
        if status != "422":
            rows.append((f"answer {status}", "", _type(content.get("schema", {})), ""))
    text = escape(str(operation.get("description", "")))
    return (
        f"<details><summary><b>{method.upper()}</b> <code>{escape(path)}</code></summary>"
        f"<p>{text}</p>{_table(('name', 'in', 'type', 'required'), rows)}</details>"
    )


def _shape(name: str, schema: Schema) -> str:
    required = set(schema.get("required", ()))
    rows: list[tuple[str, ...]] = [
        (field, _type(part), "yes" if field in required else "")
        for field, part in schema.get("properties", {}).items()
    ]
    text = escape(schema.get("description", ""))
    table = _table(("field", "type", "required"), rows) if rows else ""
    return (
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"<p>{text}</p>{table}</details>"
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Cells of the last-but-`required` type column are HTML already; the others are escaped."""
    heads = "".join(f"<th>{name}</th>" for name in head)
    type_column = head.index("type")
    body = "".join(
        "<tr>"
        + "".join(
            f"<td>{cell if place == type_column else escape(cell)}</td>"
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><tr>{heads}</tr>{body}</table>"


def _type(schema: Schema) -> str:
    """A schema in words, as HTML; references are links."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " | ".join(_type(part) for part in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " | ".join(f"<code>{escape(repr(value))}</code>" for value in values)
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return escape(str(schema.get("format") or schema.get("type") or "any"))

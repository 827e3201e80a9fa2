"""CSV files that come in by HTTP."""

from __future__ import annotations

from fastapi import Request

from api.errors import ApiProblem
from api.rule_check import invalid
from api.sheets import MAX_BYTES, Sheet


async def read_sheet_body(request: Request) -> bytes:
    """The body, no longer than a sheet may be."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > MAX_BYTES:
            raise invalid("body", f"has over {MAX_BYTES} bytes")
    return bytes(data)


def refuse_problems(sheet: Sheet, dry_run: bool) -> None:
    """A file with problems stores nothing; a dry run only tells of them."""
    if sheet.problem_count and not dry_run:
        raise ApiProblem(
            "invalid_request",
            fields=[
                {"field": f"line {p.line}: {p.field}", "message": p.en, "message_zh": p.zh}
                for p in sheet.problems
            ],
            problem_count=sheet.problem_count,
        )

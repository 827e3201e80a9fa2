"""Reports of sightings by HTTP: JSON with the photo as base64, or a form with a file."""

from __future__ import annotations

import base64
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from api.errors import ApiProblem
from pipeline.sightings import MAX_REPORTS, SightingReport
from storage.media import MAX_PHOTO_BYTES

MAX_BODY_BYTES = 16 << 20
_FORM_OVERHEAD_BYTES = 65_536
Shape = TypeVar("Shape", bound=BaseModel)


class SightingBatch(BaseModel):
    """Several at once, stored all or none."""

    sightings: list[SightingReport] = Field(min_length=1, max_length=MAX_REPORTS)


def described(shape: type[BaseModel], *, form: bool = False) -> dict[str, Any]:
    """The body for the OpenAPI description, for we read it ourselves."""
    schema = shape.model_json_schema()
    schema.pop("$defs", None)
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if form:
        file = {"type": "string", "format": "binary"}
        fields = {**schema["properties"], "photo": file}
        content["multipart/form-data"] = {"schema": {"type": "object", "properties": fields}}
    return {"requestBody": {"required": True, "content": content}}


async def read_report(request: Request) -> SightingReport:
    """One report, by either way."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return _valid(SightingReport, await _form(request))
    return await read_json(request, SightingReport)


async def read_json(request: Request, shape: type[Shape]) -> Shape:
    """A JSON body of at most MAX_BODY_BYTES. Raises ApiProblem."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > MAX_BODY_BYTES:
            raise _refused("body", f"at most {MAX_BODY_BYTES} bytes")
    try:
        return shape.model_validate_json(bytes(data))
    except ValidationError as error:
        raise _invalid(error) from error


async def _form(request: Request) -> dict[str, Any]:
    """The fields of a form, its file `photo` as base64."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > MAX_PHOTO_BYTES + _FORM_OVERHEAD_BYTES:
        raise _refused("body", f"say the length; a photo has at most {MAX_PHOTO_BYTES} bytes")
    fields: dict[str, Any] = {}
    try:
        async with request.form(max_files=1, max_fields=20) as form:
            for name, value in form.items():
                fields[name] = value if isinstance(value, str) else await _base64(value)
    except HTTPException as error:
        raise _refused("body", str(error.detail)) from error
    return fields


async def _base64(file: UploadFile) -> str:
    return base64.b64encode(await file.read()).decode()


def _valid(shape: type[Shape], fields: dict[str, Any]) -> Shape:
    try:
        return shape.model_validate_strings(fields)
    except ValidationError as error:
        raise _invalid(error) from error


def _invalid(error: ValidationError) -> ApiProblem:
    fields = [
        {"field": ".".join(str(part) for part in e["loc"]), "message": e["msg"]}
        for e in error.errors(include_url=False, include_input=False)[:20]
    ]
    return ApiProblem("invalid_request", fields=fields)


def _refused(field: str, message: str) -> ApiProblem:
    return ApiProblem("invalid_request", fields=[{"field": field, "message": message}])

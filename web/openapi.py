"""What /openapi.json says of every door besides its own answer: refusals, and the database that is away."""

from typing import Any

from pydantic import BaseModel

from web.open311_format import TYPES


class Reason(BaseModel):
    key: str
    message: str


class Refused(BaseModel):
    """`message` is in the reader's language, `key` the same in all."""

    error: Reason


REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Refused, "description": "Refused; says why in the reader's language"},
    "5XX": {"model": Refused, "description": "The database is away for a moment; ask again"},
}

_EITHER: dict[str, dict[str, Any]] = {TYPES["xml"].partition(";")[0]: {}, TYPES["json"].partition(";")[0]: {}}
_ERRORS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"code": {"type": "integer"}, "description": {"type": "string"}},
        "required": ["code", "description"],
    },
}

OPEN311: dict[int | str, dict[str, Any]] = {
    200: {"description": "As GeoReport v2 has it", "content": _EITHER},
    "4XX": {
        "description": "A list of code and description",
        "content": {"text/xml": {}, "application/json": {"schema": {"anyOf": [_ERRORS, {"type": "object"}]}}},
    },
}

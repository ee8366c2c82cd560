"""One call of the Bot API as it came: JSON, form, multipart or query string, all read alike."""

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from simulator.errors import Refused, bad
from simulator.files import UPLOAD


@dataclass
class Upload:
    name: str
    content: bytes
    mime: str


@dataclass
class Call:
    method: str  # lower case, as the server compares it
    values: dict[str, Any] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        return default if value is None else value if isinstance(value, str) else json.dumps(value)

    def number(self, name: str, default: int = 0) -> int:
        try:
            return int(self.values.get(name, default) or default)
        except (TypeError, ValueError):
            return default

    def decimal(self, name: str) -> float | None:
        try:
            return float(self.values[name])
        except (KeyError, TypeError, ValueError):
            return None

    def flag(self, name: str) -> bool:
        return str(self.values.get(name, "")).lower() in ("true", "1", "yes")

    def json(self, name: str, what: str) -> Any:
        """An object given as it is or as a string of JSON: libraries send both."""
        value = self.values.get(name)
        if not isinstance(value, str) or not value:
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad(f"can't parse {what} JSON object") from None

    def chat_id(self) -> int | None:
        value = self.values.get("chat_id")
        return int(str(value)) if str(value).lstrip("-").isdecimal() else None


async def read(request: Request, method: str) -> Call:
    call = Call(method.lower(), dict(request.query_params))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if int(request.headers.get("content-length") or 0) > UPLOAD + 65536:
        raise Refused(413, "Request Entity Too Large")
    if kind == "application/json":
        call.values |= _object(await request.body())
    elif kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        async with request.form(max_part_size=8 * 1024 * 1024) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    mime = value.content_type or "application/octet-stream"
                    call.uploads[name] = Upload(value.filename or name, await value.read(), mime)
                else:
                    call.values[name] = value
    return call


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise bad("can't parse request JSON object") if value is not None else bad("can't parse JSON object")
    return value

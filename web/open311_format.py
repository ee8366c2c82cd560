"""Open311's two spellings of one answer: XML as GeoReport v2 has it, JSON by its “Spark” convention."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi.responses import Response

Format = Literal["xml", "json"]
Row: TypeAlias = Mapping[str, Any]
TYPES = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
ITEMS = {  # what a list's elements are called
    "services": "service", "service_requests": "request", "service_request_updates": "request_update",
    "errors": "error", "attributes": "attribute", "values": "value", "endpoints": "endpoint", "formats": "format",
}  # fmt: skip


def answer(form: Format, root: str, content: Sequence[Row] | Row, status: int = 200) -> Response:
    body = _json(content) if form == "json" else _xml(root, content)
    return Response(body, status, {"cache-control": "no-store"}, TYPES[form])


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _xml(root: str, content: Any) -> bytes:
    element = Element(root)
    _fill(element, root, content)
    spelled: bytes = tostring(element, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + spelled


def _fill(element: Element, name: str, content: Any) -> None:
    if isinstance(content, Mapping):
        for key, value in content.items():
            _fill(SubElement(element, key), key, value)
    elif isinstance(content, Sequence) and not isinstance(content, str):
        for one in content:
            _fill(SubElement(element, ITEMS[name]), ITEMS[name], one)
    elif content is not None:
        element.text = str(content).lower() if isinstance(content, bool) else str(content)

"""What the Bot API refuses, in Telegram's wording."""

from typing import Any

NAMES = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests"}


class Refused(Exception):
    """A call that ends with `ok: false`; the code is the HTTP status as well."""

    def __init__(self, code: int, text: str = "", **parameters: Any) -> None:
        self.code = code
        self.description = ": ".join(part for part in (NAMES.get(code, ""), text) if part)
        self.parameters = parameters
        super().__init__(self.description)

    def answer(self) -> dict[str, Any]:
        said: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return said | ({"parameters": self.parameters} if self.parameters else {})


def bad(text: str, **parameters: Any) -> Refused:
    return Refused(400, text, **parameters)


def forbidden(text: str) -> Refused:
    return Refused(403, text)


def too_many(seconds: int) -> Refused:
    return Refused(429, f"retry after {seconds}", retry_after=seconds)

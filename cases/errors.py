"""Refusals somebody is told about. Each carries a text key; anything else raised here is a bug."""

from typing import Any


class Refusal(Exception):
    """An expected “no”: `key` names the text in the reader's language, `args` fill it."""

    http_status = 422

    def __init__(self, key: str, **args: Any) -> None:
        super().__init__(key)
        self.key, self.values = key, args


class NotFound(Refusal):
    """It is not there, or is not yours: nobody learns which."""

    http_status = 404


class NotAllowed(Refusal):
    """Your role or your part in the case does not let you do this."""

    http_status = 403


class Stale(Refusal):
    """The case moved on meanwhile; `case` is as it stands now."""

    http_status = 409


class Missing(Refusal):
    """The step needs something that was not given."""


class TooOften(Refusal):
    """A limit that protects the people at the other end."""

    http_status = 429

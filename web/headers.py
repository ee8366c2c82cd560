"""Headers of every answer, whoever gives it: pages, doors, refusals, and the one where we failed."""

from collections.abc import Mapping

HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "geolocation=(self), camera=(self), microphone=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
ONLY_HTTPS: Mapping[str, str] = {"strict-transport-security": "max-age=31536000"}
"""Of this host alone: what else a town runs under its domain is not ours to decide about."""


def for_answers(secure: bool) -> Mapping[str, str]:
    return {**HEADERS, **ONLY_HTTPS} if secure else HEADERS

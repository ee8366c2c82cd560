"""Codes of an authenticator app (验证器): RFC 6238 over RFC 4226, SHA-1, six digits, half a minute each.

SHA-1 because every app there is knows it; what matters is the key, 160 random bits.
"""

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote

KEY_BYTES = 20
DIGITS = 6
STEP_SECONDS = 30
DRIFT = 1  # a telephone's clock may be half a minute off, either way


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def step_of(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def code(key: bytes, step: int, digits: int = DIGITS) -> str:
    """RFC 4226, 5.3: four bytes from where the last half byte points to, without the sign."""
    mac = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    at = mac[-1] & 15
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def matching(key: bytes, given: str, now: datetime, after: int) -> int | None:
    """The step whose code this is, later than `after`: what was shown once, and what is older, opens nothing again."""
    here, said = step_of(now), given.encode()
    found = None
    for step in range(here - DRIFT, here + DRIFT + 1):
        if hmac.compare_digest(code(key, step).encode(), said) and step > after:
            found = step
    return found


def written(key: bytes) -> str:
    """As a person types it where no camera is: base32, in groups of four."""
    plain = base64.b32encode(key).decode().rstrip("=")
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def address(key: bytes, name: str, issuer: str) -> str:
    """What the QR code holds: `otpauth://totp/...`, as all apps read it."""
    label = quote(f"{issuer}:{name}", safe="")
    return f"otpauth://totp/{label}?secret={base64.b32encode(key).decode().rstrip('=')}&issuer={quote(issuer, safe='')}"

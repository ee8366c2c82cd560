"""Where a code on a wall (码上议) becomes a place: signed, so that nobody prints one of their own."""

import base64
import hmac
from hashlib import sha256

BYTES = 10  # 80 bits: sixteen letters of base32 exactly, so no two spellings of one signature


def sign(place: str, key: bytes) -> str:
    """`B0103` → `B0103-XXXXXXXXXXXXXXXX`: letters and digits, fit for a link and a QR code's short mode."""
    place = place.upper()
    if not key or not place or not all(c.isascii() and (c.isalnum() or c in "-_") for c in place):
        raise ValueError(f"a code needs a key and a place of letters and digits, not {place!r}")
    seal = hmac.digest(key, b"place:" + place.encode(), sha256)[:BYTES]
    return f"{place}-{base64.b32encode(seal).decode()}"


def read(code: str, key: bytes) -> str | None:
    """The place's code in capitals, or None for anything we did not sign. Small letters are as good as capitals."""
    if not code.isascii() or len(code) > 64:
        return None
    place = code.rpartition("-")[0]
    try:
        right = sign(place, key)
    except ValueError:
        return None
    return place.upper() if hmac.compare_digest(right.encode(), code.upper().encode()) else None

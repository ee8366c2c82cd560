"""Whose model it is: the process that trains signs the manifest, the program that serves checks it before all else.

Ed25519. The manifest holds the sha256 of the arrays, so a signature over the manifest covers both.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

BYTES = 32
"""Of a key, private or public."""

TEXT = re.compile(r"[A-Za-z0-9_-]{43}")
"""A key as people keep it: base64url without its padding."""


@dataclass(frozen=True)
class PublicKey:
    """Tells what its other half has signed. `name` is what a manifest calls it."""

    text: str

    def __post_init__(self) -> None:
        _bytes(self.text)

    @property
    def name(self) -> str:
        return hashlib.sha256(_bytes(self.text)).hexdigest()[:16]

    def signed(self, data: bytes, signature: str) -> bool:
        """Whether `signature` (base64) is ours over exactly these bytes; whatever is no signature is none of ours."""
        try:
            Ed25519PublicKey.from_public_bytes(_bytes(self.text)).verify(base64.b64decode(signature), data)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """The half that stays with the installation. It is no part of any repr: logs may show what holds it."""

    text: str = field(repr=False)

    def __post_init__(self) -> None:
        _bytes(self.text)

    @classmethod
    def made(cls) -> "SigningKey":
        return cls(secrets.token_urlsafe(BYTES))

    @property
    def public(self) -> PublicKey:
        return PublicKey(base64.urlsafe_b64encode(self._key.public_key().public_bytes_raw()).decode().rstrip("="))

    def sign(self, data: bytes) -> str:
        return base64.b64encode(self._key.sign(data)).decode()

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(_bytes(self.text))


def _bytes(text: str) -> bytes:
    """ValueError for anything that is no key."""
    if not TEXT.fullmatch(text):
        raise ValueError("a key is 32 bytes in base64url: 43 of A-Z a-z 0-9 _ -")
    return base64.urlsafe_b64decode(text + "=")

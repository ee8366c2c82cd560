"""Master keys: they wrap the keys of residents and open nothing else. The newest wraps, all that are kept unwrap."""

import base64
import hashlib
import secrets
from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class CannotOpen(ValueError):
    """Sealed with a key that is not here, damaged, or put where it does not belong."""


def seal(key: bytes, plain: bytes, about: str) -> bytes:
    """AES-256-GCM; opens only with the same `about`, so a value moved to another row or field is refused."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, about.encode())


def unseal(key: bytes, sealed: bytes, about: str) -> bytes:
    """Raises CannotOpen."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.encode())
    except (InvalidTag, ValueError) as error:
        raise CannotOpen("sealed with another key, moved, or damaged") from error


class Ring:
    """The first key is the one in use."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"master keys have {KEY_BYTES} bytes each, and there is at least one")
        self._keys = {name(key): key for key in keys}
        self.current = name(keys[0])

    @property
    def names(self) -> Sequence[str]:
        """The one in use first."""
        return list(self._keys)

    def wrap(self, key: bytes, about: str) -> tuple[bytes, str]:
        """The wrapped key, and by which master key."""
        return seal(self._keys[self.current], key, f"{self.current} {about}"), self.current

    def unwrap(self, wrapped: bytes, by: str, about: str) -> bytes:
        """Raises CannotOpen."""
        if by not in self._keys:
            raise CannotOpen(f"there is no master key {by}")
        return unseal(self._keys[by], wrapped, f"{by} {about}")


Masters = Callable[[], Ring]
"""Asked each time: another program may have put a new key first meanwhile."""


def name(key: bytes) -> str:
    """What a master key is called in rows and lists; says nothing about it."""
    return hashlib.sha256(b"master key " + key).hexdigest()[:12]


def new_key() -> str:
    return _text(secrets.token_bytes(KEY_BYTES))


def read_key(text: str) -> bytes:
    """Raises ValueError for anything but 32 bytes in base64url."""
    key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(key) != KEY_BYTES or _text(key) != text:
        raise ValueError("32 bytes in base64url: 43 of A-Z, a-z, 0-9, _ and -")
    return key


def _text(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()

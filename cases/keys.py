"""What must not be readable: lookup codes are hashed, what is handed on is sealed; contacts: cases/sealed.py."""

import hashlib
import hmac
import re
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cases.master_keys import Masters, Ring

CODE_DIGITS = 16
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
_NONCE = 12


class Keys:
    """Derives one key per purpose from the program's secret (at least 32 characters)."""

    def __init__(self, secret: str, masters: Masters | None = None) -> None:
        """`masters`: of residents' own keys (cases/sealed.py); not given, one is derived from the secret."""
        if len(secret) < 32:
            raise ValueError("the secret key must have at least 32 characters")
        self._secret = secret.encode()
        derived = Ring([self._derive("master")])
        self.masters: Masters = masters or (lambda: derived)
        self._seal = AESGCM(self._derive("contact"))

    def _derive(self, purpose: str) -> bytes:
        return hmac.digest(self._secret, purpose.encode(), "sha256")

    @property
    def places(self) -> bytes:
        """Signs the codes on buildings."""
        return self._derive("places")

    @property
    def cookies(self) -> str:
        return self._derive("cookies").hex()

    @property
    def hook(self) -> str:
        """What a messenger has to show at our door, where none was chosen."""
        return self._derive("hook").hex()

    def code_hash(self, code: str) -> str:
        return hmac.new(self._derive("lookup"), digits_of(code).encode(), hashlib.sha256).hexdigest()

    def slip_hash(self, code: str) -> str:
        """Of a household's 投票码."""
        return hmac.new(self._derive("slips"), digits_of(code).encode(), hashlib.sha256).hexdigest()

    def recovery_hash(self, code: str) -> str:
        """Of what opens without an authenticator app, however its letters are written."""
        plain = re.sub(r"[\s\-]", "", code).lower()
        return hmac.new(self._derive("recovery"), plain.encode(), hashlib.sha256).hexdigest()

    def score_mark(self, what: str) -> str:
        """Tells two scores of one resident apart from those of two, and names nobody."""
        return hmac.new(self._derive("scores"), what.encode(), hashlib.sha256).hexdigest()

    def try_mark(self, what: str) -> bytes:
        """Of who tried what: tells one from another, and names nobody."""
        return hmac.digest(self._derive("tries"), what.encode(), "sha256")

    def contact_hash(self, phone: str) -> str:
        """The same for one number however it was written: found by it without opening any."""
        plain = re.sub(r"^(\+86|0086)", "", re.sub(r"[^\d+]", "", phone))
        return hmac.new(self._derive("contact index"), plain.encode(), hashlib.sha256).hexdigest()

    def seal(self, text: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._seal.encrypt(nonce, text.encode(), None)

    def open(self, sealed: bytes) -> str:
        """Raises ValueError when the bytes were sealed with another secret or damaged."""
        try:
            return self._seal.decrypt(sealed[:_NONCE], sealed[_NONCE:], None).decode()
        except InvalidTag as e:
            raise ValueError("sealed with another key, or damaged") from e


def new_code() -> str:
    """A lookup code: 16 random digits, shown once in groups of four."""
    return "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))


def new_password() -> str:
    """Three groups of four, to be read off a screen and typed once."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def grouped(code: str) -> str:
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


def digits_of(text: str) -> str:
    return re.sub(r"[\s\-]", "", text)

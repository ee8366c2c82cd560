"""What may differ from one place to another: read once, from the environment and `.env`. No default secrets."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRET_BYTES = 32


class Settings(BaseSettings):
    """Each is explained in .env.example. Parts get the values they need, never this object."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: SecretStr | None = None  # None: our own server in data_dir; it may hold a password
    data_dir: Path = Path("var")
    town_dir: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str | None = None
    trusted_proxies: str = "127.0.0.1"  # whose X-Forwarded-For is believed: addresses or networks, by commas
    secret_key: SecretStr | None = Field(default=None, min_length=32)
    personal_key: SecretStr | None = None  # wraps residents' own keys; None: made once and kept in data_dir
    personal_keys_old: SecretStr | None = None  # those before it, with commas between them, until none needs them
    model_key: SecretStr | None = None  # None: made once and kept with the models
    seed_password: SecretStr | None = Field(default=None, min_length=8)
    telegram_resident_token: SecretStr | None = None  # without its token a bot is not started, its library not imported
    telegram_staff_token: SecretStr | None = None
    telegram_api_base: str = "https://api.telegram.org"
    telegram_mode: Literal["polling", "webhook"] = "polling"
    telegram_messages_per_second: float = Field(default=29, gt=0)  # Telegram allows a bot thirty
    telegram_webhook_secret: SecretStr | None = None  # None: derived from secret_key
    staff_totp: Literal["required", "offered"] | None = None  # None: required where people come by https
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="before")
    @classmethod
    def _from_files(cls, given: dict[str, Any]) -> dict[str, Any]:
        """A secret may lie in a file of its own instead, as containers and systemd hand them in: `SECRET_KEY_FILE`."""
        for name in secret_names():
            path = os.environ.get(f"{name.upper()}_FILE")
            if path and given.get(name):
                raise ValueError(f"either {name.upper()} or {name.upper()}_FILE")
            if path:
                given = {**given, name: _read(Path(path), name)}
        return given

    @field_validator("data_dir", "town_dir")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, level: str) -> str:
        return level.upper()

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _as_telegram_allows(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", secret.get_secret_value()):
            raise ValueError("16 to 256 of A-Z, a-z, 0-9, _ and -")
        return secret

    @field_validator("model_key")
    @classmethod
    def _a_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not re.fullmatch(r"[A-Za-z0-9_-]{43}", key.get_secret_value()):
            raise ValueError("32 bytes in base64url: 43 of A-Z, a-z, 0-9, _ and -")
        return key

    @field_validator("telegram_resident_token", "telegram_staff_token")
    @classmethod
    def _a_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not re.fullmatch(r"\d+:[A-Za-z0-9_-]{3,}", token.get_secret_value()):
            raise ValueError("a token as BotFather gives it: 123456789:AAE…")
        return token

    @model_validator(mode="after")
    def _reachable(self) -> "Settings":
        """Telegram has to find us, and each bot has to be one of its own."""
        tokens = [t.get_secret_value() for t in (self.telegram_resident_token, self.telegram_staff_token) if t]
        if len(set(tokens)) < len(tokens):
            raise ValueError("the residents' bot and the staff's bot need a token each")
        if tokens and self.telegram_mode == "webhook" and not self.public_url:
            raise ValueError("TELEGRAM_MODE=webhook needs PUBLIC_URL, which Telegram can reach")
        return self

    @property
    def site_url(self) -> str:
        """Where people reach the site, for links and QR codes; without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def factor_required(self) -> bool:
        """Whether somebody of rank needs a second factor. A site reached without https is one to try things with."""
        if self.staff_totp is None:
            return self.site_url.startswith("https:")
        return self.staff_totp == "required"

    @property
    def model_dir(self) -> Path:
        """The model in use."""
        return self.data_dir / "models" / "current"

    @property
    def photos_dir(self) -> Path:
        return self.data_dir / "photos"

    def secret(self) -> str:
        """The key all others are derived from: from the environment, or made once and kept in the data folder."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        return kept_secret(self.data_dir / "secret.key")


def secret_names() -> list[str]:
    """The settings that hold a secret, by their type: each may come from a file."""
    return [name for name, field in Settings.model_fields.items() if SecretStr in get_args(field.annotation)]


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{name.upper()}_FILE cannot be read: {type(error).__name__}") from None


def kept_secret(path: Path) -> str:
    """Read the secret, or make one. Two programs that start together agree: the name is taken by one link."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(SECRET_BYTES), encoding="ascii")
        with suppress(FileExistsError):  # somebody else was faster: theirs it is
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="ascii").strip()

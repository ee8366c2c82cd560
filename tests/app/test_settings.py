"""Settings: from the environment, frozen, without default secrets; the made-up secret is kept and private."""

import os
import re
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from app.settings import Settings, kept_secret, secret_names
from tests.support.databases import ROOT


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_anything() -> None:
    settings = Settings()
    assert (settings.host, settings.port, settings.site_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert settings.data_dir == Path.cwd() / "var"
    assert (settings.database_url, settings.secret_key, settings.seed_password) == (None, None, None)


def test_from_the_environment_and_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PORT=9000\nPUBLIC_URL=https://a.example/\nSECRET_KEY=\n", encoding="utf-8")
    monkeypatch.setenv("LOG_LEVEL", "debug")
    settings = Settings()
    assert (settings.port, settings.site_url, settings.log_level) == (9000, "https://a.example", "DEBUG")
    assert settings.secret_key is None, "empty is unset"


@pytest.mark.parametrize(
    ("name", "value"), [("SECRET_KEY", "short"), ("SEED_PASSWORD", "short"), ("PORT", "99999"), ("LOG_LEVEL", "loud")]
)
def test_wrong_values_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()


def test_frozen_and_silent_about_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "k" * 32)
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hidden@h/d")
    settings = Settings()
    assert "kkkk" not in repr(settings)
    assert "hidden" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    made = kept_secret(tmp_path / "var" / "secret.key")
    assert len(made) >= 32
    assert kept_secret(tmp_path / "var" / "secret.key") == made
    assert stat.S_IMODE(os.stat(tmp_path / "var" / "secret.key").st_mode) == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret.key"]


def test_a_secret_of_ones_own_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "k" * 32)
    assert Settings().secret() == "k" * 32
    assert not (Path.cwd() / "var").exists()


def test_the_example_names_every_setting() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE)) == {name.upper() for name in Settings.model_fields}


SECRETS = {
    "database_url": "postgresql://a:hidden-word@b/c",
    "telegram_resident_token": "1:hidden-word",
    "telegram_staff_token": "2:hidden-word",
    "model_key": "hidden-word".ljust(43, "a"),
    "personal_key": "hidden-word".ljust(43, "b"),
}


def hidden(name: str) -> str:
    return SECRETS.get(name, "hidden-word, of more than thirty-two characters".replace(" ", "-").replace(",", ""))


def test_nothing_that_shows_settings_shows_a_secret() -> None:
    settings = Settings.model_construct(**{name: SecretStr(hidden(name)) for name in secret_names()})
    assert len(secret_names()) >= 6
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "hidden-word" not in shown


@pytest.mark.parametrize("name", secret_names())
def test_a_wrong_secret_is_not_quoted(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("TELEGRAM_MODE", "hidden-word")  # wrong, so that all of it is refused
    monkeypatch.setenv(name.upper(), "hidden-word!")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "hidden-word" not in str(refused.value) + repr(refused.value)


@pytest.mark.parametrize("name", secret_names())
def test_a_secret_from_a_file(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    variable, file = f"{name.upper()}_FILE", Path("secret")
    monkeypatch.setenv(variable, str(file.absolute()))
    with pytest.raises(ValidationError, match=f"{variable} cannot be read"):
        Settings()
    file.write_text(hidden(name) + "\n", encoding="utf-8")
    assert getattr(Settings(), name).get_secret_value() == hidden(name)
    monkeypatch.setenv(name.upper(), hidden(name))
    with pytest.raises(ValidationError, match=f"either {name.upper()} or {variable}"):
        Settings()

"""The key that signs models: made once, kept for us alone, or given; and what a server without it still can."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from app.errors import CannotGoOn
from app.model_key import at_hand, signing, trusted
from app.settings import Settings
from classifiers import SigningKey


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("MODEL_KEY", raising=False)
    return Settings(data_dir=tmp_path / "data")


def kept(settings: Settings) -> Path:
    return settings.data_dir / "models" / "signing.key"


def test_it_is_made_once_readable_by_us_only_with_its_public_half_beside_it(settings: Settings) -> None:
    key = signing(settings)
    assert signing(settings) == key
    assert kept(settings).stat().st_mode & 0o777 == 0o600
    assert kept(settings).with_suffix(".pub").read_text("ascii").strip() == key.public.text
    assert trusted(settings) == key.public


def test_the_environment_comes_first(settings: Settings) -> None:
    given = SigningKey.made()
    told = settings.model_copy(update={"model_key": SecretStr(given.text)})
    assert (signing(told), trusted(told)) == (given, given.public)
    assert not kept(settings).exists()


def test_who_serves_needs_the_public_half_only(settings: Settings) -> None:
    key = signing(settings)
    kept(settings).unlink()
    assert trusted(settings) == key.public
    assert not kept(settings).exists()


def test_nothing_is_made_where_there_is_no_installation(settings: Settings) -> None:
    assert at_hand(settings) is None
    assert not settings.data_dir.exists()
    key = signing(settings)
    assert at_hand(settings) == key


def test_a_spoilt_key_is_told_and_never_replaced(settings: Settings) -> None:
    signing(settings)
    kept(settings).write_text("spoilt")
    with pytest.raises(CannotGoOn, match=r"signing\.key"):
        signing(settings)
    assert at_hand(settings) is None
    assert kept(settings).read_text() == "spoilt"


def test_a_given_key_that_is_none_is_told_at_once() -> None:
    with pytest.raises(ValidationError, match="base64url"):
        Settings(model_key=SecretStr("too short"))

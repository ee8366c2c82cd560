"""The installation's own key for models: from the environment, or made once and kept beside them, readable by us only.

Beside it lies its public half. A program that serves needs no more than that, and may run as somebody who cannot read
the other.
"""

from contextlib import suppress
from pathlib import Path

from app.errors import CannotGoOn
from app.settings import Settings, kept_secret
from classifiers import PublicKey, SigningKey

PRIVATE, PUBLIC = "signing.key", "signing.pub"


def signing(settings: Settings) -> SigningKey:
    """The key that trainings here sign with; made when there is none. CannotGoOn when it cannot be read or is none."""
    if settings.model_key is not None:
        return SigningKey(settings.model_key.get_secret_value())
    path = folder(settings) / PRIVATE
    try:
        key = SigningKey(kept_secret(path))
    except OSError as error:
        raise CannotGoOn(f"{path}: the key that signs models cannot be read or made ({error.strerror})") from error
    except ValueError as error:
        raise CannotGoOn(f"{path}: {error}") from error
    _show(path.with_name(PUBLIC), key.public)
    return key


def trusted(settings: Settings) -> PublicKey:
    """The key whose models are served here."""
    public = folder(settings) / PUBLIC
    private = folder(settings) / PRIVATE
    if settings.model_key is None and public.exists() and not _readable(private):
        try:
            return PublicKey(public.read_text("ascii").strip())
        except (OSError, ValueError) as error:
            raise CannotGoOn(f"{public}: {error}") from error
    return signing(settings).public


def at_hand(settings: Settings) -> SigningKey | None:
    """For a model trained into any folder: the key if this place is an installation, else none, and nothing is made."""
    if settings.model_key is None and not settings.data_dir.is_dir():
        return None
    with suppress(CannotGoOn):
        return signing(settings)
    return None


def folder(settings: Settings) -> Path:
    """With the models, so that whoever keeps or moves them keeps what makes them ours."""
    return settings.model_dir.parent


def _readable(path: Path) -> bool:
    try:
        path.open("rb").close()
    except OSError:
        return False
    return True


def _show(path: Path, key: PublicKey) -> None:
    """A folder that cannot be written keeps none: whoever reads the private half needs it not."""
    with suppress(OSError):
        if not path.exists() or path.read_text("ascii").strip() != key.text:
            path.write_text(key.text + "\n", "ascii")

"""Before the doors open: the town loaded when it is new or changed, first passwords, the first-day model."""

import hashlib
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from app.database import Sessions
from app.errors import CannotGoOn
from cases.keys import new_password
from classifiers import outdated
from town import read_town
from town.load import AnotherCity, alone
from town.seeding import FilesAndConsole, load, plan, seeded_from


class FirstPassword:
    """One password for everybody the files name, hashed once: eighty hashes of half a second would be a long wait."""

    def __init__(self, chosen: str | None) -> None:
        self._chosen = chosen
        self._hash = ""
        self.given: str | None = None  # the one made up here, once somebody got it

    def hash_for(self, _code: str) -> str:
        if not self._hash:
            from pwdlib import PasswordHash

            if self._chosen is None:
                self.given = new_password()
            self._hash = PasswordHash.recommended().hash(self._chosen or self.given or "")
        return self._hash


async def load_if_changed(
    sessions: Sessions, folder: Path, password: FirstPassword, *, files_win: bool = False
) -> bool:
    """Load what changed in the town's files since they were loaded last; what the console changed stays.

    Raises SeedRefused with all problems, CannotGoOn where both changed the same. `files_win`: the town becomes what
    the files say, whatever the console changed.
    """
    mark = fingerprint(folder)
    async with sessions.begin() as session:
        await alone(session)
        if await seeded_from(session) == mark and not files_win:
            return False
        try:
            planned = await plan(session, read_town(folder), files_win=files_win)
            await load(session, planned, mark, password.hash_for, datetime.now(UTC))
        except AnotherCity as error:
            raise CannotGoOn(str(error)) from None
        except FilesAndConsole as error:
            raise CannotGoOn(f"{error}\n{BOTH}") from None
        return True


BOTH = (
    "changed in the files and in the console since they were loaded last; nothing was loaded. Take the console over "
    "into the files with `python -m app export DIR`, or let the files win with `python -m app seed --force`"
)


def fingerprint(folder: Path) -> str:
    """Of all files of the town, their names and contents; a folder that is not there has one too."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def start_training(model: Path) -> subprocess.Popen[bytes] | None:
    """Train the first-day model in a process of its own, unless there is one this program reads or may not replace.

    It shows its progress itself.
    """
    if (model / "manifest.json").exists() and not outdated(model):
        return None
    model.parent.mkdir(parents=True, exist_ok=True)
    call = [sys.executable, "-m", "app", "train", "--first-day", "--out", str(model)]
    return subprocess.Popen(call, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

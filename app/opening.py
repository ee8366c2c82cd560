"""Before the doors open: the town loaded when it is new or changed, first passwords, the first-day model."""

import hashlib
import secrets
import subprocess
import sys
from pathlib import Path

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Sessions
from app.seed import load_town, read_town
from classifiers import outdated

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
ONE_AT_A_TIME = 0x736F77  # advisory lock: two programs that start together load the town once
SEEDED = "seeded from "  # remembered as the comment on the table of areas, with the rows it speaks of


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
                self.given = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))
            self._hash = PasswordHash.recommended().hash(self._chosen or self.given or "")
        return self._hash


async def load_if_changed(sessions: Sessions, folder: Path, password: FirstPassword) -> bool:
    """Load the town's files unless the database came from these very files. Raises SeedRefused with all problems."""
    found = SEEDED + fingerprint(folder)
    async with sessions.begin() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
        if await _seeded_from(session) == found:
            return False
        await load_town(session, read_town(folder), password.hash_for)
        await session.execute(text(f"COMMENT ON TABLE areas IS '{found}'"))
        return True


async def _seeded_from(session: AsyncSession) -> str | None:
    comment: str | None = await session.scalar(text("SELECT obj_description('areas'::regclass)"))
    return comment


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

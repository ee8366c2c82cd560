"""Loading the town: once, again when its files change, with one password hashed once."""

import shutil
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from sqlmodel import col, func, select

from app.database import Sessions
from app.opening import FirstPassword, load_if_changed
from app.town import SeedRefused
from models import Area, Person
from tests.support.databases import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "data", tmp_path / "data"))


async def test_once_and_again_when_a_file_changes(sessions: Sessions, folder: Path) -> None:
    assert await load_if_changed(sessions, folder, FirstPassword(None))
    assert not await load_if_changed(sessions, folder, FirstPassword(None))
    areas = folder / "areas.csv"
    areas.write_text(areas.read_text(encoding="utf-8").replace("澄溪市", "新名市"), encoding="utf-8")
    again = FirstPassword(None)
    assert await load_if_changed(sessions, folder, again)
    assert again.given is None, "everybody has a password already"
    async with sessions() as session:
        assert (await session.exec(select(Area.name).where(col(Area.level) == 0))).one() == "新名市"


async def test_one_password_for_all_hashed_once(sessions: Sessions, folder: Path) -> None:
    password = FirstPassword(None)
    await load_if_changed(sessions, folder, password)
    async with sessions() as session:
        hashes = set((await session.exec(select(Person.password_hash).where(col(Person.active)))).all())
    (only,) = hashes
    assert only is not None
    assert password.given is not None
    assert PasswordHash.recommended().verify(password.given, only)


async def test_a_chosen_password_is_not_repeated(sessions: Sessions, folder: Path) -> None:
    password = FirstPassword("chosen-by-us")
    await load_if_changed(sessions, folder, password)
    assert password.given is None


async def test_broken_files_change_nothing(sessions: Sessions, folder: Path) -> None:
    (folder / "people.csv").write_text("code,name\n", encoding="utf-8")
    with pytest.raises(SeedRefused):
        await load_if_changed(sessions, folder, FirstPassword(None))
    async with sessions() as session:
        assert (await session.exec(select(func.count(col(Area.code))))).one() == 0

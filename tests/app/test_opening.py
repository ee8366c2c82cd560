"""Loading the town: once, again when its files change, with one password hashed once."""

import shutil
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from sqlmodel import col, func, select, update

from app.database import Sessions
from app.errors import CannotGoOn
from app.opening import FirstPassword, load_if_changed
from models import Area, AuditEntry, Person, Place
from tests.support.databases import ROOT
from town import SeedRefused, read_town
from town.export import write
from town.load import town_in
from town.seeding import plan
from town.sheets import sheets_of


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


async def test_what_the_console_changed_stays_when_other_rows_of_the_files_change(
    sessions: Sessions, folder: Path
) -> None:
    await load_if_changed(sessions, folder, FirstPassword("chosen-by-us"))
    await edit(sessions, "B0103", name="丹桂苑三栋")
    assert not await load_if_changed(sessions, folder, FirstPassword(None)), "the same files change nothing"
    rewrite(folder / "places.csv", "丹桂苑 4 栋", "丹桂苑四栋")
    rewrite(folder / "places.csv", "B0103,丹桂苑 3 栋,", "B0103,丹桂苑 3 栋,三号楼;")  # another cell of the same row
    assert await load_if_changed(sessions, folder, FirstPassword(None))
    async with sessions() as session:
        mine, theirs = await session.get(Place, "B0103"), await session.get(Place, "B0104")
        logged = (await session.exec(select(AuditEntry).where(AuditEntry.person == "cli"))).all()
    assert mine and theirs
    assert (mine.name, mine.aliases[0], theirs.name) == ("丹桂苑三栋", "三号楼", "丹桂苑四栋")
    assert sorted((line.action, line.kind, line.subject) for line in logged) == [
        ("change", "places", "B0103"),
        ("change", "places", "B0104"),
    ]


async def test_what_both_changed_is_refused_until_somebody_decides(sessions: Sessions, folder: Path) -> None:
    await load_if_changed(sessions, folder, FirstPassword("chosen-by-us"))
    await edit(sessions, "B0103", name="丹桂苑三栋")
    rewrite(folder / "places.csv", "丹桂苑 3 栋", "丹桂苑3号楼")
    with pytest.raises(CannotGoOn, match=r"places\.csv B0103 name: files '丹桂苑3号楼', console '丹桂苑三栋'"):
        await load_if_changed(sessions, folder, FirstPassword(None))
    assert await load_if_changed(sessions, folder, FirstPassword(None), files_win=True)
    async with sessions() as session:
        place = await session.get(Place, "B0103")
    assert place and place.name == "丹桂苑3号楼"


async def test_a_town_written_as_files_is_the_same_town(sessions: Sessions, folder: Path, tmp_path: Path) -> None:
    await load_if_changed(sessions, folder, FirstPassword("chosen-by-us"))
    async with sessions() as session:
        there = await town_in(session)
        assert there
        write(sheets_of(there), tmp_path / "again")
        planned = await plan(session, read_town(tmp_path / "again"), files_win=True)
    assert planned.changes == []
    assert sheets_of(read_town(tmp_path / "again")) == sheets_of(read_town(folder))


async def edit(sessions: Sessions, code: str, **cells: str) -> None:
    async with sessions.begin() as session:
        await session.execute(update(Place).where(col(Place.code) == code).values(**cells))


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")

"""What `up` shows when the doors are open: three addresses, who may sign in, and a new password, once."""

from collections.abc import Sequence

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from sqlmodel import col, select

from app.build import Parts
from models import Person, Place, Role
from routing.codes import sign

RESIDENT, BUILDING, STAFF, FACTOR = "/", "/p/{code}", "/staff", "/console/security"
SHOWN = (Role.WORKER, Role.CLERK, Role.LEADER, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR)


async def accounts(parts: Parts) -> Sequence[Person]:
    """One of each role who may sign in; of the grid workers the one who looks after the building shown."""
    able = select(Person).where(col(Person.active), col(Person.password_hash).is_not(None)).order_by(Person.code)
    async with parts.sessions() as session:
        people = (await session.exec(able)).all()
    first = {person.role: person for person in reversed(people)}
    if place := home(parts):
        first |= {p.role: p for p in people if p.role is Role.WORKER and p.area == place.grid}
    return [first[role] for role in SHOWN if role in first]


def building(parts: Parts) -> tuple[str, str] | None:
    """A building's name and its signed page, as its poster has it."""
    place = home(parts)
    return (place.name, BUILDING.format(code=sign(place.code, parts.keys.places))) if place else None


def home(parts: Parts) -> Place | None:
    """The first building of the files where people live, to try things with."""
    lived_in = [place for place in parts.senses.book.places.values() if place.households and place.kind == "building"]
    return min(lived_in, key=lambda place: place.code, default=None)


def show(parts: Parts, people: Sequence[Person], password: str | None, console: Console | None = None) -> None:
    """No name of a person: sign-in names and roles only."""
    site, table = parts.settings.site_url, Table.grid(padding=(0, 2))
    table.add_row("residents", site + RESIDENT)
    if found := building(parts):
        table.add_row(found[0], site + found[1])
    table.add_row("staff", site + STAFF)
    table.add_row("sign in as", " · ".join(f"{person.code} ({person.role})" for person in people))
    if password:
        table.add_row("password", f"[bold]{password}[/bold]  shown only this once; all of them share it")
    if not parts.settings.factor_required:
        table.add_row("second factor", f"offered at {site}{FACTOR}; STAFF_TOTP=required asks those of rank for it")
    if parts.model is None:
        table.add_row("model", "none usable: a person sorts every complaint")
    shown = console or Console(soft_wrap=True)
    shown.print(Panel(table, title=f"枫桥 Fengqiao · {parts.town}", expand=False))
    shown.print(f"ready: {site}{RESIDENT}  (Ctrl-C stops)")

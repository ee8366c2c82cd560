"""Who acts: a resident, somebody on the staff, or the system itself."""

from dataclasses import dataclass

from models import Person, Role


@dataclass(frozen=True)
class Actor:
    code: str
    role: Role
    name: str = ""


SYSTEM = Actor("system", Role.SYSTEM)
RESIDENT = Actor("resident", Role.RESIDENT)


def staff(person: Person) -> Actor:
    return Actor(person.code, person.role, person.name)

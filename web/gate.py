"""The one check at every door: its rule of web/roles.py, looked up by the route and held against who is there.

A dependency of the whole application, so it runs before the door's own code, wherever a router is included. What a
resident's cookie, a partner's key and a messenger's secret open is checked where they are read; that each such door
does read it is made sure here, before the program starts.
"""

from collections.abc import Callable, Iterator
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.responses import RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from cases.errors import NotAllowed
from web import auth, chat, hooks, open311_door
from web.auth import SignedIn, SignedOut
from web.guard import SAFE
from web.parts import PartsHere
from web.roles import RULES_OF, Opens, Rule

READS: dict[Opens, Callable[..., object]] = {
    Opens.CHAT: chat.id_of,
    Opens.STAFF: auth.signed_in,
    Opens.PARTNER: open311_door.partner_of,
    Opens.MESSENGER: hooks.messenger,
}


FACTOR = "/console/security"


class NoRule(Exception):
    """A door that web/roles.py does not know, or that does not ask for what its rule says."""


class NotYourPage(HTTPException):
    """Said as a page where one was asked for. FastAPI lets no other kind of error through the middleware."""

    def __init__(self, me: SignedIn) -> None:
        super().__init__(403)
        self.me = me


class SignInFirst(HTTPException):
    """Sent to the door, which leads back here."""

    def __init__(self, back: str) -> None:
        super().__init__(303)
        self.back = back


class FactorFirst(HTTPException):
    """Sent to where somebody of rank sets up the second factor they need."""

    def __init__(self) -> None:
        super().__init__(303)


async def gate(request: Request, parts: PartsHere) -> None:
    rule = RULES_OF[name(request.method, request.scope["route"].path)]
    if rule.opens is not Opens.STAFF:
        return
    me = await auth.whoever(request, parts)
    if me is None:
        raise SignInFirst(_here(request)) if rule.page else SignedOut("sign_in.needed")
    if me.person.role not in rule.who:
        raise NotYourPage(me) if rule.page else NotAllowed("console.not_yours")
    if not me.proven and not rule.unproven:
        raise FactorFirst if rule.page else NotAllowed("sign_in.second_required")
    if request.method not in SAFE:
        auth.with_its_token(request, me)
    request.state.me = me


def mount(app: FastAPI) -> None:
    @app.exception_handler(SignInFirst)
    async def sign_in(request: Request, error: SignInFirst) -> Response:
        if request.headers.get("x-part"):  # a script asks, which cannot be led anywhere
            return Response(status_code=401)
        return RedirectResponse(f"/staff?next={quote(error.back, safe='/')}", 303)

    @app.exception_handler(FactorFirst)
    async def factor(request: Request, error: FactorFirst) -> Response:
        return RedirectResponse(FACTOR, 303)


def check(app: FastAPI) -> None:
    """Raises NoRule, with every fault in it: the program does not start with a door nobody thought about."""
    found = dict(doors(list(app.routes)))
    unruled = [door for door in found if door not in RULES_OF]
    faults = [f"{door}: no rule; say in web/roles.py (RULES_OF) who may come in" for door in unruled]
    faults += [f"{door}: a rule, and no such door" for door in RULES_OF if door not in found]
    for door, route in found.items():
        if isinstance(route, APIRoute) and door in RULES_OF:
            faults += [f"{door}: {fault}" for fault in _unlike(RULES_OF[door], route)]
        elif door in RULES_OF and RULES_OF[door].opens is not Opens.ALWAYS:
            faults.append(f"{door}: no route of FastAPI's, so nothing checks its rule")
    if faults:
        raise NoRule("\n".join(faults))


def doors(routes: list[BaseRoute]) -> Iterator[tuple[str, BaseRoute]]:
    """Every method and path there is, by the name it has in RULES_OF."""
    for route in routes:
        inner = getattr(getattr(route, "original_router", None), "routes", None)
        if inner is not None:
            yield from doors(list(inner))
        else:
            for method in sorted(getattr(route, "methods", None) or {"GET"}):
                if method != "HEAD":
                    yield name(method, getattr(route, "path", "")), route


def name(method: str, path: str) -> str:
    return f"{method} {path}"


def _unlike(rule: Rule, route: APIRoute) -> Iterator[str]:
    """A resident's door reads the resident's cookie and no other; one for everybody reads none."""
    asked = set(_asked(route.dependant))
    for opens, reader in READS.items():
        if opens is rule.opens and opens is not Opens.STAFF and reader not in asked:
            yield f"its rule says {rule.opens}, and it asks for none"
        if opens is not rule.opens and reader in asked:
            yield f"it asks for {opens}, and its rule says {rule.opens}"


def _asked(dependant: Dependant) -> Iterator[Callable[..., object]]:
    for one in dependant.dependencies:
        if one.call is not None:
            yield one.call
        yield from _asked(one)


def _here(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")

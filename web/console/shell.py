"""What all pages of the console share: who may open one, the menu around it, refusals as a page."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BeforeValidator
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.exceptions import HTTPException

from bot.texts import say
from bot.wording import when
from cases import audit
from cases.book import Book
from cases.errors import NotAllowed
from models import Person, Role
from web import pages
from web.auth import MaybeSignedIn, SignedIn, SignedInHere
from web.console import menu
from web.console.menu import Page
from web.guard import SAFE
from web.parts import Parts, PartsHere


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


@dataclass(frozen=True)
class Console:
    """Somebody at one page of the console: what its door is given, and how it answers."""

    request: Request
    parts: Parts
    me: SignedIn
    page: Page
    locale: str
    now: datetime

    @property
    def person(self) -> Person:
        return self.me.person

    @property
    def book(self) -> Book:
        return self.parts.senses.book

    def say(self, key: str, **args: object) -> str:
        return say(key, self.locale, **args)

    def may(self, *roles: Role) -> None:
        """For a step that fewer may take than may look. Raises NotAllowed."""
        if self.person.role not in roles:
            raise NotAllowed("console.not_yours")

    def note(self, session: AsyncSession, action: str, kind: str, subject: str, **more: Any) -> None:
        """Writes to the log of changes, see cases/audit.py."""
        audit.note(session, self.person.code, action, kind, subject, self.now, **more)

    def show(self, template: str, status: int = 200, **more: Any) -> Response:
        """`console/<template>.html` in the reader's language, inside the menu."""
        return _page(self.request, self.parts, self.me, template, self.locale, status, page=self.page, **more)


def _blank(value: object) -> object:
    return None if value == "" else value


NOT_BLANK = BeforeValidator(_blank)
"""A field left empty in a form is one that was not given: `day: Annotated[date | None, NOT_BLANK] = None`."""


def at(name: str) -> Any:
    """`here: Annotated[Console, at("cases")]`: only for whom the page is; the page for GET, JSON for all else."""
    page = menu.BY_NAME[name]

    async def door(request: Request, parts: PartsHere, me: MaybeSignedIn) -> Console:
        if me is None:
            raise SignInFirst(_here(request))
        if me.person.role not in page.who:
            raise NotYourPage(me) if request.method in SAFE else NotAllowed("console.not_yours")
        return Console(request, parts, me, page, pages.locale_of(request), parts.now())

    return Depends(door)


def mount(app: FastAPI) -> None:
    @app.exception_handler(SignInFirst)
    async def sign_in(request: Request, error: SignInFirst) -> Response:
        if request.method not in SAFE or request.headers.get("x-part"):
            return Response(status_code=401)
        return RedirectResponse(f"/staff?next={quote(error.back, safe='/')}", 303)

    @app.exception_handler(NotYourPage)
    async def not_yours(request: Request, error: NotYourPage) -> Response:
        parts: Parts = request.app.state.parts
        return _page(request, parts, error.me, "not_yours", pages.locale_of(request), 403)

    @app.get("/console", response_model=None, include_in_schema=False)
    async def first(request: Request, me: SignedInHere, parts: PartsHere) -> Response:
        """To the first page somebody has; whoever has none works at the staff page."""
        own = menu.open_to(me.person.role)
        return RedirectResponse(own[0].path if own else "/staff", 303)


def _here(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _page(
    request: Request, parts: Parts, me: SignedIn, template: str, locale: str, status: int, **more: Any
) -> Response:
    context = {"me": me.person, "csrf": me.csrf, "menu": menu.groups(me.person.role), "book": parts.senses.book}
    now = parts.now()
    more = {"page": None, "now": now, "when": partial(when, locale=locale, now=now), **context, **more}
    answer = pages.page(request, f"console/{template}.html", parts, locale=locale, **more)
    answer.status_code = status
    return answer

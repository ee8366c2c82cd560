"""What all pages of the console share: who may open one, the menu around it, refusals as a page."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BeforeValidator
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.texts import say
from bot.wording import when
from cases import audit
from cases.book import Book
from cases.errors import NotAllowed
from models import Person, Role
from web import pages
from web.auth import SignedIn, SignedInHere
from web.console import menu
from web.console.menu import Page
from web.gate import NotYourPage
from web.languages import locale_of
from web.parts import Parts, PartsHere


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
        """For what a door's parameters ask that fewer may: the door itself is in web/roles.py. Raises NotAllowed."""
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
    """`here: Annotated[Console, at("cases")]`: whoever the gate let in, at this page of the menu."""
    page = menu.BY_NAME[name]

    async def door(request: Request, parts: PartsHere, me: SignedInHere) -> Console:
        return Console(request, parts, me, page, locale_of(request), parts.now())

    return Depends(door)


def mount(app: FastAPI) -> None:
    @app.exception_handler(NotYourPage)
    async def not_yours(request: Request, error: NotYourPage) -> Response:
        parts: Parts = request.app.state.parts
        return _page(request, parts, error.me, "not_yours", locale_of(request), 403)

    @app.get("/console", response_model=None, include_in_schema=False)
    async def first(request: Request, me: SignedInHere, parts: PartsHere) -> Response:
        """To the first page somebody has; whoever has none works at the staff page."""
        own = menu.open_to(me.person.role)
        return RedirectResponse(own[0].path if own else "/staff", 303)


def _page(
    request: Request, parts: Parts, me: SignedIn, template: str, locale: str, status: int, **more: Any
) -> Response:
    context = {"me": me.person, "csrf": me.csrf, "menu": menu.groups(me.person.role), "book": parts.senses.book}
    now = parts.now()
    more = {"page": None, "now": now, "when": partial(when, locale=locale, now=now), **context, **more}
    answer = pages.page(request, f"console/{template}.html", parts, locale=locale, **more)
    answer.status_code = status
    return answer

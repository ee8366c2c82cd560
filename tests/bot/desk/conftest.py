"""Telephones of the staff: `await bound("limin")` is one with a chat bound to that person."""

from collections.abc import Awaitable, Callable, Iterator

import pytest

from tests.bot.desk.phones import PHONES, Phone, Post, phone
from tests.support.site import Site

Bound = Callable[..., Awaitable[Phone]]


@pytest.fixture
def post(site: Site) -> Iterator[Post]:
    yield Post(site)
    PHONES.clear()


@pytest.fixture
def bound(post: Post) -> Bound:
    async def bind(person: str, chat: str = "") -> Phone:
        return await phone(post, chat or f"chat-{person}").bind(person)

    return bind

"""aiogram without its start: it builds all its 444 types when imported, and a bot of ours uses some thirty.

Built at first use they cost 1.7 s of processor time and 40 MB instead of 6 s and 130 MB, a message heard and one sent
included. Nothing else changes: pydantic builds a type that is not built yet by the same `model_rebuild`, and finds the
names it refers to where aiogram would have given them. Import aiogram from here, and nowhere before.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel

_build: Callable[..., bool | None] = BaseModel.__dict__["model_rebuild"].__func__
_names = dict[str, Any]()


@contextmanager
def _put_off() -> Iterator[None]:
    """aiogram's types are not built meanwhile; what they may refer to is kept."""

    def rebuild(cls: type[BaseModel], /, *, _types_namespace: Mapping[str, Any] | None = None, **how: Any) -> Any:
        if cls.__module__.startswith("aiogram."):
            _names.update(_types_namespace or {})
            return None
        how["_parent_namespace_depth"] = how.get("_parent_namespace_depth", 2) + 1  # this frame is between
        return _build(cls, _types_namespace=_types_namespace, **how)

    setattr(BaseModel, "model_rebuild", classmethod(rebuild))  # noqa: B010
    try:
        yield
    finally:
        setattr(BaseModel, "model_rebuild", classmethod(_build))  # noqa: B010


def _build_later(*bases: type[BaseModel]) -> None:
    def rebuild(cls: type[BaseModel], /, *, _types_namespace: Mapping[str, Any] | None = None, **how: Any) -> Any:
        return _build(cls, _types_namespace=_types_namespace or _names, **how)

    for base in bases:
        setattr(base, "model_rebuild", classmethod(rebuild))  # noqa: B010


if "aiogram" not in sys.modules:
    with _put_off():
        import aiogram.methods
    _build_later(aiogram.types.TelegramObject, aiogram.methods.TelegramMethod, aiogram.methods.Response)

from aiogram import Bot, exceptions, methods, types  # noqa: E402
from aiogram.client.session.aiohttp import AiohttpSession  # noqa: E402
from aiogram.client.telegram import TelegramAPIServer  # noqa: E402

__all__ = ["AiohttpSession", "Bot", "TelegramAPIServer", "exceptions", "methods", "types"]

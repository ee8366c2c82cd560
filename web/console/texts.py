"""Every text of the catalogues, three languages side by side; a town may word each its own way and take that back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import Response
from sqlmodel import col, select

from bot import rewording
from bot.texts import DEFAULT, LOCALES, by_subject, original
from cases.errors import NotFound
from models import AuditEntry, TextOverride
from web.console.shell import Console, at

PER_PAGE = 40
HISTORY = 50
KIND = "texts"

router = APIRouter()
Here = Annotated[Console, at("texts")]
Key = Annotated[str, Query(max_length=120)]

EXAMPLES = {  # by hole: in Simplified, in Traditional, in English
    "number": ("1121-0042", "1121-0042", "1121-0042"),
    "name": ("丹桂苑 3 栋", "丹桂苑 3 棟", "Dangui Garden 3"),
    "place": ("丹桂苑 3 栋", "丹桂苑 3 棟", "Dangui Garden 3"),
    "category": ("餐饮油烟", "餐飲油煙", "Cooking fumes"),
    "unit": ("城市管理局", "城市管理局", "City Management Bureau"),
    "called": ("临河派出所", "臨河派出所", "Linhe Police Station"),
    "assignee": ("网格员李敏", "網格員李敏", "grid worker Li Min"),
    "who": ("李敏", "李敏", "Li Min"),
    "due": ("明天 18:00", "明天 18:00", "tomorrow 18:00"),
    "until": ("11 月 26 日", "11 月 26 日", "26 Nov"),
    "text": ("店招牌叫什么？", "店招牌叫什麼？", "What does the shop sign say?"),
    "code": ("4821 7730 9164 0258",) * 3,
    "phone": ("138****1234",) * 3,
    "count": ("3",) * 3,
    "days": ("2",) * 3,
    "n": ("3",) * 3,
}
UNKNOWN = ("……", "……", "…")


@dataclass(frozen=True)
class Shown:
    """One text as it is said in one language. `own`: worded by this town."""

    locale: str
    text: str
    own: TextOverride | None = None
    usable: bool = True  # else the original is said: it changed since


@router.get("/console/texts", response_model=None)
async def texts_page(
    here: Here,
    q: Annotated[str, Query(max_length=200)] = "",
    subject: Annotated[str, Query(max_length=60)] = "",
    own: bool = False,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    async with here.parts.transactions.read() as session:
        rows = (await session.exec(select(TextOverride))).all()
    kept = {(row.locale, row.key): row for row in rows}
    keys = [key for key in _keys(subject) if not own or any((locale, key) in kept for locale in LOCALES)]
    found = [key for key in keys if _has(key, q, kept)]
    some = found[(page - 1) * PER_PAGE : page * PER_PAGE]
    return here.show(
        "texts", rows={key: _shown(key, kept) for key in some}, total=len(found), locales=LOCALES, names=_names(here),
        pages=max(1, -(-len(found) // PER_PAGE)), asked={"q": q, "subject": subject, "own": own, "page": page},
        sizes={name: len(texts) for name, texts in by_subject(DEFAULT).items()},
    )  # fmt: skip


@router.get("/console/texts/one", response_model=None)
async def one_text(here: Here, key: Key) -> Response:
    _known(key)
    subjects = [f"{locale} {key}" for locale in LOCALES]
    of_it = select(AuditEntry).where(AuditEntry.kind == KIND, col(AuditEntry.subject).in_(subjects))
    async with here.parts.transactions.read() as session:
        rows = (await session.exec(select(TextOverride).where(TextOverride.key == key))).all()
        history = (await session.exec(of_it.order_by(col(AuditEntry.id).desc()).limit(HISTORY))).all()
    names = {name for name, _, _ in rewording.holes(original(DEFAULT)[key])}
    return here.show(
        "text", key=key, shown=_shown(key, {(row.locale, row.key): row for row in rows}), history=history,
        original={locale: original(locale)[key] for locale in LOCALES}, subject=_names(here)[_subject(key)],
        longest={locale: rewording.longest(locale, key) for locale in LOCALES},
        holes=sorted(names), examples=_examples(names),
    )  # fmt: skip


@router.post("/console/texts/one")
async def word(here: Here, body: Annotated[dict[str, Any], Body()]) -> dict[str, str]:
    """What says the original again is no wording of one's own."""
    locale, key = str(body.get("locale", "")), str(body.get("key", ""))
    text = rewording.check(locale, key, str(body.get("text", "")))
    return await _keep(here, locale, key, None if text == original(locale)[key] else text)


@router.post("/console/texts/reset")
async def reset(here: Here, body: Annotated[dict[str, Any], Body()]) -> dict[str, str]:
    locale, key = str(body.get("locale", "")), str(body.get("key", ""))
    _known(key, locale)
    return await _keep(here, locale, key, None)


async def _keep(here: Console, locale: str, key: str, text: str | None) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        row = await session.get(TextOverride, (locale, key), with_for_update=True)
        before = row.text if row else original(locale)[key]
        if text is None and row:
            await session.delete(row)
        elif text is not None:
            await session.merge(TextOverride(locale=locale, key=key, text=text, by=here.person.code, at=here.now))
        after = original(locale)[key] if text is None else text
        if before != after:
            action = "reset" if text is None else "change"
            here.note(session, action, KIND, f"{locale} {key}", before={"text": before}, after={"text": after})
    await here.parts.reread()
    return {"to": f"/console/texts/one?key={key}"}


def _examples(names: Collection[str]) -> Mapping[str, Mapping[str, str]]:
    """What stands in the holes, by language."""
    rows = {name: dict(zip(LOCALES, EXAMPLES.get(name, UNKNOWN), strict=True)) for name in sorted(names)}
    return {locale: {name: row[locale] for name, row in rows.items()} for locale in LOCALES}


def _known(key: str, locale: str = DEFAULT) -> None:
    if locale not in LOCALES or key not in original(locale):
        raise NotFound("request.not_found")


def _keys(subject: str) -> Sequence[str]:
    subjects = by_subject(DEFAULT)
    return list(subjects.get(subject, ()) if subject else original(DEFAULT))


def _names(here: Console) -> Mapping[str, str]:
    """What the texts of each file are for."""
    return {name: here.say(f"console.texts.of.{name}") for name in by_subject(DEFAULT)}


def _subject(key: str) -> str:
    return next(name for name, texts in by_subject(DEFAULT).items() if key in texts)


def _shown(key: str, kept: Mapping[tuple[str, str], TextOverride]) -> list[Shown]:
    shown = []
    for locale in LOCALES:
        own = kept.get((locale, key))
        usable = own is None or rewording.usable(locale, key, own.text)
        shown.append(Shown(locale, own.text if own else original(locale)[key], own, usable))
    return shown


def _has(key: str, q: str, kept: Mapping[tuple[str, str], TextOverride]) -> bool:
    """All the words, in the key or in any language."""
    if not q:
        return True
    said = " ".join([key, *(one.text for one in _shown(key, kept)), *(original(locale)[key] for locale in LOCALES)])
    return all(word in said.lower() for word in q.lower().split())

"""A case as a card: what it is, how long there is, where, what was said, who has it — and who it is from, never."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.desk.due import OVER, due_for
from bot.messages import Button
from bot.texts import say
from bot.wording import Wording
from cases import access, accused
from cases.book import Book
from cases.masking import mask
from models import Case, CoTask, Person, Status

EXCERPT = 400  # a card is one message, whatever was told
SEPARATOR = " · "


@dataclass(frozen=True)
class Reader:
    """Who reads, in which language, and when."""

    book: Book
    wording: Wording
    locale: str
    now: datetime

    def word(self, key: str, **args: Any) -> str:
        return self.wording.word(key, args, self.locale, self.now)


def title(reader: Reader, case: Case, person: Person) -> str:
    """【新任务】1121-0042 · 餐饮油烟 · 剩 1 小时 58 分签收"""
    new = "task.card.new" if case.status is Status.DISPATCHED else f"status_name.{case.status}"
    state = say("task.card.called" if due_for(person, case)[1].startswith("co_") else new, reader.locale)
    head = reader.word("task.card.title", state=state, number=case.number, category=case.item or case.category or "")
    return SEPARATOR.join(filter(None, [head, left(reader, case, person)]))


def text(reader: Reader, case: Case, photos: int, called: Sequence[CoTask] = ()) -> str:
    """The lines under the title."""
    lines = [
        say("task.card.danger", reader.locale) if case.danger and case.status not in OVER else "",
        say("task.card.ringing", reader.locale) if case.ringing else "",
        SEPARATOR.join(filter(None, [where(reader, case), *_meant(reader, case), *_counts(reader, case, photos)])),
        reader.word("task.card.told", text=excerpt(case.text)),
        _standing(reader, case),
        *_pending(reader, case),
        *_ordered(reader, case),
        *(_co_task(reader, task) for task in called),
    ]
    return "\n".join(filter(None, lines))


def buttons(reader: Reader, case: Case, person: Person, photos: int) -> Sequence[Button]:
    """Every step this person may take on it now, then what one may look at."""
    steps = access.steps_for(reader.book, person, case, reader.now)
    payload = {"number": case.number, "version": case.version}
    offered = [Button("step", f"step_name.{s.name}", payload={**payload, "step": s.name}) for s in steps]
    if point(reader.book, case):
        offered.append(Button("where", "task.button.where", payload=payload))
    if photos:
        offered.append(Button("photos", "task.button.photos", {"count": photos}, payload))
    return offered


def gone(reader: Reader, case: Case) -> str:
    """All that is said of a case which is no longer theirs to see; of one about our own not even who has it."""
    told = case.assignee and not accused.about(case)
    return reader.word("task.card.gone_to" if told else "task.card.gone", assignee=case.assignee or "")


def left(reader: Reader, case: Case, person: Person) -> str:
    """剩 1 小时 58 分签收; 超时 20 分钟，未签收"""
    by, what = due_for(person, case)
    if by is None:
        return say(f"due.{what}", reader.locale) if what else ""
    late = by < reader.now
    for_ = say(f"due.{what}", reader.locale)
    return reader.word("task.late" if late else "task.left", span=span(abs(by - reader.now), reader.locale), what=for_)


def span(length: timedelta, locale: str) -> str:
    """Two units at most: 3 天 4 小时, 1 小时 58 分, 20 分钟."""
    minutes = int(length / timedelta(minutes=1))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return say("task.span.days_hours" if hours else "task.span.days", locale, days=days, hours=hours)
    if hours:
        return say("task.span.hours_minutes" if rest else "task.span.hours", locale, hours=hours, minutes=rest)
    return say("task.span.minutes", locale, minutes=max(rest, 1))


def excerpt(said: str) -> str:
    """What may be shown of it."""
    shown = mask(said)
    return shown if len(shown) <= EXCERPT else f"{shown[:EXCERPT]}…"


def where(reader: Reader, case: Case) -> str:
    known = reader.book.place_name(case.place) or mask(case.place_text) or reader.book.area_name(case.grid)
    return known or say("word.no_place", reader.locale)


def point(book: Book, case: Case) -> tuple[float, float] | None:
    """Longitude and latitude: the resident's own pin, or the place they named."""
    if case.lon is not None and case.lat is not None:
        return case.lon, case.lat
    place = book.places.get(case.place or "")
    return (place.lon, place.lat) if place else None


def _meant(reader: Reader, case: Case) -> Sequence[str]:
    """What the resident wants, and that it cannot wait; danger has said so already."""
    kind, urgent = case.facts.get("kind"), case.facts.get("urgent") and not case.danger
    return [
        say(f"kind.{kind}", reader.locale) if kind else "",
        say("task.card.urgent", reader.locale) if urgent else "",
    ]


def _counts(reader: Reader, case: Case, photos: int) -> Sequence[str]:
    counted = (
        ("photos", photos, 1),
        ("joined", case.joined, 1),
        ("urges", case.urges, 1),
        ("rounds", case.round, 2),
        ("returns", case.returns, 1),
    )
    return [reader.word(f"task.card.{name}", count=n) for name, n, least in counted if n >= least]


def _standing(reader: Reader, case: Case) -> str:
    """Who has it, and until when."""
    args = {"assignee": case.assignee or "", "unit": case.unit or ""}
    match case.status:
        case Status.DISPATCHED:
            return reader.word("task.card.waits_for" if case.assignee else "task.card.waits_in", **args)
        case Status.ACCEPTED | Status.WAITING | Status.REPLIED if case.signed_at:
            return reader.word("task.card.has", **args, at=case.signed_at.isoformat())
    return ""


def _co_task(reader: Reader, task: CoTask) -> str:
    """协办 城管局（待报到，今天 11:30 前）：查摊位许可; what came of it stands under it."""
    asked = {"unit": task.unit, "text": excerpt(task.asked), "state": say(f"co_status.{task.status}", reader.locale)}
    if task.status in access.PENDING:
        return reader.word("task.card.co_task", **asked, due=task.due_at.isoformat())
    line = reader.word("task.card.co_task_ended", **asked)
    return f"{line}\n　{excerpt(task.answer)}" if task.answer else line


def _pending(reader: Reader, case: Case) -> Sequence[str]:
    lines = []
    if case.status not in OVER and case.due_at:
        lines.append(reader.word("task.card.due", due=case.due_at.isoformat()))
    if case.extension:
        days, why = case.extension["days"], excerpt(case.extension["text"])
        lines.append(reader.word("task.card.extension", days=days, text=why))
    if case.exclusion and case.exclusion["state"] in ("proposed", "appealed"):
        asked = case.exclusion
        lines.append(reader.word("task.card.exclusion", ground=asked["ground"], text=excerpt(asked["text"])))
        if asked["state"] == "appealed":
            lines.append(reader.word("task.card.appeal", text=excerpt(asked["appeal"])))
    if case.relay and case.status not in OVER:
        lines.append(reader.word("task.card.relay", assignee=case.relay))
    if case.decision and case.status not in OVER:
        lines.append(reader.word("task.card.decision", unit=case.unit or "", text=excerpt(case.decision)))
    if case.result and case.status in (OVER | {Status.REPLIED}):
        lines.append(reader.word("task.card.result", outcome=str(case.outcome or ""), text=excerpt(case.result)))
    return lines


def _ordered(reader: Reader, case: Case) -> Sequence[str]:
    """督办单 that is open, and what the unit answered."""
    order = case.ordered
    if not order:
        return []
    asked = reader.word("task.card.order", order=order["number"], due=order["due"], text=excerpt(order["text"]))
    answer = order.get("answer")
    return [asked, reader.word("task.card.order_answer", text=excerpt(answer))] if answer else [asked]

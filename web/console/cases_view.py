"""The list of cases in words: one line for each, and what the form may choose from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.desk.card import span
from bot.desk.due import OVER, due_for
from bot.wording import when
from cases import access, listing
from cases.masking import mask
from cases.search import GROUPS, TOGETHER
from classifiers.kinds import KINDS
from models import OPEN, STEPS, Case, Status
from web.console.cases_asked import READY
from web.console.shell import Console
from web.desk import Desk

EXCERPT = 56
AT_ONCE = ("assign", "merge")  # steps that several cases may take together


@dataclass(frozen=True)
class Row:
    number: str
    version: int
    what: str
    text: str
    where: str
    status: str
    unit: str
    person: str
    left: str  # 剩 2 天, 超期 3 小时, or how it ended
    next: str  # what is due before that
    late: bool
    alarm: str  # the danger in a word
    marks: Sequence[str]
    steps: str  # of AT_ONCE, those this person may take on it now


def rows(here: Console, cases: Sequence[Case]) -> list[Row]:
    desk = Desk(here.parts, here.person, here.locale, here.now)
    return [_row(here, desk, case) for case in cases]


def _row(here: Console, desk: Desk, case: Case) -> Row:
    text = mask(" ".join(case.text.split()))
    left, late = _left(here, case)
    may = [step for step in AT_ONCE if access.may_take(here.book, here.person, case, step, here.now)]
    return Row(
        number=case.number,
        version=case.version,
        what=desk.category(case.item) or desk.category(case.category) or here.say("word.unsorted"),
        text=text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…",
        where=desk.where(case),
        status=here.say(f"status_name.{case.status}"),
        unit=desk.unit(case.unit) or here.say("word.dispatch_desk"),
        person=here.book.people.get(case.assignee or "", ""),
        left=left,
        next=_next(here, case),
        late=late,
        alarm=_alarm(here, case),
        marks=_marks(here, case),
        steps=" ".join(may),
    )


def _left(here: Console, case: Case) -> tuple[str, bool]:
    """Until the answer is due, and whether that is over."""
    if case.status in OVER:
        ended = case.resolved_at or case.closed_at
        key = "console.cases.ended_late" if case.overdue else "console.cases.ended"
        return (here.say(key, at=_day(here, ended)) if ended else "—"), False
    if case.status is Status.WAITING:
        return here.say("console.cases.stands_still"), False
    if case.due_at is None:
        return "—", False
    late = case.due_at < here.now
    words = span(abs(case.due_at - here.now), here.locale)
    return here.say("console.cases.over" if late else "console.cases.left", span=words), late


def _next(here: Console, case: Case) -> str:
    """What is to be done before the answer: 签收 1 小时内, 联系居民超 20 分钟."""
    by, what = due_for(here.person, case)
    if by is None or by == case.due_at or case.status in OVER:
        return ""
    key = "console.cases.next_over" if by < here.now else "console.cases.next"
    return here.say(key, what=here.say(f"due.{what}"), span=span(abs(by - here.now), here.locale))


def _alarm(here: Console, case: Case) -> str:
    if case.status not in OPEN or not case.danger:
        return ""
    return here.say("console.cases.ringing" if case.ringing else "console.cases.danger")


def _marks(here: Console, case: Case) -> list[str]:
    kind = case.facts.get("kind")
    found = {
        here.say("console.cases.mark_ordered"): case.ordered is not None,
        here.say(f"kind.{kind}") if kind else "": kind in ("report", "help"),
        here.say("console.cases.mark_joined", n=case.joined): case.joined > 0,
        here.say("console.cases.mark_urged", n=case.urges): case.urges > 0 and case.status in OPEN,
        here.say("console.cases.mark_round", n=case.round): case.round > 1,
        here.say("console.cases.mark_returned", n=case.returns): case.returns > 0 and case.status in OPEN,
        here.say("console.cases.mark_untold"): case.untold_at is not None,
    }
    return [word for word, holds in found.items() if holds]


def _day(here: Console, moment: datetime) -> str:
    return when(moment, here.locale, here.now)


def counted(here: Console, count: int) -> str:
    return here.say("console.cases.many", n=f"{listing.COUNTED:,}") if count > listing.COUNTED else f"{count:,}"


def choices(here: Console) -> Mapping[str, Any]:
    """Of the form: units, categories with their items, statuses in the order of a case's life."""
    book, locale = here.book, here.locale
    fields = sorted((one for one in book.categories.values() if one.parent is None), key=lambda one: one.code)
    return {
        "units": [(unit.code, book.unit_name(unit.code, locale)) for unit in book.units.values()],
        "fields": [
            (one.code, book.category_name(one.code, locale), [
                (item.code, book.category_name(item.code, locale)) for item in book.items.get(one.code, ())
            ])
            for one in fields
        ],
        "groups": GROUPS,
        "statuses": list(Status),
        "kinds": KINDS,
        "together": TOGETHER,
        "ready": READY[here.person.role],
        "several": any(here.person.role in STEPS[step].who for step in AT_ONCE),
    }  # fmt: skip

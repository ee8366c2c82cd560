"""What the staff and the residents of the made-up town do with a case that lies before them: one decision at a time.

Pure: a case as it stands, a dice and the book in; who takes which step, and when somebody looks at it next. Whoever is
slow, ignores tasks or passes them on is so all year.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from cases import access, dispatch, feedback
from cases.book import Book
from cases.clock import TOWN_TIME
from cases.levels import next_level
from models import OPEN, STEPS, Case, CoStatus, Outcome, Person, Role, Status

DEEDS = ("answer", "supplement", "urge", "withdraw", "rate", "reopen")  # of residents, by `cases.feedback`
OWN_TRANSACTION = frozenset(
    {"return", "assign", "reject", "raise", "reassign", "merge", "unmerge", "withdraw", "reopen"}
)
"""Steps that look at what other rows say meanwhile: not among many at once."""

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class Memory:
    """What its people know of a case besides its row."""

    right: str
    wrong: bool
    same_as: UUID | None = None
    asked: bool = False
    extended: bool = False
    whistled: bool = False
    raised: bool = False
    merged: bool = False
    leads: bool = False  # others were merged into it
    parted: bool = False
    tries: int = 0
    sent_back: bool = False


@dataclass(frozen=True)
class Deed:
    """A step somebody takes; for residents `who` is None."""

    step: str
    who: Person | None = None
    needs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def alone(self) -> bool:
        return self.step in OWN_TRANSACTION


@dataclass(frozen=True)
class Next:
    """Something somebody will look at: `touch`, a resident's deed, `merge`, `unmerge`, `order` or `co:UNIT`."""

    at: datetime
    what: str


@dataclass(frozen=True)
class Decided:
    deed: Deed | None = None
    then: tuple[Next, ...] = ()


class Workers:
    def __init__(self, book: Book, people: Mapping[str, Person], seed: int) -> None:
        self.book, self.people, self.dice = book, people, Random(seed)
        self._dispatchers = book.of_role(Role.DISPATCHER)
        self._supervisors = book.of_role(Role.SUPERVISOR)

    # When somebody gets to it

    def when(self, case: Case, now: datetime, minutes: float) -> datetime:
        """In working hours, or at once where there is danger; `minutes` is about usual."""
        span = timedelta(minutes=minutes * math.exp(self.dice.gauss(0.0, 0.7)))
        if case.danger or case.clock == "urgent":
            return now + span
        return self.book.calendar.add(now, span)

    def evening(self, now: datetime, days: float) -> datetime:
        """A resident gets to it so many days later, and not at night."""
        at = (now + timedelta(days=days)).astimezone(TOWN_TIME)
        return at if at.hour >= 7 else datetime.combine(at.date(), time(7, self.dice.randrange(60)), TOWN_TIME)

    def _habit(self, code: str | None) -> str:
        luck = Random(code).random()
        return "ignores" if luck < 0.04 else "passes" if luck < 0.07 else "slow" if luck < 0.22 else "prompt"

    def _look_again(self, case: Case, now: datetime) -> Decided:
        return Decided(then=(Next(self.when(case, now, 300), "touch"),))

    # After filing

    def filed(self, case: Case, memory: Memory, now: datetime) -> list[Next]:
        dice, found = self.dice, [Next(self._signs(case, now), "touch")]
        if memory.same_as:
            found.append(Next(self.when(case, now, 90), "merge"))
        luck = dice.random()
        if luck < 0.015:
            found.append(Next(self.evening(now, 0.05 + 2 * dice.random()), "withdraw"))
        elif luck < 0.045:
            found.append(Next(self.evening(now, 0.05 + dice.random()), "supplement"))
        elif luck < 0.12:
            found.append(Next(self.evening(now, 1 + 4 * dice.random()), "urge"))
        return found

    def _signs(self, case: Case, now: datetime) -> datetime:
        if case.danger:
            return now + timedelta(
                minutes=(6 if self.dice.random() < 0.9 else 35) * math.exp(self.dice.gauss(0.0, 0.5))
            )
        habit = self._habit(case.assignee)
        return self.when(case, now, {"prompt": 25, "passes": 30, "slow": 90, "ignores": 1500}[habit])

    # Somebody looks at a case

    def decide(self, case: Case, memory: Memory, what: str, now: datetime) -> Decided:
        if what == "touch":
            return self._touch(case, memory, now)
        if what.startswith("co:"):
            return self._co_task(case, what.removeprefix("co:"), now)
        if what in DEEDS:
            return self._resident(case, what, now)
        return {"merge": self._merge, "unmerge": self._unmerge, "order": self._order}[what](case, memory, now)

    def _touch(self, case: Case, memory: Memory, now: datetime) -> Decided:
        match case.status:
            case Status.TRIAGE | Status.ARBITRATION:
                return self._sorts(case, memory, now)
            case Status.DISPATCHED:
                return self._has_it_new(case, memory, now)
            case Status.ACCEPTED:
                return self._has_it(case, memory, now)
            case Status.WAITING:
                return Decided(then=(Next(self.book.calendar.add(now, 5 * HOUR), "touch"),))
            case Status.REPLIED:
                return self._reviews(case, memory, now)
            case Status.MERGED:
                return Decided(then=(Next(self.evening(now, 3.0), "touch"),))
        return Decided()

    def _sorts(self, case: Case, memory: Memory, now: datetime) -> Decided:
        """The dispatcher knows what it is about."""
        dice, desk = self.dice, self.people[self._dispatchers[self.dice.randrange(len(self._dispatchers))]]
        if case.status is Status.TRIAGE and dice.random() < 0.03 and not case.danger:
            return Decided(
                Deed("reject", desk, {"text": "不属于本市受理范围，已说明应向哪里反映。"}), self._after_end(now)
            )
        unit = self._right_unit(case, memory, now)
        memory.wrong, memory.tries = False, memory.tries + 1
        needs = {"unit": unit, "category": memory.right, "text": "按职责分工，由你单位牵头办理。"}
        if not self._may(desk, case, "assign", now):
            desk = self.people[self._supervisors[0]]
        return Decided(Deed("assign", desk, needs), (Next(self._signs(case, now), "touch"),))

    def _right_unit(self, case: Case, memory: Memory, now: datetime) -> str:
        facts = dispatch.facts_of(self.book, case, now, dispatch.Refused())
        from dataclasses import replace

        right = replace(facts, category=memory.right.partition("/")[0], item=memory.right)
        return self.book.rules.route(right).unit

    def _has_it_new(self, case: Case, memory: Memory, now: datetime) -> Decided:
        if case.assignee is None:
            return self._stand_in(case, now)
        who, dice = self.people[case.assignee], self.dice
        habit = self._habit(who.code)
        if case.ringing and dice.random() < 0.2:
            return self._answers_alarm(case, now)
        if habit == "ignores" and not case.danger and dice.random() < 0.75:
            return self._ignored(case, now)
        if not self._may(who, case, "sign", now):
            return self._stand_in(case, now)
        passes = memory.wrong and dice.random() < 0.7
        if (passes or (habit == "passes" and dice.random() < 0.25)) and self._may(who, case, "return", now):
            reason = "not_my_unit" if memory.wrong else dice.choice(["not_my_grid", "too_little", "other"])
            memory.wrong = False if dice.random() < 0.3 else memory.wrong
            return Decided(
                Deed("return", who, {"reason": reason, "text": "不归我处办理。"}),
                (Next(self.when(case, now, 30), "touch"),),
            )
        return Decided(Deed("sign", who), (Next(self.when(case, now, 60), "touch"),))

    def _answers_alarm(self, case: Case, now: datetime) -> Decided:
        called = [self.people[code] for code in case.called]
        step = "false_alarm" if self.dice.random() < 0.2 else "take_alarm"
        who = next((one for one in called if self._may(one, case, step, now)), None)
        if who is None:
            return Decided(then=(Next(now + 5 * MINUTE, "touch"),))
        return Decided(Deed(step, who, {"text": "已核实，没有危险。"}), (Next(self.when(case, now, 10), "touch"),))

    def _ignored(self, case: Case, now: datetime) -> Decided:
        """Days later it lies there still; at last a leader gives it to somebody else."""
        if case.level >= 2 and case.assignee:
            for code in self.book.leading(self.book.unit_of[case.assignee]):
                leader = self.people[code]
                others = [
                    one
                    for one in self.book.staff[leader.unit]
                    if one.code != case.assignee and one.role in STEPS["sign"].who
                ]
                others = [one for one in others if one.code not in case.facts.get("accused", ())]
                if others and code != case.assignee and self._may(leader, case, "reassign", now):
                    to = self.dice.choice(others).code
                    needs = {"assignee": to, "text": "请尽快签收办理。"}
                    return Decided(Deed("reassign", leader, needs), (Next(self.when(case, now, 40), "touch"),))
        return Decided(then=(Next(self.when(case, now, 700), "touch"),))

    def _stand_in(self, case: Case, now: datetime) -> Decided:
        """Whoever has it may not: a colleague, or a leader looks for one."""
        for one in self.book.staff.get(case.unit or "", ()):
            if self._may(self.people[one.code], case, "sign", now):
                return Decided(Deed("sign", self.people[one.code]), (Next(self.when(case, now, 60), "touch"),))
        return self._ignored(case, now)

    def _has_it(self, case: Case, memory: Memory, now: datetime) -> Decided:
        who, dice = self.people[case.assignee or ""], self.dice
        habit = self._habit(who.code)
        if case.extension:
            return self._more_time(case, now)
        if habit == "ignores" and not case.danger and dice.random() < 0.7:
            return self._ignored(case, now)
        if case.contacted_at is None and dice.random() < 0.85:
            return self._gets_in_touch(case, memory, who, now)
        if not memory.whistled and dice.random() < 0.02 and self._may(who, case, "whistle", now):
            return self._whistles(case, memory, who, now)
        if not memory.extended and dice.random() < 0.04 and self._may(who, case, "extend", now):
            memory.extended = True
            needs = {"days": 1 + dice.randrange(5), "text": "需要购买配件，请求延期。"}
            return Decided(Deed("extend", who, needs), (Next(self.when(case, now, 120), "touch"),))
        if (
            not memory.raised
            and dice.random() < 0.01
            and self._may(who, case, "raise", now)
            and next_level(self.book, case, who)
        ):
            memory.raised = True
            return Decided(
                Deed("raise", who, {"text": "本级解决不了，请上级协调。"}), (Next(self.when(case, now, 60), "touch"),)
            )
        if access.awaited(case) or not self._may(who, case, "reply", now):
            return self._look_again(case, now)
        return self._replies(case, who, now)

    def _gets_in_touch(self, case: Case, memory: Memory, who: Person, now: datetime) -> Decided:
        dice, works = self.dice, {"prompt": 350, "slow": 1100}.get(self._habit(who.code), 800)
        if case.clock == "complex":
            works *= 3
        if not memory.asked and dice.random() < 0.07:
            memory.asked = True
            then = [Next(now + timedelta(days=3, hours=1), "touch")]
            if dice.random() < 0.75:
                then.append(Next(self.evening(now, 0.05 + 2 * dice.random()), "answer"))
            return Decided(Deed("ask", who, {"text": "请问具体在哪一栋、什么时间？"}), tuple(then))
        step, text = ("relay", "您好，我是办理人，请问方便说说情况吗？") if dice.random() < 0.05 else ("contact", "")
        return Decided(Deed(step, who, {"text": text}), (Next(self.when(case, now, works), "touch"),))

    def _whistles(self, case: Case, memory: Memory, who: Person, now: datetime) -> Decided:
        memory.whistled = True
        city = [
            unit.code for unit in self.book.units.values() if unit.area == self.book.town.code and unit.code != who.unit
        ]
        hidden = set(case.facts.get("accused", ()))
        units = [unit for unit in self.dice.sample(city, 1 + self.dice.randrange(3)) if unit not in hidden]
        if not units:
            return self._look_again(case, now)
        calls = tuple(Next(self.when(case, now, 60), f"co:{unit}") for unit in units)
        needs = {"units": dict.fromkeys(units, ""), "text": "请派人到现场联合处置。"}
        return Decided(Deed("whistle", who, needs), (Next(self.when(case, now, 500), "touch"), *calls))

    def _co_task(self, case: Case, unit: str, now: datetime) -> Decided:
        task = case.co_tasks.get(unit)
        if task is None or task["status"] not in access.PENDING:
            return Decided()
        who, luck, again = (
            self.people[task["assignee"]],
            self.dice.random(),
            Next(self.when(case, now, 240), f"co:{unit}"),
        )
        if case.status not in STEPS["co_sign"].before or luck < 0.15:
            return Decided(then=(again,) if case.status in OPEN else ())
        if luck < 0.18:
            waives = self.people[self._supervisors[0]]
            return Decided(Deed("co_waive", waives, {"unit": unit, "text": "情况已清楚，不再等候。"}))
        step = "co_answer" if task["status"] == CoStatus.SIGNED else "co_decline" if luck < 0.24 else "co_sign"
        if not self._may(who, case, step, now):
            return Decided(then=(again,))
        then = (again,) if step == "co_sign" else ()
        return Decided(Deed(step, who, {"text": "已到现场，按职责处理。"}), then)

    def _more_time(self, case: Case, now: datetime) -> Decided:
        step = "grant_extension" if self.dice.random() < 0.8 else "refuse_extension"
        able = [*self.book.leading(case.unit), *self._supervisors]
        who = next((self.people[one] for one in able if self._may(self.people[one], case, step, now)), None)
        if who is None:
            return self._replies(case, self.people[case.assignee or ""], now)
        return Decided(Deed(step, who, {"text": "请按期办结。"}), (Next(self.when(case, now, 600), "touch"),))

    def _replies(self, case: Case, who: Person, now: datetime) -> Decided:
        if access.awaited(case) or not self._may(who, case, "reply", now):
            return self._look_again(case, now)
        outcome = self.dice.choices([*Outcome], [70, 12, 13, 2, 3])[0]
        needs = {
            "outcome": str(outcome),
            "text": "已到现场处理，情况如照片。",
            "photo": self.book.policies[case.clock or ""].photo,
        }
        if self.book.policies[case.clock or ""].review:
            return Decided(Deed("reply", who, needs), (Next(self.when(case, now, 90), "touch"),))
        return Decided(Deed("reply", who, needs), self._after_end(now))

    def _reviews(self, case: Case, memory: Memory, now: datetime) -> Decided:
        back = not memory.sent_back and self.dice.random() < 0.06
        step = "send_back" if back else "approve"
        above = dispatch.all_above(self.book, case, case.assignee)
        able = [*self.book.leading(case.unit), *above, *(one.code for one in self.book.heads)]
        who = next((self.people[one] for one in able if self._may(self.people[one], case, step, now)), None)
        if who is None:
            return self._look_again(case, now)
        memory.sent_back = memory.sent_back or back
        then = (Next(self.when(case, now, 400), "touch"),) if back else self._after_end(now)
        return Decided(Deed(step, who, {"text": "照片看不清，请补充后再报。"}), then)

    # Residents

    def _after_end(self, now: datetime) -> tuple[Next, ...]:
        luck, days = self.dice.random(), 0.1 + 5 * self.dice.random()
        what = "rate" if luck < 0.5 else "reopen" if luck < 0.55 else ""
        return (Next(self.evening(now, days), what),) if what else ()

    def _resident(self, case: Case, what: str, now: datetime) -> Decided:
        if case.status not in STEPS[what].before:
            return Decided()
        dice = self.dice
        if what == "rate":
            good = case.outcome in (Outcome.SOLVED, Outcome.EXPLAINED)
            solved = dice.choices(["yes", "partly", "no"], [88, 8, 4] if good else [15, 40, 45])[0]
            satisfied = dice.choices(["yes", "so_so", "no"], [85, 11, 4] if solved == "yes" else [20, 40, 40])[0]
            needs = {"contacted": case.contacted_at is not None, "solved": solved, "satisfied": satisfied}
            then = (
                (Next(self.evening(now, 1 + dice.random()), "reopen"),)
                if solved == "no" and dice.random() < 0.3
                else ()
            )
            return Decided(Deed(what, None, needs), then)
        if what == "reopen":
            if case.round > 2 or not feedback.may_reopen(case, now):
                return Decided()
            return Decided(
                Deed(what, None, {"text": "问题没有解决，又出现了。"}), (Next(self.when(case, now, 60), "touch"),)
            )
        if what == "urge" and case.urges:
            return Decided()
        then = (Next(self.when(case, now, 120), "touch"),) if what == "answer" else ()
        return Decided(Deed(what, None, {"text": "补充：就在三栋楼下，晚上最严重。"}), then if what == "answer" else ())

    # Dispatchers and supervisors

    def _merge(self, case: Case, memory: Memory, now: datetime) -> Decided:
        desk = self.people[self._dispatchers[0]]
        if memory.merged or not self._may(desk, case, "merge", now) or case.co_tasks or case.ordered:
            return Decided()
        memory.merged = True
        then = (Next(self.when(case, now, 200), "unmerge"),) if self.dice.random() < 0.08 else ()
        return Decided(Deed("merge", desk, {"master": memory.same_as}), then)

    def _unmerge(self, case: Case, memory: Memory, now: datetime) -> Decided:
        desk = self.people[self._dispatchers[0]]
        if not self._may(desk, case, "unmerge", now):
            return Decided()
        return Decided(Deed("unmerge", desk, {"text": "地点不同，分开办理。"}))

    def _order(self, case: Case, memory: Memory, now: datetime) -> Decided:
        """督办: first given, then answered, then taken."""
        open_ = case.ordered
        if open_ is None:
            who = self.people[self._supervisors[0]]
            if not self._may(who, case, "order", now):
                return Decided()
            needs = {"text": "请说明超期原因，并限期办结。", "days": 1}
            return Decided(
                Deed("order", who, needs),
                (Next(self.book.calendar.add(now, timedelta(hours=2 + 12 * self.dice.random())), "order"),),
            )
        if open_.get("answered_by"):
            who = self.people[open_["by"]]
            return Decided(Deed("close_order", who)) if self._may(who, case, "close_order", now) else Decided()
        able = [self.people[code] for code in dict.fromkeys([*open_["to"], *self.book.leading(open_["unit"])])]
        who_may = next((one for one in able if self._may(one, case, "answer_order", now)), None)
        if who_may is None:
            return Decided()
        then = (Next(self.book.calendar.add(now, 3 * HOUR), "order"),)
        return Decided(Deed("answer_order", who_may, {"text": "已督促责任人，明日前办结。"}), then)

    def _may(self, person: Person, case: Case, step: str, now: datetime) -> bool:
        return any(one.name == step for one in access.steps_for(self.book, person, case, now))

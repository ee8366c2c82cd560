"""A case's life on one page: its statuses, the roles, and STEPS, every move somebody may make.

Buttons and pages are drawn from STEPS, `cases.lifecycle.move` checks against it, tests walk it.
Escalation, urging (催办) and reminders are events and levels, never statuses.
A draft is no status: it lives in the conversation and takes no number, for many are abandoned.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    SUBMITTED = "submitted"  # 待受理
    TRIAGE = "triage"  # 待分拨
    DISPATCHED = "dispatched"  # 待签收
    RETURNED = "returned"  # 退回
    ARBITRATION = "arbitration"  # 裁定
    ACCEPTED = "accepted"  # 办理中
    WAITING = "waiting"  # 待补充
    REPLIED = "replied"  # 待审核
    RESOLVED = "resolved"  # 待回访
    REOPENED = "reopened"  # 重办
    CLOSED = "closed"  # 归档
    REJECTED = "rejected"  # 不予受理
    WITHDRAWN = "withdrawn"  # 已撤回
    MERGED = "merged"  # 并案: follows its master


class Role(StrEnum):
    RESIDENT = "resident"  # 居民
    VOLUNTEER = "volunteer"  # 志愿者(哨兵): reports what they see, sees what they reported
    WORKER = "worker"  # 网格员
    CLERK = "clerk"  # 部门经办
    LEADER = "leader"  # 网格长、部门领导
    DISPATCHER = "dispatcher"  # 分拨员
    SUPERVISOR = "supervisor"  # 督办员
    ADMIN = "admin"  # 管理员
    AUDITOR = "auditor"  # 审计员
    SYSTEM = "system"  # 系统


class Outcome(StrEnum):
    """How it ended, a field of its own: closed is not the same as fixed."""

    SOLVED = "solved"  # 已解决
    PARTLY = "partly"  # 部分解决
    EXPLAINED = "explained"  # 已解释说明
    NOT_OURS = "not_ours"  # 不属受理范围
    INVALID = "invalid"  # 情况不实


class ReturnReason(StrEnum):
    NOT_MY_GRID = "not_my_grid"  # 不在我网格
    NOT_MY_UNIT = "not_my_unit"  # 不归我单位
    DUPLICATE = "duplicate"  # 重复
    TOO_LITTLE = "too_little"  # 信息不够
    OTHER = "other"  # 其他


class ClockAct(StrEnum):
    """What time does to a case by itself."""

    REMIND = "remind"  # 临期提醒
    SIGN_OVERDUE = "sign_overdue"  # 超时未签收
    CONTACT_OVERDUE = "contact_overdue"  # 超时未联系
    OVERDUE = "overdue"  # 超期
    ESCALATE = "escalate"  # 升级
    STOP_WAITING = "stop_waiting"  # 等候补充到时
    CLOSE = "close"  # 到期归档


OPEN = frozenset(
    {
        Status.SUBMITTED,
        Status.TRIAGE,
        Status.DISPATCHED,
        Status.RETURNED,
        Status.ARBITRATION,
        Status.ACCEPTED,
        Status.WAITING,
        Status.REPLIED,
        Status.REOPENED,
    }
)
AT_WORK = frozenset({Status.DISPATCHED, Status.ACCEPTED, Status.WAITING})
UNDECIDED = frozenset({Status.TRIAGE, Status.ARBITRATION})

MAX_RETURNS = 3  # the third return goes to a person (裁定)


@dataclass(frozen=True)
class Step:
    """One move: from any of `before` to `after` (None: stays), by one of `who`, needing `needs`."""

    name: str
    before: frozenset[Status]
    after: Status | None
    who: frozenset[Role]
    needs: frozenset[str] = frozenset()  # of: text, reason, ground, outcome, photo, unit, units, assignee, days, master
    may: frozenset[str] = frozenset()  # what else it takes, of the same and category

    @property
    def by_hand(self) -> bool:
        return self.who != {Role.SYSTEM}


def _step(
    name: str,
    before: Iterable[Status],
    after: Status | None,
    who: Iterable[Role],
    needs: Iterable[str] = (),
    may: Iterable[str] = (),
) -> Step:
    return Step(name, frozenset(before), after, frozenset(who), frozenset(needs), frozenset(may))


_S, _R = Status, Role
_HANDLERS = {_R.WORKER, _R.CLERK, _R.LEADER}
_IN_TOUCH = {_S.ACCEPTED, _S.WAITING, _S.REPLIED}  # while somebody has it in hand
_CALLED = {*_HANDLERS, _R.DISPATCHER, _R.SUPERVISOR}
_DECIDE = {_R.DISPATCHER, _R.SUPERVISOR}
_UNDER_WAY = {_S.ACCEPTED, _S.WAITING}
_TOGETHER = AT_WORK | UNDECIDED  # a called unit goes on while the case looks for its lead
_MAY_FOLLOW = {_S.SUBMITTED, _S.TRIAGE, _S.DISPATCHED, _S.ACCEPTED, _S.WAITING, _S.ARBITRATION}
_MERGED = {_S.MERGED}

STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        # by the system, on arrival and after a return
        _step("hold", {_S.SUBMITTED, _S.RETURNED, _S.REOPENED}, _S.TRIAGE, {_R.SYSTEM}),
        _step("route", {_S.SUBMITTED, _S.RETURNED, _S.REOPENED}, _S.DISPATCHED, {_R.SYSTEM}),
        _step("arbitrate", {_S.RETURNED}, _S.ARBITRATION, {_R.SYSTEM}),
        # danger whose place was said later, while nobody has signed
        _step("relocate", {_S.TRIAGE, _S.DISPATCHED}, _S.DISPATCHED, {_R.SYSTEM}),
        # by the dispatcher; in arbitration by the supervisor too, and then with the reason
        _step("assign", UNDECIDED, _S.DISPATCHED, _DECIDE, {"unit"}, {"assignee", "category", "text"}),
        _step("reject", UNDECIDED, _S.REJECTED, {_R.DISPATCHER}, {"text"}),
        # about our own (C7), where the list of words did not tell: noted by hand, and taken from those it is about
        _step("accuse", OPEN, None, _DECIDE, {"text"}, {"unit", "assignee"}),
        _step("pass_by", {*AT_WORK, _S.REPLIED}, _S.RETURNED, {_R.SYSTEM}),
        # a line among the staff, which no resident ever reads; nothing moves
        _step("note", OPEN, None, {*_HANDLERS, *_DECIDE}, {"text"}),
        # by whoever handles it
        _step("sign", {_S.DISPATCHED}, _S.ACCEPTED, _HANDLERS),
        _step("return", {_S.DISPATCHED, _S.ACCEPTED}, _S.RETURNED, _HANDLERS, {"reason"}, {"text", "photo"}),
        _step("contact", {_S.ACCEPTED}, None, _HANDLERS, (), {"text"}),
        # a line between them that shows neither who the other is; either side closes it
        _step("relay", _IN_TOUCH, None, _HANDLERS, {"text"}, {"photo"}),
        _step("hang_up", _IN_TOUCH, None, {*_HANDLERS, _R.RESIDENT}),
        _step("ask", {_S.ACCEPTED}, _S.WAITING, _HANDLERS, {"text"}),
        _step("reply", {_S.ACCEPTED}, _S.REPLIED, _HANDLERS, {"text", "outcome", "photo"}),
        _step("extend", {_S.ACCEPTED}, None, _HANDLERS, {"days", "text"}),
        # up one level by hand (上报); and units called to it (吹哨报到), each with a clock of its own
        _step("raise", {_S.ACCEPTED}, _S.DISPATCHED, _HANDLERS, {"text"}),
        _step("whistle", {_S.ACCEPTED}, None, {_R.WORKER, _R.LEADER}, {"units", "text"}),
        _step("co_sign", _TOGETHER, None, _HANDLERS),
        _step("co_answer", _TOGETHER, None, _HANDLERS, {"text"}, {"photo"}),
        _step("co_decline", _TOGETHER, None, _HANDLERS, {"text"}),
        _step("co_waive", _TOGETHER, None, {_R.SUPERVISOR}, {"unit", "text"}),
        # by the leader of the lead unit; where the leader handles it, the supervisor decides about more time
        _step("grant_extension", _UNDER_WAY, None, {_R.LEADER, _R.SUPERVISOR}),
        _step("refuse_extension", _UNDER_WAY, None, {_R.LEADER, _R.SUPERVISOR}, {"text"}),
        _step("reassign", {_S.DISPATCHED, _S.ACCEPTED}, _S.DISPATCHED, {_R.LEADER}, {"assignee"}, {"text"}),
        # the leader's review, or the system where the policy asks for none
        _step("approve", {_S.REPLIED}, _S.RESOLVED, {_R.LEADER, _R.SYSTEM}),
        _step("send_back", {_S.REPLIED}, _S.ACCEPTED, {_R.LEADER}, {"text"}),
        # one case for what several told: the others follow it, end as it ends, or take its place when it is withdrawn
        _step("merge", _MAY_FOLLOW, _S.MERGED, {_R.DISPATCHER, _R.LEADER}, {"master"}),
        _step("unmerge", _MERGED, _S.TRIAGE, {_R.DISPATCHER, _R.LEADER}, {"text"}),
        _step("resolve_along", _MERGED, _S.RESOLVED, {_R.SYSTEM}),
        _step("reject_along", _MERGED, _S.REJECTED, {_R.SYSTEM}),
        _step("lead_unsorted", _MERGED, _S.TRIAGE, {_R.SYSTEM}),
        _step("lead_unsigned", _MERGED, _S.DISPATCHED, {_R.SYSTEM}),
        _step("lead_signed", _MERGED, _S.ACCEPTED, {_R.SYSTEM}),
        # about danger: by whoever was called, without taking the case
        _step("take_alarm", OPEN, None, _CALLED),
        _step("false_alarm", OPEN, None, _CALLED, {"text"}),
        # 督办单: must be answered, whatever became of the case meanwhile
        _step("order", OPEN, None, {_R.SUPERVISOR}, {"text"}, {"days", "assignee"}),
        _step("answer_order", Status, None, _HANDLERS, {"text"}),
        _step("close_order", Status, None, {_R.SUPERVISOR}),
        # 剔除: left out of the rates; one proposes, a supervisor decides, whoever had no part judges the appeal
        _step("exclude", {_S.RESOLVED, _S.CLOSED}, None, _HANDLERS, {"ground", "text"}),
        _step("grant_exclusion", Status, None, {_R.SUPERVISOR}, {"text"}),
        _step("refuse_exclusion", Status, None, {_R.SUPERVISOR}, {"text"}),
        _step("appeal", Status, None, {_R.RESIDENT}, {"text"}),
        _step("uphold_appeal", Status, None, {_R.SUPERVISOR, _R.ADMIN}, {"text"}),
        _step("dismiss_appeal", Status, None, {_R.SUPERVISOR, _R.ADMIN}, {"text"}),
        # by the resident
        _step("answer", {_S.WAITING}, _S.ACCEPTED, {_R.RESIDENT}, {"text"}),
        _step("relay_back", _IN_TOUCH, None, {_R.RESIDENT}, {"text"}),
        _step("supplement", OPEN | _MERGED, None, {_R.RESIDENT}),
        _step("urge", OPEN - {_S.WAITING} | _MERGED, None, {_R.RESIDENT}),
        _step("withdraw", OPEN - {_S.REPLIED} | _MERGED, _S.WITHDRAWN, {_R.RESIDENT}),
        _step("rate", {_S.RESOLVED}, _S.CLOSED, {_R.RESIDENT}),
        _step("reopen", {_S.RESOLVED, _S.CLOSED, _S.REJECTED}, _S.REOPENED, {_R.RESIDENT}, {"text"}),
        # by the clock
        _step("stop_waiting", {_S.WAITING}, _S.ACCEPTED, {_R.SYSTEM}),
        _step("close", {_S.RESOLVED}, _S.CLOSED, {_R.SYSTEM}),
    )
}

EXTENSIONS = 1  # granted in a round
EXTEND_DAYS = 15  # at most, of the policy's calendar
RETURN_WITHIN_HOURS = 24  # after signing; later than that a case is not passed on but handled
REOPEN_WITHIN_DAYS = 14
EXCLUDE_WITHIN_DAYS = 14  # after the answer: numbers of long ago stay as they are
APPEAL_WITHIN_DAYS = 15

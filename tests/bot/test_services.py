"""Knowledge before filing: a question is answered, “not solved” goes on with what was said, a complaint never waits."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot import services as wording
from bot.flows import services, talk
from bot.flows.effects import Told
from bot.flows.heard import Heard
from bot.flows.state import Mode, State
from bot.messages import Say
from bot.texts import LOCALES
from cases.guide import Guide
from models import Service
from tests.bot.test_conversation import AROUND, NOW


def service(code: str, title: str, *asked: str, **more: object) -> Service:
    given = {
        "topic": "medical", "unit": "YBJ", "category": "教育", "title_en": code, "place": "医保窗口", "hours": "工作日",
        "takes": "当场", "cost": "免费", "call": "12345", "answer_en": f"How to {code}.",
        "reviewed_on": date(2026, 11, 1),
    }  # fmt: skip
    return Service(
        code=code, title=title, asked=list(asked), steps=["先登记", "再交费"], materials=["户口簿"], **given | more
    )


NEWBORN = service("newborn", "新生儿医保", "新生儿医保怎么办", "刚出生的宝宝怎么上医保")
ID_CARD = service("id-card", "身份证到期换领", "身份证过期了怎么换", "身份证到期换证要多久", topic="papers")
ID_LOST = service("id-lost", "身份证丢失补领", "身份证丢了怎么补办", "身份证补办要几天", topic="papers")
GUIDE = replace(AROUND, guide=Guide({one.code: one for one in (NEWBORN, ID_CARD, ID_LOST)}))
QUESTION = "新生儿医保怎么办"


def hear(state: State, text: str = "", **more: object) -> tuple[State, list[object]]:
    after, effects = talk.step(state, Heard(text=text, **more), GUIDE, NOW)
    return after, list(effects)


def says(effects: list[object]) -> list[str]:
    return [effect.key for effect in effects if isinstance(effect, Say)]


def press(state: State, effects: list[object], action: str) -> tuple[State, list[object]]:
    button = next(b for say in effects if isinstance(say, Say) for b in say.buttons if b.action == action)
    return hear(state, action=button.action, payload=button.payload)


def test_a_question_is_answered_and_thanked_for() -> None:
    state, effects = hear(State(building="B3"), QUESTION)
    assert (says(effects), state.mode, state.draft) == (["service.answer"], Mode.SERVICE, None)
    assert Told("newborn", "shown") in effects
    after, effects = press(state, effects, "service_useful")
    assert (after, effects) == (State(building="B3"), [Told("newborn", "useful"), Say("service.glad")])


def test_not_solved_goes_on_with_what_was_asked() -> None:
    state, effects = hear(State(building="B3"), QUESTION, numbers=["7"])
    state, effects = press(state, effects, "service_unsolved")
    assert effects[0] == Told("newborn", "unsolved")
    assert state.draft and (state.draft.text, state.draft.category, state.draft.numbers) == (QUESTION, "教育", ["7"])
    assert says(effects) == ["card.title"] or state.mode is Mode.WHERE  # nothing but the place is left to ask


def test_the_button_alone_is_enough_after_a_restart() -> None:
    """The state was lost, the row with the button was not."""
    _, effects = hear(State(), QUESTION)
    state, _ = press(State(), effects, "service_unsolved")
    assert state.draft and state.draft.text == QUESTION


@pytest.mark.parametrize(
    "said",
    ["楼下油烟天天熏", "有没有人管，油烟怎么还不处理", "医保交了三个月还没到账，怎么办", "新生儿医保怎么办，着火了"],
)
def test_a_complaint_and_danger_are_never_delayed(said: str) -> None:
    state, effects = hear(State(building="B3"), said)
    assert "service.answer" not in says(effects)
    assert state.draft or state.mode is Mode.DANGER


def test_several_that_fit_are_offered_and_none_goes_on() -> None:
    state, effects = hear(State(), "身份证怎么办理")
    assert says(effects) == ["service.which"]
    labels = [b.args.get("service") for b in effects[0].buttons]  # type: ignore[attr-defined]
    assert labels == ["id-card", "id-lost", None] or labels == ["id-lost", "id-card", None]
    chosen, answer = press(state, effects, "service")
    assert says(answer) == ["service.answer"] and chosen.pending.text == "身份证怎么办理"
    filed, _ = press(state, effects, "service_unsolved")
    assert filed.draft and filed.draft.text == "身份证怎么办理"


def test_words_after_an_answer_belong_to_it_unless_they_stand_alone() -> None:
    state, _ = hear(State(building="B3"), QUESTION)
    more, _ = hear(state, "窗口说不给登记")
    assert more.draft and more.draft.text == f"{QUESTION}\n窗口说不给登记"
    alone, _ = hear(state, "楼下油烟天天熏")
    assert alone.draft and alone.draft.text == "楼下油烟天天熏"
    other, effects = hear(state, "身份证过期了怎么换")
    assert (says(effects), other.services) == (["service.answer"], ["id-card"])
    thanked, effects = hear(state, "谢谢")
    assert (thanked.mode, says(effects)) == (Mode.IDLE, ["service.glad"])
    late = state.model_copy(update={"until": NOW - timedelta(minutes=1)})
    afresh, _ = hear(late, "窗口说不给登记")
    assert afresh.draft and afresh.draft.text == "窗口说不给登记"


def test_the_same_is_not_answered_twice() -> None:
    state, _ = hear(State(building="B3"), QUESTION)
    state, effects = hear(state, QUESTION)
    assert "service.answer" not in says(effects) and state.draft


def test_the_menu_leads_to_a_service_and_leaves_a_draft_alone() -> None:
    state, effects = hear(State(), "办事指南")
    assert [b.payload["topic"] for b in effects[0].buttons] == ["medical", "papers"]  # type: ignore[attr-defined]
    state, effects = press(state, effects, "topic")
    state, effects = press(state, effects, "service")
    assert (says(effects), state.mode) == (["service.answer"], Mode.SERVICE)
    state, effects = press(state, effects, "service_unsolved")
    assert (says(effects), state.mode) == (["service.tell"], Mode.WHAT)
    assert state.draft and state.draft.category == "教育"

    drafting, _ = hear(State(building="B3"), "楼下油烟天天熏")
    kept, _ = hear(drafting, action="service", payload={"service": "newborn"})
    assert kept == drafting


def test_what_ended_is_told_to_nobody() -> None:
    ended = replace(
        AROUND, guide=Guide({"newborn": service("newborn", "新生儿医保", QUESTION, valid_to=date(2020, 1, 1))})
    )
    _, effects = talk.step(State(), Heard(text=QUESTION), ended, NOW)
    assert "service.answer" not in says(list(effects))
    _, effects = services.choose(State(), Heard(action="service", payload={"service": "newborn"}), ended, NOW)
    assert says(list(effects)) == ["service.gone"]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_tells_it_whole_and_in_short(locale: str) -> None:
    whole, short = wording.told(NEWBORN, locale), wording.briefly(NEWBORN, locale)
    assert "12345" in whole and len(short) < len(whole)
    assert ("醫保窗口" in whole) is (locale == "zh-Hant")
    assert ("How to newborn." in whole) is (locale == "en")

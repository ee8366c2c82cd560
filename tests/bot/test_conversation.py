"""The conversation as pure steps: what was heard in which state → which mode next, and what is said and done."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.flows import effects as fx
from bot.flows import talk, words
from bot.flows.heard import Heard
from bot.flows.progress import buttons_for
from bot.flows.state import Draft, Mode, State
from bot.flows.surroundings import Brief, Plan, Spot, Surroundings
from bot.messages import Button, Pin, Say
from bot.scrub import LONGEST, scrub
from cases.intake import Guess
from models import Category, Place, Status

NOW = datetime(2026, 11, 18, 2, tzinfo=UTC)
PLACES = {
    code: Place(code=code, name=name, kind="building", address="", grid=grid, lon=112.0, lat=30.0)
    for code, name, grid in (
        ("B3", "丹桂苑 3 栋", "G1"),
        ("B5", "丹桂苑 5 栋", "G1"),
        ("S1", "城东第一小学", "G1"),
        ("S2", "城西第一小学", "G2"),
    )
}
CATEGORIES = {
    code: Category(code=code, parent=parent, name=code, name_hant=code, name_en=code)
    for code, parent in (
        ("城市管理", None),
        ("生态环境", None),
        ("公安", None),
        ("教育", None),
        ("其他", None),
        ("城市管理/餐饮油烟", "城市管理"),
    )
}
RANKING = [("城市管理", 0.5), ("生态环境", 0.3), ("其他", 0.1), ("公安", 0.06), ("教育", 0.04)]


def classify(text: str) -> Guess:
    action = "route" if "油烟" in text else "ask" if "吵" in text else "hold"
    item = "城市管理/餐饮油烟"
    return Guess("城市管理", 0.5, RANKING, item, action, "test", {"城市管理": item})


def danger(text: str) -> str | None:
    return {"着": "fire", "煤": "gas"}.get(next((c for c in text if c in "着煤"), ""))


def spots(text: str) -> Sequence[Spot]:
    return [Spot(p.name, p.code, p.grid) for p in PLACES.values() if p.name in text or p.name[2:] == text]


AROUND = Surroundings(
    classify=classify,
    danger=danger,
    spots=spots,
    pin=lambda pin: Spot("第二网格", None, "G2") if pin.lon > 100 else None,
    plan=lambda draft, now: Plan("CGJ", now + timedelta(days=3)),
    places=PLACES,
    categories=CATEGORIES,
    emergency={"fire": "119"},
)
WAITING = replace(AROUND, cases=[Brief("7", Status.WAITING, "公安"), Brief("8", Status.ACCEPTED, "公安")])
EVERY = replace(AROUND, cases=[Brief(str(n), status, "公安") for n, status in enumerate(Status)])

FUMES = Draft(text="油烟", category="城市管理", item="城市管理/餐饮油烟", place="B3", grid="G1", placed=True)
IDLE = State(building="B3")
CARD = State(mode=Mode.CARD, draft=FUMES, building="B3")
WHERE = State(mode=Mode.WHERE, draft=Draft(text="油烟"))
CATEGORY = State(mode=Mode.CATEGORY, draft=Draft(text="太吵", placed=True, asked_category=True))
CONTACT = CARD.model_copy(update={"mode": Mode.CONTACT})
WHAT = State(mode=Mode.WHAT)
WHICH = State(mode=Mode.WHICH, pending="几点？", pending_photos=["p"])
ANSWER, SUPPLEMENT, WHY = (State(mode=m, case="7") for m in (Mode.ANSWER, Mode.SUPPLEMENT, Mode.WHY))


def said(effects: Sequence[fx.Effect]) -> list[str]:
    """Keys of what is said; what is done by its name."""
    return [effect.key if isinstance(effect, Say) else type(effect).__name__ for effect in effects]


def press(action: str, **payload: Any) -> Heard:
    return Heard(action=action, payload=payload)


def of_case(action: str, number: str = "7") -> Heard:
    return press(action, number=number)


def text(words: str) -> Heard:
    return Heard(text=words)


PHOTO, PIN = Heard(photos=["q"]), Heard(pin=Pin(112.0, 30.0))
TABLE: list[tuple[State, Heard, Mode, list[str]]] = [
    # a complaint from its first words
    (IDLE, text("楼下油烟"), Mode.CARD, ["card.title"]),
    (IDLE, text("不知道是什么"), Mode.CARD, ["card.title_by_person"]),
    (IDLE, text("太吵了"), Mode.CATEGORY, ["ask.category"]),
    (State(), text("楼下油烟"), Mode.WHERE, ["ask.where"]),
    (State(), text("丹桂苑 5 栋油烟"), Mode.CARD, ["card.title"]),
    (IDLE, PHOTO, Mode.WHAT, ["ask.what_for_photos"]),
    (IDLE, PIN, Mode.WHAT, ["ask.what"]),
    (IDLE, Heard(), Mode.IDLE, ["ask.what"]),
    (WHAT, text("楼下油烟"), Mode.WHERE, ["ask.where"]),
    (WHAT, PHOTO, Mode.WHAT, ["ask.what_for_photos"]),
    (IDLE, text("好的"), Mode.IDLE, ["cancel.nothing"]),
    (IDLE, text("提交"), Mode.IDLE, ["cancel.nothing"]),
    # danger comes first, whatever was asked
    (IDLE, text("着火了"), Mode.CARD, ["danger.fire", "card.title_by_person"]),
    (State(), text("煤气味，油烟"), Mode.WHERE, ["danger.gas", "ask.where"]),
    (WHERE, text("着火了"), Mode.WHERE, ["danger.fire", "ask.where"]),
    (CATEGORY, text("着火了"), Mode.CARD, ["danger.fire", "card.title_by_person"]),
    (CONTACT, text("着火了"), Mode.CARD, ["danger.fire", "card.title"]),
    (CARD, text("着火了"), Mode.CARD, ["danger.fire", "card.title"]),
    (WHICH, text("着火了"), Mode.WHERE, ["danger.fire", "ask.where"]),
    (IDLE, Heard(text="着火了" * 9, cut=True), Mode.CARD, ["danger.fire", "text.cut", "card.title_by_person"]),
    (IDLE, Heard(text="油烟", cut=True), Mode.CARD, ["text.cut", "card.title"]),
    # which of three it is
    (CATEGORY, text("12"), Mode.CARD, ["card.title_by_person"]),
    (CATEGORY, text("1"), Mode.CARD, ["card.title_by_person"]),
    (CATEGORY, text("还有油烟"), Mode.CARD, ["card.title"]),
    (CATEGORY, press("choose_category", code="公安"), Mode.CARD, ["card.title"]),
    (CATEGORY, press("choose_category", code="城市管理/餐饮油烟"), Mode.CARD, ["card.title"]),
    (CATEGORY, press("none"), Mode.CARD, ["card.title_by_person"]),
    (CARD, press("category"), Mode.CATEGORY, ["ask.category_again"]),
    (CARD, press("category", all=True), Mode.CATEGORY, ["ask.category_all"]),
    # where it is
    (WHERE, text("丹桂苑 3 栋"), Mode.CARD, ["card.title"]),
    (WHERE, text("第一小学"), Mode.WHERE, ["ask.which_place"]),
    (WHERE, text("河边大树下"), Mode.CARD, ["card.title"]),
    (WHERE, PIN, Mode.CARD, ["card.title"]),
    (WHERE, PHOTO, Mode.WHERE, ["ask.where"]),
    (WHERE, press("pin"), Mode.WHERE, ["ask.where"]),
    (WHERE, press("no_place"), Mode.CARD, ["card.title"]),
    (WHERE, press("choose_place", name="城东第一小学", place="S1", grid="G1"), Mode.CARD, ["card.title"]),
    (CARD, press("place"), Mode.WHERE, ["ask.where"]),
    # the card
    (CARD, press("submit"), Mode.IDLE, ["File"]),
    (CARD, text("提交"), Mode.IDLE, ["File"]),
    (CARD, text("好的。"), Mode.IDLE, ["File"]),
    (CARD, text("好的，再说一件"), Mode.CARD, ["card.title"]),
    (CARD, press("anonymous"), Mode.CARD, ["card.title"]),
    (CARD, press("named"), Mode.CARD, ["card.title"]),
    (CARD, press("photo"), Mode.CARD, ["ask.photo"]),
    (CARD, PHOTO, Mode.CARD, ["card.title"]),
    (CARD, press("cancel"), Mode.IDLE, ["cancel.done"]),
    (CARD, text("取消"), Mode.IDLE, ["cancel.done"]),
    (IDLE, text("/cancel"), Mode.IDLE, ["cancel.nothing"]),
    (IDLE, press("submit"), Mode.IDLE, ["stale.draft"]),
    # a telephone number
    (CARD, press("contact"), Mode.CONTACT, ["ask.contact"]),
    (CONTACT, text("13812345678"), Mode.CARD, ["KeepContact", "contact.kept", "card.title"]),
    (CONTACT, text("0728-6212345"), Mode.CARD, ["KeepContact", "contact.kept", "card.title"]),
    (CONTACT, text("１３８ １２３４ ５６７８"), Mode.CARD, ["KeepContact", "contact.kept", "card.title"]),
    (CONTACT, text("1381234567"), Mode.CONTACT, ["contact.wrong"]),
    (CONTACT, text("我的是 13812345678"), Mode.CONTACT, ["contact.wrong"]),
    (CONTACT, text("好的"), Mode.CONTACT, ["contact.wrong"]),
    (CONTACT, press("back"), Mode.CARD, ["card.title"]),
    (CONTACT, PHOTO, Mode.CARD, ["card.title"]),
    # another one beside a draft
    (CARD, text("/new"), Mode.CARD, ["new.draft_open"]),
    (CARD, press("drop"), Mode.WHAT, ["ask.what"]),
    (IDLE, text("新的反映"), Mode.WHAT, ["ask.what"]),
    (WHAT, press("new"), Mode.WHAT, ["ask.what"]),
    # commands and languages, in every mode
    *((state, text("/help"), state.mode, ["help"]) for state in (IDLE, CARD, WHERE, CONTACT, WHICH, ANSWER)),
    *((state, text("English"), state.mode, ["Speak"]) for state in (IDLE, CARD, WHERE, CONTACT, WHICH, ANSWER)),
    *((state, text("1234567890123456"), state.mode, ["LookUp"]) for state in (IDLE, CARD, WHERE, CONTACT, WHICH)),
    (IDLE, text("/lang zh-Hant"), Mode.IDLE, ["Speak"]),
    (IDLE, press("locale", locale="en"), Mode.IDLE, ["Speak"]),
    (IDLE, text("进度"), Mode.IDLE, ["my.none"]),
]
AFTERWARDS: list[tuple[State, Heard, Mode, list[str]]] = [
    (IDLE, text("进度"), Mode.IDLE, ["Show", "Show"]),
    (IDLE, of_case("status"), Mode.IDLE, ["Show"]),
    # words while somebody waits for an answer
    (IDLE, text("晚上十点"), Mode.WHICH, ["ask.which"]),
    (IDLE, PHOTO, Mode.WHICH, ["ask.which"]),
    (WHICH, text("还有油烟"), Mode.WHICH, ["ask.which"]),
    (WHICH, of_case("answer"), Mode.IDLE, ["Answer"]),
    (WHICH, of_case("supplement", "8"), Mode.IDLE, ["Supplement"]),
    (WHICH, press("new_pending"), Mode.WHERE, ["ask.where"]),
    (IDLE, press("new_pending"), Mode.IDLE, ["ask.what"]),
    (IDLE, of_case("answer"), Mode.ANSWER, ["ask.answer"]),
    (ANSWER, text("十点"), Mode.IDLE, ["Answer"]),
    (ANSWER, PHOTO, Mode.IDLE, ["Answer"]),
    (ANSWER, PIN, Mode.ANSWER, ["ask.words"]),
    (ANSWER, press("never_mind"), Mode.IDLE, ["never_mind"]),
    (IDLE, of_case("supplement"), Mode.SUPPLEMENT, ["ask.supplement"]),
    (SUPPLEMENT, text("更大了"), Mode.IDLE, ["Supplement"]),
    (SUPPLEMENT, text("楼道里一股煤气味"), Mode.IDLE, ["danger.call", "Supplement"]),
    (CARD, of_case("answer"), Mode.ANSWER, ["ask.answer"]),
    (CARD, of_case("supplement"), Mode.SUPPLEMENT, ["ask.supplement"]),  # the draft is another matter and stays
    # urging and taking back
    (IDLE, of_case("urge", "8"), Mode.IDLE, ["Urge"]),
    (IDLE, of_case("withdraw"), Mode.IDLE, ["ask.withdraw"]),
    (IDLE, of_case("confirm_withdraw"), Mode.IDLE, ["Withdraw"]),
    (CARD, of_case("withdraw"), Mode.CARD, ["ask.withdraw"]),
    (CARD, press("never_mind"), Mode.CARD, ["never_mind"]),
    # what can no longer be done
    (IDLE, of_case("urge"), Mode.IDLE, ["step.stale", "Show"]),
    (IDLE, of_case("answer", "8"), Mode.IDLE, ["step.stale", "Show"]),
    (IDLE, of_case("reopen"), Mode.IDLE, ["step.stale", "Show"]),
    (CARD, of_case("rate"), Mode.CARD, ["step.stale", "Show"]),
    (WHICH, of_case("answer", "8"), Mode.WHICH, ["step.stale", "Show"]),
    # rating
    (IDLE, of_case("rate", "?"), Mode.IDLE, ["rate.contacted"]),
    (IDLE, press("rate", number="?", contacted="yes"), Mode.IDLE, ["rate.solved"]),
    (IDLE, press("rate", number="?", contacted="no", solved="partly"), Mode.IDLE, ["rate.satisfied"]),
    (
        IDLE,
        press("rate", number="?", contacted="no", solved="yes", satisfied="yes"),
        Mode.IDLE,
        ["Rate", "rated.thanks"],
    ),
    (
        IDLE,
        press("rate", number="?", contacted="no", solved="no", satisfied="no"),
        Mode.IDLE,
        ["Rate", "rated.unsolved"],
    ),
    (IDLE, of_case("reopen", "?"), Mode.WHY, ["ask.reopen"]),
    (WHY, text("又来了"), Mode.IDLE, ["Reopen"]),
    (WHY, PHOTO, Mode.WHY, ["ask.reopen"]),
]


@pytest.mark.parametrize(("state", "heard", "mode", "keys"), TABLE)
def test_a_complaint(state: State, heard: Heard, mode: Mode, keys: list[str]) -> None:
    before = state.model_dump()
    after, effects = talk.step(state, heard, AROUND, NOW)
    assert (after.mode, said(effects)) == (mode, keys)
    assert state.model_dump() == before


@pytest.mark.parametrize(("state", "heard", "mode", "keys"), AFTERWARDS)
def test_after_filing(state: State, heard: Heard, mode: Mode, keys: list[str]) -> None:
    after, effects = talk.step(state, heard, WAITING, NOW)
    assert (after.mode, said(effects)) == (mode, keys)


@pytest.mark.parametrize(
    ("state", "number", "keys"),
    [
        (IDLE, "", []),
        (IDLE, "7", ["Show"]),
        (CARD, "", ["card.title"]),
        (CARD, "7", ["Show"]),
        (WHERE, "", ["ask.where"]),
        (CATEGORY, "", ["ask.category_again"]),
        (CONTACT, "", ["ask.contact"]),
        (WHAT.model_copy(update={"draft": Draft(photos=["p"])}), "", ["ask.what_for_photos"]),
        (ANSWER.model_copy(update={"draft": FUMES}), "", []),
        (WHICH, "", []),
    ],
)
def test_an_old_button_changes_nothing(state: State, number: str, keys: list[str]) -> None:
    after, effects = talk.stale(state, number, WAITING, NOW)
    assert (after, said(effects)) == (state, ["stale.pressed", *keys])


def test_urgent_words_in_place_of_an_answer_belong_to_the_complaint() -> None:
    for state in (WHERE, CONTACT):
        after, _ = talk.step(state, text("着火了"), AROUND, NOW)
        assert after.draft and (after.draft.text, after.draft.danger) == ("油烟\n着火了", "fire")
    after, _ = talk.step(WHICH, text("着火了"), AROUND, NOW)
    assert after.draft and (after.draft.text, after.draft.photos) == ("几点？\n着火了", ["p"])


def test_danger_is_told_once_in_a_draft() -> None:
    state, first = talk.step(IDLE, text("着火了"), AROUND, NOW)
    _, second = talk.step(state, text("还着着"), AROUND, NOW)
    assert said(first)[0] == "danger.fire" and said(second) == ["card.title_by_person"]


def test_whoever_says_twelve_has_not_chosen_one() -> None:
    for reply in ("1", "12", "1.", "第一个", "城市管"):
        after, _ = talk.step(CATEGORY, text(reply), AROUND, NOW)
        assert after.draft and (after.draft.category, after.draft.chosen) == (None, False)
        assert after.draft.text == f"太吵\n{reply}"


def test_all_departments_are_offered_but_the_catch_all() -> None:
    _, (asked,) = talk.step(CARD, press("category", all=True), AROUND, NOW)
    assert isinstance(asked, Say)
    codes = [button.payload.get("code", button.action) for button in asked.buttons]
    assert codes == ["城市管理", "生态环境", "公安", "教育", "none"]


def test_three_suggestions_then_the_way_out() -> None:
    _, (asked,) = talk.step(IDLE, text("太吵了"), AROUND, NOW)
    assert isinstance(asked, Say)
    codes = [button.payload.get("code", button.action) for button in asked.buttons]
    assert codes == ["城市管理/餐饮油烟", "生态环境", "公安", "none"]


def test_places_of_one_name_are_offered_and_the_chosen_one_is_taken() -> None:
    state, (asked,) = talk.step(WHERE, text("第一小学"), AROUND, NOW)
    assert isinstance(asked, Say)
    assert [b.args.get("name", b.action) for b in asked.buttons] == ["城东第一小学", "城西第一小学", "pin", "no_place"]
    west = asked.buttons[1]
    state, _ = talk.step(state, Heard(action=west.action, payload=west.payload), AROUND, NOW)
    assert state.draft and (state.draft.place, state.draft.grid, state.draft.place_text) == ("S2", "G2", "城西第一小学")


def where_of(state: State) -> tuple[object, ...]:
    draft = state.draft or Draft()
    return draft.place, draft.grid, draft.place_text, draft.lon


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        ([PIN], (None, "G2", "第二网格", 112.0)),
        ([Heard(pin=Pin(1.0, 1.0))], (None, None, "", 1.0)),
        ([PIN, press("place"), text("丹桂苑 3 栋")], ("B3", "G1", "丹桂苑 3 栋", None)),  # the pin was elsewhere
        ([PIN, press("place"), text("城西第一小学")], ("S2", "G2", "城西第一小学", 112.0)),
        ([text("丹桂苑 3 栋"), press("place"), press("no_place")], (None, None, "", None)),
        ([PIN, press("place"), press("no_place")], (None, None, "", None)),
        ([text("河边大树下"), press("place"), press("no_place")], (None, None, "河边大树下", None)),
    ],
)
def test_the_place_is_what_was_said_last(heard: list[Heard], found: tuple[object, ...]) -> None:
    state = WHERE
    for one in heard:
        state, _ = talk.step(state, one, AROUND, NOW)
    assert where_of(state) == found


def test_a_card_shows_what_will_be_filed() -> None:
    hidden = CARD.model_copy(update={"draft": FUMES.model_copy(update={"photos": ["p"], "anonymous": True})})
    _, (card,) = talk.step(hidden, press("back"), AROUND, NOW)
    assert isinstance(card, Say)
    lines = [(line.name, line.value, line.button and line.button.action) for line in card.card]
    assert lines == [
        ("what", "card.what", "category"),
        ("where", "card.where", "place"),
        ("due", "card.due", None),
        ("photos", "card.photos", "photo"),
        ("contact", "card.anonymous", "named"),
    ]
    assert [b.action for b in card.buttons] == ["submit", "category", "place", "photo", "named", "cancel"]


def test_what_was_said_while_waiting_is_kept_together() -> None:
    state = IDLE
    for heard in (text("晚上十点"), PHOTO, text("到半夜")):
        state, effects = talk.step(state, heard, WAITING, NOW)
    assert isinstance(effects[0], Say)
    assert [(b.action, b.payload) for b in effects[0].buttons] == [("answer", {"number": "7"}), ("new_pending", {})]
    after, done = talk.step(state, of_case("answer"), WAITING, NOW)
    assert (after, done) == (IDLE, [fx.Answer("7", "晚上十点\n到半夜", ["q"])])


def test_rating_goes_through_three_questions() -> None:
    state, heard = IDLE, press("rate", number="?")
    for question, answer in (("contacted", "no"), ("solved", "partly"), ("satisfied", "so_so")):
        state, (asked,) = talk.step(state, heard, AROUND, NOW)
        assert isinstance(asked, Say) and asked.key == f"rate.{question}"
        button = next(b for b in asked.buttons if b.payload[question] == answer)
        heard = Heard(action=button.action, payload=button.payload)
    _, done = talk.step(state, heard, AROUND, NOW)
    assert done[0] == fx.Rate("?", contacted=False, solved="partly", satisfied="so_so")


def test_a_draft_grows_no_longer_than_what_is_kept() -> None:
    state, _ = talk.step(IDLE, text("油烟" * (LONGEST // 2)), AROUND, NOW)
    state, effects = talk.step(state, text("还有"), AROUND, NOW)
    assert said(effects) == ["text.cut", "card.title"] and len((state.draft or Draft()).text) == LONGEST


@pytest.mark.parametrize(
    ("words_said", "command"),
    [
        ("/my", "my"), ("进度", "my"), ("進度", "my"), ("Status", "my"), ("/MY", "my"), ("办得怎么样了", "my"),
        ("/new", "new"), ("新的反映", "new"), ("/help", "help"), ("/start", "start"), ("幫助", "help"),
        ("/cancel", "cancel"), ("算了", "cancel"), ("不報了", "cancel"), ("取消。", "cancel"),
        ("怎么用", "help"), ("\u200b取消 ", "cancel"),
        ("提交", "yes"), ("好的！", "yes"), ("OK", "yes"), ("對", "yes"), ("没错", "yes"),
        ("帮助我", None), ("取消订单的事", None), ("好的烧烤店", None), ("新", None), ("/myself", None),
        ("", None), ("1", None),
    ],
)  # fmt: skip
def test_a_command_is_the_whole_message(words_said: str, command: str | None) -> None:
    assert words.command(words_said) == command


@pytest.mark.parametrize(
    ("words_said", "locale"),
    [
        ("/lang en", "en"), ("/lang  zh-Hant", "zh-Hant"), ("/LANG EN", "en"), ("english", "en"),
        ("繁體中文", "zh-Hant"), ("简体", "zh-Hans"), ("/lang fr", None), ("/lang", None),
        ("English please", None), ("讲英文", None),
    ],
)  # fmt: skip
def test_a_language_by_its_name(words_said: str, locale: str | None) -> None:
    assert words.locale(words_said) == locale


@pytest.mark.parametrize(
    ("words_said", "code"),
    [
        ("1234567890123456", True), ("1234 5678 9012 3456", True), ("1234-5678-9012-3456", True),
        ("查询码：1234567890123456", True), ("code 1234567890123456", True), ("１２３４５６７８９０１２３４５６", True),
        ("123456789012345", False), ("12345678901234567", False), ("卡号 1234567890123456", False), ("", False),
    ],
)  # fmt: skip
def test_a_lookup_code_is_sixteen_digits_and_nothing_else(words_said: str, code: bool) -> None:
    assert words.lookup_code(words_said) == ("1234567890123456" if code else None)


said_by_anybody = st.one_of(
    st.sampled_from(
        [*(w for ws in words.COMMANDS.values() for w in ws), "油烟", "太吵", "着火了", "第一小学", "丹桂苑 3 栋"]
    ),
    st.sampled_from(["13812345678", "1234567890123456", "/lang en", "12", "", "\u202e", "油" * 300]),
    st.text(max_size=30).map(scrub),
)
heard_or_pressed = st.one_of(
    st.builds(Heard, text=said_by_anybody, photos=st.lists(st.sampled_from("pqr"), max_size=2)),
    st.builds(Heard, pin=st.builds(Pin, st.floats(-180, 180), st.floats(-90, 90))),
    st.integers(0, 1000),  # one of the buttons offered so far
    st.integers(0, 5).map(lambda n: -1 - n),  # one of the last
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([AROUND, WAITING, EVERY]), st.lists(heard_or_pressed, max_size=25))
def test_whatever_is_said_or_pressed_nothing_breaks_and_nothing_is_filed_unasked(
    around: Surroundings, turns: list[Heard | int]
) -> None:
    state = State()
    offered = [button for case in around.cases for button in buttons_for(case.number, case.status)]
    for turn in turns:
        if isinstance(turn, int):
            if not offered:
                continue
            button = offered[turn % len(offered)] if turn >= 0 else offered[max(turn, -len(offered))]
            turn = Heard(action=button.action, payload=button.payload)
        asked = turn.action == "submit" or words.command(turn.text) == "yes"
        drafted = state.draft
        state, effects = talk.step(state, turn, around, NOW)
        filed = [effect for effect in effects if isinstance(effect, fx.File)]
        assert not filed or (asked and len(filed) == 1 and drafted and filed[0].draft.text == drafted.text != "")
        assert effects, "nobody is left without an answer"
        assert State.model_validate(state.model_dump(mode="json")) == state
        offered += [button for effect in effects if isinstance(effect, Say) for button in buttons_of(effect)]
        stale, said_then = talk.stale(state, "", around, NOW)
        assert stale == state and said_then


def buttons_of(say: Say) -> list[Button]:
    return [*say.buttons, *(line.button for line in say.card if line.button)]

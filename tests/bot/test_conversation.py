"""The conversation as pure steps: what was heard in which state → which mode next, and what is said and done."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.elder import plainly
from bot.flows import effects as fx
from bot.flows import talk, words
from bot.flows.heard import Edit, Heard
from bot.flows.more import fewer
from bot.flows.progress import buttons_for
from bot.flows.state import Album, Draft, Kept, Mode, State
from bot.flows.surroundings import Brief, Plan, Spot, Surroundings
from bot.messages import Button, Pin, Say
from bot.scrub import LONGEST, scrub
from cases.intake import Guess
from cases.joining import Alike
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
        ("生态环境/餐饮油烟", "生态环境"),
    )
}
RANKING = [("生态环境", 0.5), ("城市管理", 0.3), ("其他", 0.1), ("公安", 0.06), ("教育", 0.04)]


def classify(text: str) -> Guess:
    action = "route" if "油烟" in text else "ask" if "吵" in text else "hold"
    item = "生态环境/餐饮油烟"
    return Guess("生态环境", 0.5, RANKING, item, action, "test", {"生态环境": item})


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

FUMES = Draft(text="油烟", category="生态环境", item="生态环境/餐饮油烟", place="B3", grid="G1", placed=True)
IDLE = State(building="B3")
CARD = State(mode=Mode.CARD, draft=FUMES, building="B3")
WHERE = State(mode=Mode.WHERE, draft=Draft(text="油烟"))
CATEGORY = State(mode=Mode.CATEGORY, draft=Draft(text="太吵", placed=True, asked_category=True))
CONTACT = CARD.model_copy(update={"mode": Mode.CONTACT})
WHAT = State(mode=Mode.WHAT)
WHICH = State(mode=Mode.WHICH, pending=Kept(text="几点？", photos=["p"]))
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
    *(
        (state, text("着火了"), Mode.DANGER, ["danger.fire", "File"])
        for state in (IDLE, State(), WHAT, WHERE, CATEGORY, CONTACT, CARD, WHICH)
    ),
    (IDLE, Heard(text="着火了" * 9, cut=True), Mode.DANGER, ["danger.fire", "text.cut", "File"]),
    (IDLE, Heard(text="油烟", cut=True), Mode.CARD, ["text.cut", "card.title"]),
    # which of three it is
    (CATEGORY, text("12"), Mode.CARD, ["card.title_by_person"]),
    (CATEGORY, text("1"), Mode.CARD, ["card.title_by_person"]),
    (CATEGORY, text("还有油烟"), Mode.CARD, ["card.title"]),
    (CATEGORY, press("choose_category", code="公安"), Mode.CARD, ["card.title"]),
    (CATEGORY, press("choose_category", code="生态环境/餐饮油烟"), Mode.CARD, ["card.title"]),
    (CATEGORY, press("none"), Mode.CARD, ["card.title_by_person"]),
    (CARD, press("category"), Mode.CATEGORY, ["ask.category_again"]),
    (CARD, press("category", all=True), Mode.CATEGORY, ["ask.category_all"]),
    # where it is
    (WHERE, text("丹桂苑 3 栋"), Mode.CARD, ["card.title"]),
    (WHERE, text("第一小学"), Mode.WHERE, ["ask.which_place"]),
    (WHERE, text("河边大树下"), Mode.CARD, ["card.title"]),
    (WHERE, PIN, Mode.CARD, ["card.title"]),
    (WHERE, PHOTO, Mode.WHERE, ["ask.where"]),
    (WHERE, press("pin"), Mode.WHERE, ["ask.pin"]),
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
    (IDLE, text("进度"), Mode.IDLE, ["ShowJoined"]),
]
AFTERWARDS: list[tuple[State, Heard, Mode, list[str]]] = [
    (IDLE, text("进度"), Mode.IDLE, ["ShowJoined", "Show", "Show"]),
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
    (SUPPLEMENT, text("楼道里一股煤气味"), Mode.IDLE, ["danger.call", "Supplement", "Alarm", "safety.ask"]),
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
        ["Rate", "rated.thanks", "AskScore"],
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
@pytest.mark.promise("R15")
def test_an_old_button_changes_nothing(state: State, number: str, keys: list[str]) -> None:
    after, effects = talk.stale(state, number, WAITING, NOW)
    assert (after, said(effects)) == (state, ["stale.pressed", *keys])


def test_urgent_words_in_place_of_an_answer_belong_to_the_complaint() -> None:
    for state, before, photos in ((WHERE, "油烟", []), (CONTACT, "油烟", []), (WHICH, "几点？", ["p"])):
        _, (_, filed) = talk.step(state, text("着火了"), AROUND, NOW)
        assert isinstance(filed, fx.File)
        assert (filed.draft.text, filed.draft.danger, filed.draft.photos) == (f"{before}\n着火了", "fire", photos)


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
    assert codes == ["生态环境/餐饮油烟", "城市管理", "公安", "none"]


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


@pytest.mark.parametrize(("sure", "key"), [(0.8, "card.where"), (0.7, "card.where_unsure"), (0.5, "card.where_unsure")])
def test_the_card_asks_about_a_place_we_are_not_sure_of(sure: float, key: str) -> None:
    unsure = replace(AROUND, spots=lambda said: [Spot("市一中", "S3", "G1", "short_alias", sure)])
    state, effects = talk.step(WHERE, text("一中"), unsure, NOW)
    cards = [line.value for said in effects if isinstance(said, Say) for line in said.card if line.name == "where"]
    assert cards == [key]
    state, _ = talk.step(state, Heard(action="choose_place", payload={"name": "市一中", "place": "S3"}), unsure, NOW)
    assert state.draft and (state.draft.place_how, state.draft.place_sure) == ("chosen", 1.0)


def test_what_was_said_while_waiting_is_kept_together() -> None:
    state = IDLE
    for heard in (text("晚上十点"), PHOTO, text("到半夜")):
        state, effects = talk.step(state, heard, WAITING, NOW)
    assert isinstance(effects[0], Say)
    assert [(b.action, b.payload) for b in effects[0].buttons] == [("answer", {"number": "7"}), ("new_pending", {})]
    after, done = talk.step(state, of_case("answer"), WAITING, NOW)
    assert (after, done) == (IDLE, [fx.Answer("7", "晚上十点\n到半夜", ["q"], [])])


def test_rating_goes_through_three_questions() -> None:
    state, heard = IDLE, press("rate", number="?")
    for question, answer in (("contacted", "no"), ("solved", "partly"), ("satisfied", "so_so")):
        state, (asked,) = talk.step(state, heard, AROUND, NOW)
        assert isinstance(asked, Say) and asked.key == f"rate.{question}"
        button = next(b for b in asked.buttons if b.payload[question] == answer)
        heard = Heard(action=button.action, payload=button.payload)
    _, done = talk.step(state, heard, AROUND, NOW)
    assert done[0] == fx.Rate("?", contacted=False, solved="partly", satisfied="so_so")


@pytest.mark.promise("I3")
def test_a_draft_grows_no_longer_than_what_is_kept() -> None:
    state, _ = talk.step(IDLE, text("油烟" * (LONGEST // 2)), AROUND, NOW)
    state, effects = talk.step(state, text("还有"), AROUND, NOW)
    assert said(effects) == ["text.cut", "card.title"] and len((state.draft or Draft()).text) == LONGEST


@pytest.mark.parametrize(
    ("words_said", "command"),
    [
        ("/my", "my"), ("进度", "my"), ("進度", "my"), ("Status", "my"), ("/MY", "my"), ("办得怎么样了", "my"),
        ("/new", "new"), ("新的反映", "new"), ("/help", "help"), ("/start", "start"), ("/my@some_bot", "my"),
        ("/big", "large"), ("大字版", "large"), ("語言", "lang"),
        ("发完了", "done"), ("好了！", "done"), ("修好了", None), ("幫助", "help"),
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


# An album, a voice message, a message changed later, an open line, danger, commands
ALBUM = State(building="B3", album=Album(id="a", text="油烟", photos=["p"], numbers=["1"]))
CARD_ALBUM = CARD.model_copy(update={"album": Album(id="a", photos=["p"])})
ANSWER_ALBUM = ANSWER.model_copy(update={"album": Album(id="a", photos=["p"])})
RELAY = State(mode=Mode.RELAY, case="8")
ON_THE_LINE = replace(AROUND, cases=[Brief("8", Status.ACCEPTED, "公安", relay=True)])
BURNT = replace(
    AROUND, cases=[Brief("9", Status.DISPATCHED, "公安", danger="fire"), Brief("7", Status.WAITING, "公安")]
)
VOICE, NEXT = Heard(photos=["v"], voices=["v"]), Heard(photos=["q"], album="a", numbers=["2"])
MESSENGER: list[tuple[State, Heard, Surroundings, Mode, list[str]]] = [
    # only the first photo of an album is answered; the end, or whatever comes next, makes it one message
    (IDLE, NEXT, AROUND, Mode.IDLE, ["album.more"]),
    (ALBUM, NEXT, AROUND, Mode.IDLE, []),
    (ALBUM, replace(NEXT, album="b"), AROUND, Mode.IDLE, ["album.more"]),
    (ALBUM, press("done"), AROUND, Mode.CARD, ["card.title"]),
    (ALBUM, text("好了。"), AROUND, Mode.CARD, ["card.title"]),
    (ALBUM, text("楼下的"), AROUND, Mode.CARD, ["card.title"]),
    (ALBUM, PHOTO, AROUND, Mode.CARD, ["card.title"]),
    (ALBUM, text("/my"), AROUND, Mode.IDLE, ["ShowJoined"]),
    (ALBUM, text("/cancel"), AROUND, Mode.IDLE, ["cancel.nothing"]),
    (ALBUM, press("done"), WAITING, Mode.WHICH, ["ask.which"]),
    (ALBUM, of_case("answer"), WAITING, Mode.IDLE, ["Answer"]),
    (ALBUM, text("着火了"), AROUND, Mode.DANGER, ["danger.fire", "File"]),
    (ANSWER_ALBUM, press("done"), WAITING, Mode.IDLE, ["Answer"]),
    (ANSWER_ALBUM, text("就这些"), WAITING, Mode.IDLE, ["Answer"]),
    (CARD_ALBUM, press("submit"), AROUND, Mode.IDLE, ["File"]),
    (CARD_ALBUM, text("好的"), AROUND, Mode.IDLE, ["File"]),
    (CARD_ALBUM, press("category"), AROUND, Mode.CATEGORY, ["ask.category_again"]),
    (CARD_ALBUM, press("cancel"), AROUND, Mode.IDLE, ["cancel.done"]),
    (IDLE, press("done"), AROUND, Mode.IDLE, ["cancel.nothing"]),
    (CARD, press("done"), AROUND, Mode.CARD, ["card.title"]),
    (CARD, text("好了"), AROUND, Mode.CARD, ["card.title"]),
    (IDLE, replace(PHOTO, text="进度"), AROUND, Mode.CARD, ["card.title_by_person"]),  # a caption is no command
    # a voice message is kept, and words are asked for where there are none
    (IDLE, VOICE, AROUND, Mode.WHAT, ["ask.what_for_voice"]),
    (CARD, VOICE, AROUND, Mode.CARD, ["voice.kept", "card.title"]),
    (WHERE, VOICE, AROUND, Mode.WHERE, ["voice.kept", "ask.where"]),
    (ANSWER, VOICE, WAITING, Mode.IDLE, ["Answer"]),
    # an open line
    (IDLE, text("晚上在家"), ON_THE_LINE, Mode.WHICH, ["ask.which"]),
    (WHICH, of_case("relay_back", "8"), ON_THE_LINE, Mode.IDLE, ["RelayBack"]),
    (WHICH, press("new_pending"), ON_THE_LINE, Mode.WHERE, ["ask.where"]),
    (IDLE, of_case("relay_back", "8"), ON_THE_LINE, Mode.RELAY, ["ask.relay_back"]),
    (RELAY, text("晚上在家"), ON_THE_LINE, Mode.IDLE, ["RelayBack"]),
    (RELAY, text("着火了"), ON_THE_LINE, Mode.IDLE, ["danger.call", "RelayBack", "Alarm", "safety.ask"]),
    (RELAY, press("never_mind"), ON_THE_LINE, Mode.IDLE, ["never_mind"]),
    (IDLE, of_case("hang_up", "8"), ON_THE_LINE, Mode.IDLE, ["HangUp"]),
    (IDLE, of_case("hang_up", "8"), WAITING, Mode.IDLE, ["relay.closed", "Show"]),
    (CARD, text("还有油烟"), ON_THE_LINE, Mode.CARD, ["card.title"]),
    # are they safe?
    (IDLE, press("safety", how="trapped"), BURNT, Mode.IDLE, ["Safety"]),
    (IDLE, press("safety", how="safe", number="7"), BURNT, Mode.IDLE, ["Safety"]),
    (IDLE, press("safety", how="safe"), AROUND, Mode.IDLE, ["safety.noted"]),
    # commands
    (CARD, text("/start"), AROUND, Mode.CARD, ["hello.at", "card.title"]),
    (IDLE, text("/start"), AROUND, Mode.IDLE, ["hello.at"]),
    (CARD, text("/lang"), AROUND, Mode.CARD, ["ask.language"]),
    (CARD, text("/big@fengqiao_bot"), AROUND, Mode.CARD, ["Enlarge"]),
]


ASKED = FUMES.model_copy(update={"asked_alike": True})
CHOOSING = State(mode=Mode.ALIKE, draft=ASKED, building="B3")
TOLD = {"text": "油烟", "place": "B3", "place_text": "丹桂苑 3 栋", "grid": "G1", "lon": None, "lat": None}
NEIGHBOUR = Alike("1118-0001", "生态环境/餐饮油烟", "丹桂苑 3 栋", "油烟", Status.ACCEPTED, 0, NOW)
NEIGHBOURS = replace(AROUND, alike=[NEIGHBOUR, replace(NEIGHBOUR, number="1118-0002", joined=2)])
ALIKE: list[tuple[State, Heard, Mode, list[str]]] = [
    (CARD, press("submit"), Mode.ALIKE, ["alike.several"]),
    (CARD, text("好"), Mode.ALIKE, ["alike.several"]),
    (State(mode=Mode.CARD, draft=ASKED), press("submit"), Mode.IDLE, ["File"]),
    (CHOOSING, press("join", case="1118-0001"), Mode.IDLE, ["Join"]),
    (CHOOSING, press("separate"), Mode.IDLE, ["File"]),
    (CHOOSING, press("submit"), Mode.IDLE, ["File"]),
    (CHOOSING, text("晚上最重"), Mode.CARD, ["card.title"]),
    (CHOOSING, text("着火了"), Mode.DANGER, ["danger.fire", "File"]),
    (CHOOSING, text("算了"), Mode.IDLE, ["cancel.done"]),
    (IDLE, press("join", case="1118-0001"), Mode.IDLE, ["stale.draft"]),
    (IDLE, press("separate"), Mode.IDLE, ["stale.draft"]),
    (IDLE, press("file_own", told=TOLD), Mode.CARD, ["card.title"]),
    (CARD, press("file_own", told=TOLD), Mode.CARD, ["new.draft_open"]),
]


@pytest.mark.parametrize(("state", "heard", "mode", "keys"), ALIKE)
def test_neighbours_told_of_the_same(state: State, heard: Heard, mode: Mode, keys: list[str]) -> None:
    after, effects = talk.step(state, heard, NEIGHBOURS, NOW)
    assert (after.mode, said(effects)) == (mode, keys)


def test_one_neighbour_is_joined_without_a_number() -> None:
    _, (asked,) = talk.step(CARD, press("submit"), replace(AROUND, alike=[NEIGHBOUR]), NOW)
    assert isinstance(asked, Say)
    assert [button.label for button in asked.buttons] == ["button.join", "button.separate"]
    assert asked.args["lines"] == [
        ("alike.line_new", {"place": "丹桂苑 3 栋", "category": "生态环境/餐饮油烟", "text": "油烟", "count": 0})
    ]


@pytest.mark.parametrize(("state", "heard", "around", "mode", "keys"), MESSENGER)
def test_at_a_messenger(state: State, heard: Heard, around: Surroundings, mode: Mode, keys: list[str]) -> None:
    before = state.model_dump()
    after, effects = talk.step(state, heard, around, NOW)
    assert (after.mode, said(effects)) == (mode, keys)
    assert state.model_dump() == before


def test_an_album_is_one_message() -> None:
    state = IDLE
    for heard in (replace(NEXT, photos=["p"], text="油烟", numbers=["1"]), NEXT, press("done")):
        state, _ = talk.step(state, heard, AROUND, NOW)
    assert state.album is None and state.draft
    assert (state.draft.text, state.draft.photos, state.draft.numbers) == ("油烟", ["p", "q"], ["1", "2"])


def test_photos_of_an_album_are_filed_with_the_draft_whose_button_is_pressed() -> None:
    _, (filed,) = talk.step(CARD_ALBUM, press("submit"), AROUND, NOW)
    assert isinstance(filed, fx.File) and filed.draft.photos == ["p"]


def test_a_command_leaves_an_album_open() -> None:
    state, _ = talk.step(ALBUM, text("/new"), AROUND, NOW)
    assert state.album == ALBUM.album
    state, _ = talk.step(ALBUM, text("取消"), AROUND, NOW)
    assert state.album is None


def test_a_photo_in_place_of_a_reason_goes_with_it() -> None:
    state, _ = talk.step(WHY.model_copy(update={"case": "?"}), PHOTO, AROUND, NOW)
    _, done = talk.step(state, text("又来了"), AROUND, NOW)
    assert done == [fx.Reopen("?", "又来了"), fx.Supplement("?", "", ["q"], [])]


def edited(words_now: str, was: str, number: str = "1", case: str = "") -> Heard:
    return Heard(text=words_now, numbers=[number], edit=Edit(was, case))


PENDING = WHICH.model_copy(update={"pending": Kept(text="几点", numbers=["1"])})
DRAFT = CARD.model_copy(update={"draft": FUMES.model_copy(update={"text": "油烟\n三楼", "numbers": ["1"]})})


@pytest.mark.parametrize(
    ("state", "heard", "around", "keys"),
    [
        (DRAFT, edited("五楼", "三楼"), AROUND, ["card.title"]),
        (DRAFT, edited("三楼", "三楼"), AROUND, []),  # nothing changed: a preview was added
        (DRAFT, edited("五楼", "别的", "2"), AROUND, ["card.title"]),
        (DRAFT, edited("着火了", "三楼"), AROUND, ["danger.fire", "File"]),
        (ALBUM, edited("异味", "油烟"), AROUND, []),
        (PENDING, edited("十点", "几点"), WAITING, ["ask.which"]),
        (IDLE, edited("五楼", "三楼", case="8"), WAITING, ["Correct"]),
        (IDLE, edited("着火了", "三楼", case="8"), WAITING, ["danger.call", "Correct", "Alarm"]),
        (IDLE, edited("着火了", "三楼", case="10"), EVERY, ["danger.fire", "File"]),  # that one is over
        (IDLE, edited("五楼", "三楼", case="10"), EVERY, ["edit.too_late"]),
        (IDLE, edited("五楼油烟", "三楼"), AROUND, ["card.title"]),
    ],
)  # fmt: skip
def test_a_changed_message(state: State, heard: Heard, around: Surroundings, keys: list[str]) -> None:
    _, effects = talk.step(state, heard, around, NOW)
    assert said(effects) == keys


def test_new_words_take_the_place_of_the_old_in_a_draft() -> None:
    state, _ = talk.step(DRAFT, edited("五楼", "三楼"), AROUND, NOW)
    assert state.draft and state.draft.text == "油烟\n五楼"
    state, _ = talk.step(WHERE, replace(text("丹桂苑 3 栋"), numbers=["9"]), AROUND, NOW)
    state, _ = talk.step(state, edited("丹桂苑 5 栋", "丹桂苑 3 栋", "9"), AROUND, NOW)
    assert state.draft and (state.draft.text, state.draft.place) == ("油烟", "B5")


def asked_of(effects: Sequence[fx.Effect]) -> list[str]:
    """What is asked once danger was filed."""
    return [ask.key for effect in effects if isinstance(effect, fx.File) for ask in effect.asks]


@pytest.mark.parametrize(
    ("state", "words_said", "kind", "asks"),
    [
        (IDLE, "着火了", "fire", ["safety.ask"]),  # the building they came by is known
        (State(), "着火了", "fire", ["safety.ask", "reported.where"]),
        (State(), "城东第一小学还是城西第一小学着火了", "fire", ["safety.ask", "ask.which_place"]),
        (State(), "丹桂苑 5 栋着火了", "fire", ["safety.ask"]),
        (State(), "不想活了", "self_harm", ["reported.where"]),  # despair is no false alarm
    ],
)
def test_danger_is_filed_before_anything_is_asked(state: State, words_said: str, kind: str, asks: list[str]) -> None:
    _, effects = talk.step(state, text(words_said), replace(AROUND, danger=lambda _: kind), NOW)
    assert (said(effects), asked_of(effects)) == ([f"danger.{kind}", "File"], asks)


NINE = Brief("9", Status.DISPATCHED, "公安", danger="fire", at=NOW - timedelta(minutes=1))
LOST = replace(AROUND, cases=[NINE])  # nobody knows where it is
KNOWN = replace(AROUND, cases=[replace(NINE, place="B3", grid="G1")])
ASKED_BACK = replace(AROUND, cases=[replace(NINE, status=Status.WAITING)])
CALMED = replace(AROUND, cases=[replace(NINE, danger=None)])
FIRE = State(mode=Mode.DANGER, case="9", until=NOW + timedelta(minutes=5), building="B5")
AT_B5 = press("danger_place", number="9", place="B5", name="丹桂苑 5 栋", grid="G1")
REPORTED: list[tuple[State, Heard, Surroundings, Mode, list[str]]] = [
    # whatever is said next goes to whoever was called
    (FIRE, text("三楼，烟很大"), LOST, Mode.DANGER, ["Urgent"]),
    (FIRE, text("火更大了，着了两间"), LOST, Mode.DANGER, ["Urgent"]),
    (FIRE, text("还有煤气罐"), LOST, Mode.DANGER, ["danger.gas", "Urgent"]),
    (FIRE, text("火又着了"), CALMED, Mode.DANGER, ["danger.fire", "Urgent", "Alarm"]),
    (FIRE, PHOTO, LOST, Mode.DANGER, ["Urgent"]),
    (FIRE, text("三楼"), ASKED_BACK, Mode.DANGER, ["Answer"]),
    (FIRE, text("13812345678"), LOST, Mode.DANGER, ["KeepContact", "contact.kept", "Urgent"]),
    (FIRE, text("没事了。"), LOST, Mode.DANGER, ["Safety"]),
    (FIRE, text("算了"), LOST, Mode.DANGER, ["Urgent"]),  # whatever they mean by it, somebody looks
    (FIRE, press("safety", how="trapped", number="9"), LOST, Mode.DANGER, ["Safety"]),
    (FIRE, Heard(), LOST, Mode.DANGER, ["ask.words"]),
    # the place
    (FIRE, text("丹桂苑 3 栋三楼"), LOST, Mode.DANGER, ["Locate"]),
    (FIRE, text("第一小学"), LOST, Mode.DANGER, ["Urgent", "ask.which_place"]),
    (FIRE, PIN, LOST, Mode.DANGER, ["Locate"]),
    (FIRE, AT_B5, LOST, Mode.DANGER, ["Locate"]),
    (IDLE, AT_B5, LOST, Mode.DANGER, ["Locate"]),
    (IDLE, press("pin", number="9"), LOST, Mode.DANGER, ["ask.pin"]),
    (FIRE, text("我跑到城西第一小学了"), KNOWN, Mode.DANGER, ["Urgent", "reported.elsewhere"]),
    (FIRE, text("丹桂苑 3 栋三楼"), KNOWN, Mode.DANGER, ["Urgent"]),
    (FIRE, PIN, KNOWN, Mode.DANGER, ["reported.elsewhere"]),  # in another grid
    # one fire, one case
    (IDLE, text("着火了"), LOST, Mode.DANGER, ["danger.fire", "Urgent"]),
    (WHAT, text("着火了，在丹桂苑 3 栋"), LOST, Mode.DANGER, ["danger.fire", "Locate"]),
    (IDLE, text("城西第一小学着火了"), KNOWN, Mode.DANGER, ["danger.fire", "File"]),
    # until it is over
    (FIRE, text("路灯油烟"), AROUND, Mode.CARD, ["card.title"]),
    (FIRE.model_copy(update={"until": NOW - timedelta(minutes=1)}), text("油烟"), LOST, Mode.CARD, ["card.title"]),
    (FIRE, text("油烟"), replace(AROUND, cases=[replace(NINE, status=Status.CLOSED)]), Mode.CARD, ["card.title"]),
    (FIRE, press("new"), LOST, Mode.WHAT, ["ask.what"]),
    (FIRE, text("/my"), LOST, Mode.DANGER, ["ShowJoined", "Show"]),
]  # fmt: skip


@pytest.mark.parametrize(("state", "heard", "around", "mode", "keys"), REPORTED)
def test_after_danger_was_reported(
    state: State, heard: Heard, around: Surroundings, mode: Mode, keys: list[str]
) -> None:
    after, effects = talk.step(state, heard, around, NOW)
    assert (after.mode, said(effects)) == (mode, keys)


def test_the_same_danger_much_later_is_another_one() -> None:
    old = replace(AROUND, cases=[replace(NINE, at=NOW - timedelta(hours=3))])
    _, effects = talk.step(IDLE, text("着火了"), old, NOW)
    assert said(effects) == ["danger.fire", "File"]


def test_elder_mode_shows_two_answers_and_all_come_round() -> None:
    _, (card,) = talk.step(CARD, press("back"), AROUND, NOW)
    assert isinstance(card, Say)
    seen, buttons = list[str](), fewer(card.buttons)
    for _ in range(3):
        assert [b.action for b in buttons][2:] == ["more"]
        seen += [b.action for b in buttons[:2]]
        _, (line,) = talk.step(CARD, Heard(action="more", payload=buttons[2].payload), AROUND, NOW)
        assert isinstance(line, Say)
        buttons = fewer(line.buttons)
    assert seen == [b.action for b in card.buttons]
    assert len(fewer(card.buttons[:3])) == 3


def test_a_talk_kept_by_an_earlier_release_goes_on() -> None:
    old = {"mode": "which", "pending": "几点？", "pending_photos": ["p"]}
    assert State.model_validate(old).pending == Kept(text="几点？", photos=["p"])


said_by_anybody = st.one_of(
    st.sampled_from(
        [*(w for ws in words.COMMANDS.values() for w in ws), "油烟", "太吵", "着火了", "第一小学", "丹桂苑 3 栋"]
    ),
    st.sampled_from(["13812345678", "1234567890123456", "/lang en", "12", "", "\u202e", "油" * 300]),
    st.text(max_size=30).map(scrub),
)
heard_or_pressed = st.one_of(
    st.builds(
        Heard,
        text=said_by_anybody,
        photos=st.lists(st.sampled_from("pqr"), max_size=2),
        voices=st.lists(st.sampled_from("pqr"), max_size=1),
        numbers=st.lists(st.sampled_from("123"), max_size=1),
        edit=st.one_of(st.none(), st.none(), st.builds(Edit, said_by_anybody, st.sampled_from(["", "3", "8"]))),
    ),
    st.builds(Heard, text=said_by_anybody, photos=st.just(["a"]), album=st.sampled_from("xy")),
    st.builds(Heard, pin=st.builds(Pin, st.floats(-180, 180), st.floats(-90, 90))),
    st.integers(0, 1000),  # one of the buttons offered so far
    st.integers(0, 5).map(lambda n: -1 - n),  # one of the last
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([AROUND, WAITING, EVERY, ON_THE_LINE, BURNT]), st.lists(heard_or_pressed, max_size=25))
def test_whatever_is_said_or_pressed_nothing_breaks_and_nothing_is_filed_unasked(
    around: Surroundings, turns: list[Heard | int]
) -> None:
    state = State()
    offered = [b for case in around.cases for b in buttons_for(case.number, case.status, relay=case.relay)]
    for turn in turns:
        if isinstance(turn, int):
            if not offered:
                continue
            button = offered[turn % len(offered)] if turn >= 0 else offered[max(turn, -len(offered))]
            turn = Heard(action=button.action, payload=button.payload)
        asked = turn.action == "submit" or words.command(turn.text) == "yes"
        drafted, in_album = state.draft, state.album
        state, effects = talk.step(state, turn, around, NOW)
        filed = [effect for effect in effects if isinstance(effect, fx.File)]
        if filed and filed[0].draft.danger:
            assert len(filed) == 1 and danger(filed[0].draft.text), "danger waits for nobody to press anything"
            filed, state.case = [], "1"
        assert not filed or (asked and len(filed) == 1 and drafted and filed[0].draft.text.startswith(drafted.text))
        assert not filed or in_album or filed[0].draft.text == drafted.text != ""  # type: ignore[union-attr]
        assert effects or turn.album or turn.edit, "nobody is left without an answer"
        assert State.model_validate(state.model_dump(mode="json")) == state
        shown = [plainly(effect) for effect in effects if isinstance(effect, Say)]
        offered += [button for say in shown for button in buttons_of(say)]
        stale, said_then = talk.stale(state, "", around, NOW)
        assert stale == state and said_then


def buttons_of(say: Say) -> list[Button]:
    return [*say.buttons, *(line.button for line in say.card if line.button)]

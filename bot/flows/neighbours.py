"""Between neighbours: votes, topics, scores, notices, the building one belongs to. Pure, as all flows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.flows import words
from bot.flows.effects import Neighbourly
from bot.flows.heard import Heard, Listener, Turn
from bot.flows.state import Mode, State
from bot.flows.surroundings import Surroundings
from bot.messages import Button, Say
from cases.proposals import TEXT_MOST
from cases.scores import MARKS, QUESTIONS

SECRET = frozenset({"vote"})  # what was pressed is not written into the talk


@dataclass(frozen=True)
class ShowVotes(Neighbourly):
    """What is open in their buildings."""


@dataclass(frozen=True)
class ShowVote(Neighbourly):
    proposal: int
    slip: str = ""  # hash of the household's


@dataclass(frozen=True)
class CastBallot(Neighbourly):
    proposal: int
    choice: int
    slip: str = ""


@dataclass(frozen=True)
class UseSlip(Neighbourly):
    code: str


@dataclass(frozen=True)
class Propose(Neighbourly):
    place: str
    text: str


@dataclass(frozen=True)
class GiveScore(Neighbourly):
    area: str
    business: bool
    answers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ScoreWords(Neighbourly):
    area: str
    text: str


@dataclass(frozen=True)
class AskScore(Neighbourly):
    """Once a quarter, when a case of theirs came to its end."""


@dataclass(frozen=True)
class Notices(Neighbourly):
    """Whether they want any; None: only say."""

    off: bool | None = None


@dataclass(frozen=True)
class ShowHomes(Neighbourly):
    pass


@dataclass(frozen=True)
class Leave(Neighbourly):
    place: str


def begins(state: State, heard: Heard) -> bool:
    """A slip's code or a whole topic in one message; digits within a complaint are none."""
    if not heard.only_words or heard.action:
        return False
    free = state.mode is Mode.IDLE and state.draft is None
    return bool(words.topic(heard.text)) or bool(free and words.slip(heard.text))


def begin(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    if code := words.slip(heard.text):
        return state, [UseSlip(code)]
    return propose(state, replace(heard, payload={"text": words.topic(heard.text)}), around, now)


def votes(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [ShowVotes()]


def show_vote(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [ShowVote(heard.payload["proposal"], heard.payload.get("slip", ""))]


def vote(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    p = heard.payload
    return state, [CastBallot(p["proposal"], p["choice"], p.get("slip", ""))]


def ask_slip(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [Say("slip.ask")]


def propose(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """Which building, then what, then shown once more before it goes to somebody."""
    text, place = heard.payload.get("text", "")[:TEXT_MOST], heard.payload.get("place", "")
    if not around.homes:
        return state, [Say("home.none")]
    if not place and len(around.homes) > 1:
        return state, [Say("propose.where", buttons=_homes("propose", around, {"text": text}))]
    place = place or around.homes[0]
    state.mode, state.about = Mode.TOPIC, {"place": place}
    return (state, [_confirm(place, text, around)]) if text else (state, [Say("propose.what", _name(place, around))])


def topic(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """The words it was waiting for; more of them take the place of the first."""
    if not heard.text:
        return state, [Say("propose.what", _name(state.about["place"], around))]
    return state, [_confirm(state.about["place"], heard.text[:TEXT_MOST], around)]


def send_topic(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return _home(state), [Propose(heard.payload["place"], heard.payload["text"])]


def drop_topic(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return _home(state), [Say("never_mind")]


def score(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """Whose work, as whom, then one question after the other; what was answered travels in the buttons."""
    given = dict(heard.payload)
    if not around.areas:
        return state, [Say("home.none")]
    if "area" not in given:
        buttons = [Button("score", "button.area", {"name": n}, {"area": code}) for code, n in around.areas.items()]
        return state, [Say("score.whose", buttons=buttons)]
    name = {"name": around.areas.get(given["area"], "")}
    if "business" not in given:
        return state, [Say("score.as", name, _as(given))]
    left = [question for question in QUESTIONS if question not in given]
    if left:
        return state, [Say(ASKED[left[0]], name, _marks(left[0], given))]
    state.mode, state.about = Mode.SCORE_WORDS, {"area": given["area"]}
    answers = {question: int(given[question]) for question in QUESTIONS}
    skip = (Button("score_skip", "button.score_skip"),)
    return state, [GiveScore(given["area"], bool(given["business"]), answers), Say("score.words", name, skip)]


def score_words(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    if not heard.text:
        return state, [Say("score.only_words")]
    return _home(state), [ScoreWords(state.about["area"], heard.text), Say("score.thanks")]


def score_skip(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return _home(state), [Say("score.thanks")]


def notices(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [Notices(heard.payload.get("off"))]


def notices_on(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [Notices(False)]


def notices_off(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [Notices(True)]


def homes(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [ShowHomes()]


def leave(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [Leave(heard.payload["place"])]


ASKED: Mapping[str, str] = {
    "responsive": "score.responsive",
    "fair": "score.fair",
    "tidy": "score.tidy",
    "safe": "score.safe",
}


def _as(given: Mapping[str, object]) -> Sequence[Button]:
    return [
        Button("score", "button.as_resident", payload={**given, "business": False}),
        Button("score", "button.as_business", payload={**given, "business": True}),
    ]


def _marks(question: str, given: Mapping[str, object]) -> Sequence[Button]:
    """The best first, as people look for it."""
    return [Button("score", f"button.mark_{n}", payload={**given, question: n}) for n in reversed(MARKS)]


def _confirm(place: str, text: str, around: Surroundings) -> Say:
    kept = {"place": place, "text": text}
    buttons = (Button("topic_send", "button.topic_send", payload=kept), Button("topic_drop", "button.cancel"))
    return Say("propose.confirm", {**_name(place, around), "text": text}, buttons)


def _homes(action: str, around: Surroundings, more: Mapping[str, str]) -> Sequence[Button]:
    return [Button(action, "button.area", _name(code, around), {**more, "place": code}) for code in around.homes]


def _name(place: str, around: Surroundings) -> Mapping[str, str]:
    known = around.places.get(place)
    return {"name": known.name if known else ""}


def _home(state: State) -> State:
    return State(building=state.building, draft=state.draft, mode=Mode.CARD if state.draft else Mode.IDLE)


COMMANDS: Mapping[str, Listener] = {
    "votes": votes,
    "propose": propose,
    "score": score,
    "notices": notices,
    "notices_on": notices_on,
    "notices_off": notices_off,
    "homes": homes,
}
MODES: Mapping[Mode, Listener] = {Mode.TOPIC: topic, Mode.SCORE_WORDS: score_words}
ACTIONS: Mapping[str, Listener] = {
    "votes": votes,
    "vote": vote,
    "vote_show": show_vote,
    "slip": ask_slip,
    "propose": propose,
    "topic_send": send_topic,
    "topic_drop": drop_topic,
    "score": score,
    "score_skip": score_skip,
    "notices": notices,
    "leave": leave,
}


def concerns(state: State, heard: Heard) -> bool:
    """Whether their buildings have to be looked up for it."""
    command = words.command(heard.text) if heard.only_words else None
    return heard.action in ACTIONS or command in COMMANDS or state.mode in MODES or begins(state, heard)

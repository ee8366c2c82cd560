"""Telling a complaint: one message can be enough; only what is missing is asked for; a card confirms.

Pure: (state, what was heard, what may be looked up, now) → (state, what to say and do).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import takewhile

from bot.flows import alike, card, reported, whereabouts, words
from bot.flows.effects import Effect, File, KeepContact
from bot.flows.heard import Heard, Listener, Turn, swapped
from bot.flows.state import Draft, Mode, State
from bot.flows.surroundings import Spot, Surroundings
from bot.messages import Button, Say
from bot.scrub import LONGEST
from cases.masking import mask_phone


def begin(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """The first words of a new complaint."""
    state.draft = Draft()
    return more(state, heard, around, now)


def more(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """Whatever comes while a draft is open is added to it."""
    draft = _draft(state)
    command = words.command(heard.text) if heard.only_words and state.mode is Mode.CARD else None
    if command in SAID:
        return SAID[command](state, heard, around, now)
    full = _take(draft, heard, around)
    state, effects = advance(state, around, now)
    effects = _of_voices(draft, heard) + effects
    return state, with_notice(effects) if full and not heard.cut else effects


def understood(heard: Heard, around: Surroundings) -> Draft:
    """What a message says, for whoever asks nothing back."""
    draft = Draft()
    _take(draft, heard, around)
    _understand(draft, around)
    return draft


def correct(state: State, heard: Heard, was: str, around: Surroundings, now: datetime) -> Turn:
    """Words that are in the draft now read like this."""
    draft = _draft(state)
    only_the_place = was not in draft.text and whereabouts.only_a_place(heard.text, around)
    if not only_the_place:
        draft.text = swapped(draft.text, was, heard.text)[:LONGEST]
    draft.danger = draft.danger or around.danger(heard.text)
    _keep_files(draft, heard)
    whereabouts.take(draft, heard, around)
    if only_the_place and draft.place_text == was:
        draft.place_text = heard.text[:200]
    return advance(state, around, now)


def with_notice(effects: Sequence[Effect]) -> list[Effect]:
    """Not all was kept; only a warning of danger goes before that."""
    first = takewhile(lambda e: isinstance(e, Say) and e.key.startswith(("danger.", "safety.")), effects)
    warned = list(first)
    return [*warned, Say("text.cut"), *effects[len(warned) :]]


def where(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """The answer to “where?”: a pin, a name we know, or words we keep as they are."""
    draft = _draft(state)
    _keep_files(draft, heard)
    if heard.text or heard.pin:
        if not whereabouts.only_a_place(heard.text, around):  # what else was said belongs to the complaint
            draft.text = f"{draft.text}\n{heard.text}".strip()[:LONGEST]
        whereabouts.take(draft, heard, around)
        if not draft.placed and not (heard.text and whereabouts.ambiguous(state, draft, heard.text, around)):
            draft.place_text, draft.placed = heard.text[:200], True
    state, effects = advance(state, around, now)
    return state, _of_voices(draft, heard) + effects


def contact(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    if not heard.text:  # a photo or a pin instead
        return more(state, heard, around, now)
    phone = words.phone(heard.text)
    if phone is None:
        return state, [Say("contact.wrong", buttons=(Button("back", "button.back"),))]
    _draft(state).anonymous = False
    state.mode = Mode.CARD
    said = Say("contact.kept", {"phone": mask_phone(phone)})
    state, effects = advance(state, around, now, has_contact=True)
    return state, [KeepContact(phone), said, *effects]


def advance(state: State, around: Surroundings, now: datetime, *, has_contact: bool | None = None) -> Turn:
    """Ask for the next thing that is missing, or show the card. Danger is asked nothing first: it is filed."""
    draft = _draft(state)
    if not draft.text:
        state.mode = Mode.WHAT
        return state, [_ask_what(draft)]
    _understand(draft, around)
    if draft.danger:
        return reported.report(state, draft, around, now)
    if _must_ask(draft):
        state.mode, draft.asked_category = Mode.CATEGORY, True
        return state, [Say("ask.category", buttons=card.suggestions(draft, around))]
    whereabouts.assume(state, draft, around)
    if not draft.placed:
        state.mode = Mode.WHERE
        return state, [whereabouts.ask(state, draft, around)]
    state.mode = Mode.CARD
    known = around.has_contact if has_contact is None else has_contact
    return state, [card.show(draft, around, now, has_contact=known)]


def question(state: State, around: Surroundings, now: datetime) -> Say:
    """What was asked last, once more."""
    draft = _draft(state)
    match state.mode:
        case Mode.WHAT:
            return _ask_what(draft)
        case Mode.CATEGORY:
            return Say("ask.category_again", buttons=card.suggestions(draft, around, correcting=True))
        case Mode.WHERE:
            return whereabouts.ask(state, draft, around)
        case Mode.CONTACT:
            return _ask_contact()
    return card.show(draft, around, now, has_contact=around.has_contact)


def submit(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    draft = state.draft
    if draft is None or not draft.text:
        return state, [Say("stale.draft")]
    if around.alike and alike.about_to_file(state, heard):
        return alike.ask(state, draft, around)
    return State(building=state.building), [File(draft)]


def category(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    draft = _draft(state)
    state.mode = Mode.CATEGORY
    if heard.payload.get("all"):
        return state, [Say("ask.category_all", buttons=card.departments(around))]
    return state, [Say("ask.category_again", buttons=card.suggestions(draft, around, correcting=True))]


def choose_category(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    draft = _draft(state)
    chosen = around.categories[heard.payload["code"]]
    draft.category, draft.item = (chosen.parent, chosen.code) if chosen.parent else (chosen.code, None)
    draft.chosen, draft.by_person = True, False
    return advance(state, around, now)


def none(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    draft = _draft(state)
    draft.category = draft.item = None
    draft.chosen, draft.by_person = False, True
    return advance(state, around, now)


def place(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    draft = _draft(state)
    draft.placed = False
    state.mode = Mode.WHERE
    return state, [whereabouts.ask(state, draft, around)]


def choose_place(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    p = heard.payload
    whereabouts.settle(_draft(state), Spot(p.get("name", ""), p.get("place"), p.get("grid"), whereabouts.CHOSEN))
    return advance(state, around, now)


def no_place(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    draft = _draft(state)
    words = "" if draft.place or draft.grid else draft.place_text  # what they wrote themselves is kept
    draft.lon = draft.lat = None
    whereabouts.settle(draft, Spot(words, None, None))
    return advance(state, around, now)


def photo(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [Say("ask.photo", buttons=(Button("back", "button.back"),))]


def anonymous(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    _draft(state).anonymous = True
    return advance(state, around, now)


def named(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    _draft(state).anonymous = False
    return advance(state, around, now)


def ask_contact(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    state.mode = Mode.CONTACT
    return state, [_ask_contact()]


def pin(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """A page finds the position by itself; whoever presses it elsewhere is asked to send one."""
    if number := heard.payload.get("number"):
        return reported.listening(state, number, now), [Say("ask.pin")]
    _draft(state).placed, state.mode = False, Mode.WHERE
    return state, [Say("ask.pin")]


def back(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return advance(state, around, now)


def cancel(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    key = "cancel.done" if state.draft else "cancel.nothing"
    return State(building=state.building), [Say(key)]


def _draft(state: State) -> Draft:
    state.draft = state.draft or Draft()
    return state.draft


def _understand(draft: Draft, around: Surroundings) -> None:
    """What the model makes of all the words so far is kept; it decides unless the resident said it themselves."""
    guess, said = around.classify(draft.text), draft.chosen or draft.by_person
    if guess is None:
        draft.by_person = not draft.chosen
        return
    draft.guess = card.kept(guess)
    if said:
        return
    draft.category = draft.item = None
    if guess.action == "route" and guess.label in around.categories:  # a model may know labels the town does not
        draft.category, draft.item = guess.label, guess.item if guess.item in around.categories else None


def _must_ask(draft: Draft) -> bool:
    """Asked once; whoever answers with more words instead is not asked again."""
    unsure = draft.category is None and not draft.by_person
    return unsure and bool(draft.guess) and draft.guess["action"] == "ask" and not draft.asked_category  # type: ignore[index]


def _take(draft: Draft, heard: Heard, around: Surroundings) -> bool:
    """What a message adds; whether it was more than is kept."""
    text = f"{draft.text}\n{heard.text}".strip()
    draft.text = text[:LONGEST]
    draft.danger = draft.danger or (around.danger(heard.text) if heard.text else None)
    _keep_files(draft, heard)
    whereabouts.take(draft, heard, around)
    return len(text) > LONGEST


def _keep_files(draft: Draft, heard: Heard) -> None:
    draft.photos += [photo for photo in heard.photos if photo not in draft.photos]
    draft.voices += [voice for voice in heard.voices if voice not in draft.voices]
    draft.numbers += [number for number in heard.numbers if number not in draft.numbers]


def _of_voices(draft: Draft, heard: Heard) -> list[Effect]:
    """Nobody listens to it before it is filed; without any words that is said by the question what happened."""
    return [Say("voice.kept")] if heard.voices and draft.text else []


def _ask_what(draft: Draft) -> Say:
    if draft.voices:
        return Say("ask.what_for_voice")
    return Say("ask.what_for_photos" if draft.photos else "ask.what", {"count": len(draft.photos)})


def _ask_contact() -> Say:
    return Say("ask.contact", buttons=(Button("back", "button.back"),))


SAID: Mapping[str | None, Listener] = {"yes": submit, "done": back}  # words for the card's buttons
MODES: Mapping[Mode, Listener] = {
    Mode.WHAT: more,
    Mode.CATEGORY: more,
    Mode.WHERE: where,
    Mode.CARD: more,
    Mode.ALIKE: more,
    Mode.CONTACT: contact,
}
ACTIONS: Mapping[str, Listener] = {
    "submit": submit,
    "category": category,
    "choose_category": choose_category,
    "none": none,
    "place": place,
    "choose_place": choose_place,
    "no_place": no_place,
    "pin": pin,
    "photo": photo,
    "anonymous": anonymous,
    "named": named,
    "contact": ask_contact,
    "back": back,
    "cancel": cancel,
}

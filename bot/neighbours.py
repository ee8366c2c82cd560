"""Does what the talk between neighbours asked for, and says what came of it; their notices as lines."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.flows import neighbours as fx
from bot.messages import Button, Say
from bot.scene import Said, Scene
from cases import announcements, homes, proposals, scores, votes
from cases.book import Book
from cases.errors import NotAllowed
from models import Notification, Proposal, Stage, Way

SHOWN = 5
OFF = Button("notices", "button.notices_off", payload={"off": True})
ON = Button("notices", "button.notices_on", payload={"off": False})
PROPOSE = Button("propose", "button.propose")


async def known_to(session: AsyncSession, book: Book, resident: UUID) -> dict[str, Any]:
    """For the flow's surroundings: their buildings, and the areas whose work they may score."""
    mine = await homes.of(session, resident)
    return {"homes": mine, "areas": {code: book.area_name(code) for code in homes.areas_of(book, mine)}}


async def line(session: AsyncSession, row: Notification) -> Say | None:
    """What a resident reads of a notification that is about no case; None for a notice taken back meanwhile."""
    if "notice" in row.args and not await announcements.is_out(session, row.args["notice"]):
        return None
    return said(row)


def said(row: Notification) -> Say:
    return Say(row.text_key, row.args, _under(row))


async def still_out(session: AsyncSession, rows: Iterable[Notification]) -> frozenset[int]:
    """Numbers of the notices among these that may still be delivered."""
    notices = sorted({row.args["notice"] for row in rows})
    return frozenset([one for one in notices if await announcements.is_out(session, one)])


def _under(row: Notification) -> Sequence[Button]:
    if row.text_key in ("notice.vote", "notice.vote_short"):
        return (Button("vote_show", "button.vote_show", payload={"proposal": row.args["proposal"]}), OFF)
    return (OFF,) if row.text_key == "notice.told" else ()


async def _show_votes(scene: Scene, effect: fx.ShowVotes) -> Said:
    """One with its options; of several which: a page shows the buttons of the last line only."""
    mine = await homes.of(scene.session, scene.resident.id)
    if not mine:
        return [(Say("home.none"), None)]
    found = await proposals.at(scene.session, mine, scene.now, [Stage.OPEN])
    shown = [row for row in found if row.closes_at and row.closes_at > scene.now][:SHOWN]
    if len(shown) == 1:
        only = await _ballot(scene, shown[0])
        return [(replace(only, buttons=(*only.buttons, PROPOSE)), None)]
    pick = [Button("vote_show", "button.topic", {"title": row.title}, {"proposal": row.id}) for row in shown]
    key = "votes.several" if shown else "votes.none"
    return [(Say(key, {"n": len(shown)}, (*pick, PROPOSE)), None)]


async def _show_vote(scene: Scene, effect: fx.ShowVote) -> Said:
    row = await votes.open_one(scene.session, effect.proposal, scene.now)
    mine = await homes.of(scene.session, scene.resident.id)
    if not effect.slip and set(row.places).isdisjoint(mine):
        raise NotAllowed("vote.not_here")
    return [(await _ballot(scene, row, effect.slip), None)]


async def _ballot(scene: Scene, row: Proposal, slip: str = "") -> Say:
    """What is asked, until when, how many have voted; its options as buttons for whom they are."""
    assert row.id is not None and row.closes_at is not None, "it is open"
    cast = (await votes.turnout(scene.session, [row.id])).get(row.id, 0)
    text = f"\n{row.text}" if row.text else ""
    args = {"title": row.title, "text": text, "until": row.closes_at.isoformat(), "n": cast, "quorum": row.quorum}
    if row.way is Way.HOUSEHOLD and not slip:
        return Say("vote.by_slip", args, (Button("slip", "button.slip"),))
    payload = {"proposal": row.id, **({"slip": slip} if slip else {})}
    return Say("vote.open", args, [
        Button("vote", "button.option", {"option": option}, {**payload, "choice": n})
        for n, option in enumerate(row.options)
    ])  # fmt: skip


async def _cast(scene: Scene, effect: fx.CastBallot) -> Said:
    """The choice is not repeated: the talk is kept, the ballot is secret."""
    row = await votes.cast(
        scene.session, scene.keys, scene.resident.id, effect.proposal, effect.choice, scene.now, slip=effect.slip
    )
    assert row.closes_at is not None, "it is open"
    payload = {"proposal": row.id, **({"slip": effect.slip} if effect.slip else {})}
    args = {"title": row.title, "until": row.closes_at.isoformat()}
    return [(Say("vote.done", args, (Button("vote_show", "button.vote_again", payload=payload),)), None)]


async def _use_slip(scene: Scene, effect: fx.UseSlip) -> Said:
    row, slip = await votes.of_slip(scene.session, scene.keys, effect.code, scene.now)
    return [(await _ballot(scene, row, slip), None)]


async def _propose(scene: Scene, effect: fx.Propose) -> Said:
    await proposals.raise_one(scene.session, scene.book, scene.resident.id, effect.place, effect.text, scene.now)
    return [(Say("propose.done", {"name": scene.book.place_name(effect.place)}), None)]


async def _give_score(scene: Scene, effect: fx.GiveScore) -> Said:
    await scores.give(
        scene.session, scene.book, scene.keys, scene.resident.id, effect.area, effect.answers, scene.now,
        business=effect.business,
    )  # fmt: skip
    return []


async def _score_words(scene: Scene, effect: fx.ScoreWords) -> Said:
    await scores.add_words(scene.session, scene.keys, scene.resident.id, effect.area, effect.text, scene.now)
    return []


async def _ask_score(scene: Scene, effect: fx.AskScore) -> Said:
    if not await scores.may_ask(scene.session, scene.resident.id, scene.now):
        return []
    return [(Say("score.ask", buttons=(Button("score", "button.score"), Button("never_mind", "button.not_now"))), None)]


async def _notices(scene: Scene, effect: fx.Notices) -> Said:
    if effect.off is not None:
        await announcements.refuse(scene.session, scene.resident.id, off=effect.off)
    off = (await homes.choice(scene.session, scene.resident.id)).notices_off
    return [(Say("notices.off" if off else "notices.on", buttons=(ON if off else OFF,)), None)]


async def _show_homes(scene: Scene, effect: fx.ShowHomes) -> Said:
    mine = await homes.of(scene.session, scene.resident.id)
    if not mine:
        return [(Say("home.none"), None)]
    names = [scene.book.place_name(code) for code in mine]
    buttons = [
        Button("leave", "button.leave", {"name": name}, {"place": code}) for name, code in zip(names, mine, strict=True)
    ]
    return [(Say("home.yours", {"name": "、".join(names)}, buttons), None)]


async def _leave(scene: Scene, effect: fx.Leave) -> Said:
    await homes.leave(scene.session, scene.resident.id, effect.place)
    return [(Say("home.left", {"name": scene.book.place_name(effect.place)}), None)]


PERFORM: Mapping[type, Callable[[Scene, Any], Awaitable[Said]]] = {
    fx.ShowVotes: _show_votes,
    fx.ShowVote: _show_vote,
    fx.CastBallot: _cast,
    fx.UseSlip: _use_slip,
    fx.Propose: _propose,
    fx.GiveScore: _give_score,
    fx.ScoreWords: _score_words,
    fx.AskScore: _ask_score,
    fx.Notices: _notices,
    fx.ShowHomes: _show_homes,
    fx.Leave: _leave,
}

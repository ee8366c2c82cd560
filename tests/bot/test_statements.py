"""How many statements a message and a step cost, through the doors: each is a journey to the database and back.

Whoever adds one to what everybody waits for says so here. Deliveries, which nobody waits for, are not among them.
"""

from collections.abc import Awaitable
from typing import TypeVar

from tests.support.site import Site
from tests.support.statements import statements

T = TypeVar("T")
ALLOWED = {  # act → statements at most, BEGIN and COMMIT aside
    "open the chat": 7,
    "tell": 4,
    "submit": 18,
    "look at a case": 4,
    "sign": 13,
    "reply": 23,
    "read the chat": 4,
    "contacted?": 5,
    "solved?": 5,
    "satisfied?": 17,
}


async def test_a_life_costs_no_more_statements_than_allowed(site: Site) -> None:
    spent: dict[str, list[str]] = {}

    async def cost(what: str, doing: Awaitable[T]) -> T:
        with statements() as heard:
            answer = await doing
        spent[what] = heard
        return answer

    resident = await cost("open the chat", site.resident(None))
    await cost("tell", resident.say("丹桂苑 3 栋楼下烧烤店油烟太大，天天到半夜"))
    await cost("submit", resident.press("submit"))
    number = resident.said[-1]["case"]["number"]
    await site.settle()
    worker = await site.staff("limin")
    page = await cost("look at a case", worker.case(number))
    page = await cost("sign", worker.step(number, "sign", version=page["case"]["version"]))
    told = {"text": "好了", "outcome": "solved", "photos": [await worker.upload()]}
    await cost("reply", worker.step(number, "reply", version=page["case"]["version"], **told))
    await site.settle()
    await cost("read the chat", resident.look())
    for question, answer in {"contacted?": "联系过", "solved?": "解决了", "satisfied?": "满意"}.items():
        await cost(question, resident.press("rate", answer))
    assert (await worker.case(number))["case"]["status"] == "closed"
    too_many = {what: said for what, said in spent.items() if len(said) > ALLOWED[what]}
    assert (too_many, spent.keys()) == ({}, ALLOWED.keys())


async def test_one_statement_more_is_noticed(site: Site) -> None:
    """The control: what is counted is what was sent."""
    resident = await site.resident(None)
    with statements() as heard:
        await resident.say("丹桂苑路灯坏了")
    assert sum("INSERT INTO chat_messages" in one for one in heard) == 1, heard
    assert len(heard) == len(set(heard)) == ALLOWED["tell"]

"""`python -m simulator`: a Bot API server for any number of bots, and the page to play with them."""

from typing import Annotated

import typer

from simulator.server import Server
from simulator.world import World

PEOPLE = (("张桂兰", 0), ("李勇", 1), ("王敏", 1))  # a resident, a grid worker, an admin; the number is their bot


def main(
    host: str = "127.0.0.1",
    port: int = 8081,
    token: Annotated[
        list[str] | None, typer.Option(help="A bot as TOKEN or TOKEN=username; again for each. None: two are made.")
    ] = None,
    limits: Annotated[bool, typer.Option(help="Answer 429 as Telegram does.")] = True,
) -> None:
    world = World(limits)
    for given in token or ["7000000001:resident-bot=fengqiao_bot", "7000000002:staff-bot=fengqiao_staff_bot"]:
        secret, _, username = given.partition("=")
        world.add_bot(secret, username)
    bots = list(world.bots.values())
    for name, which in PEOPLE:
        world.phones.append((world.add_user(name).id, bots[min(which, len(bots) - 1)].id))
    for bot in bots:
        print(f"bot @{bot.username}  token {bot.token}", flush=True)
    Server(world, host, port, signals=True).run()


if __name__ == "__main__":
    typer.run(main)

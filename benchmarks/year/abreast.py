"""Players who go through the year side by side, in processes of their own, each with its own streets.

Nobody is ahead of another: they agree on the next moment at which anything happens, and sweep only when all have done
what was before it.
"""

from collections.abc import Sequence
from multiprocessing.context import BaseContext
from multiprocessing.sharedctypes import SynchronizedArray
from multiprocessing.synchronize import Barrier

NEVER = float("inf")
PATIENCE = 900.0  # seconds: one who waits longer waits for somebody who is gone


class Abreast:
    """One player's end. Times are seconds since the epoch, NEVER for none."""

    def __init__(self, index: int, barrier: Barrier, times: SynchronizedArray) -> None:
        self.index, self._barrier, self._times = index, barrier, times

    @property
    def first(self) -> bool:
        return self.index == 0

    @property
    def players(self) -> int:
        return self._barrier.parties

    def together(self) -> None:
        self._barrier.wait(PATIENCE)

    def all_say(self, mine: Sequence[float]) -> list[float]:
        """The least that anybody says, for each place."""
        n = len(mine)
        self._times[self.index * n : (self.index + 1) * n] = list(mine)
        self.together()
        said = self._times[: self.players * n]
        least = [min(said[k::n]) for k in range(n)]
        self.together()
        return least

    def give_up(self) -> None:
        self._barrier.abort()


def abreast(context: BaseContext, players: int, places: int) -> list[Abreast]:
    barrier, times = context.Barrier(players), context.Array("d", players * places)
    return [Abreast(n, barrier, times) for n in range(players)]

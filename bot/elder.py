"""Elder mode (大字版): a line in shorter words where there are such, and with fewer answers at a time."""

from dataclasses import replace

from bot.flows.more import fewer
from bot.messages import Say
from bot.texts import DEFAULT, catalogue


def plainly(say: Say) -> Say:
    short = f"{say.key}.large"
    return replace(say, key=short if short in catalogue(DEFAULT) else say.key, buttons=fewer(say.buttons))

"""A town as an operator writes it: plain files in, a checked Town out. See data/README.md."""

from app.town.problems import Problem, SeedRefused
from app.town.read import Town, read_town

__all__ = ["Problem", "SeedRefused", "Town", "read_town"]

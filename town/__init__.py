"""A town as an operator writes it: plain files in, a checked Town out. See data/README.md."""

from town.problems import Problem, SeedRefused
from town.read import Town, read_town

__all__ = ["Problem", "SeedRefused", "Town", "read_town"]

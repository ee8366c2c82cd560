"""Under which headings residents find what the town can tell them (办事指南), in the order of its menu."""

from enum import StrEnum


class Topic(StrEnum):
    """`service.topic.<topic>` is its name in words."""

    MEDICAL = "medical"
    WORK = "work"
    PAPERS = "papers"
    FAMILY = "family"
    CARE = "care"
    HOME = "home"
    UTILITY = "utility"
    TRAFFIC = "traffic"
    BUSINESS = "business"
    RURAL = "rural"
    LAW = "law"
    LIFE = "life"

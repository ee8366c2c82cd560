"""The rule table as it is defined, without any index: every row in its order, every condition asked. The reference."""

from collections.abc import Iterable, Mapping

from models import RoutingRule
from routing.conditions import Condition, conditions_of
from routing.facts import Facts
from routing.rules import ordered


class PlainScan:
    def __init__(self, rules: Iterable[RoutingRule], areas: Mapping[str, int]) -> None:
        self.rows = list[tuple[RoutingRule, tuple[Condition, ...]]]()
        for rule in ordered(rules, areas):
            if not rule.enabled or (rule.area and rule.area not in areas):
                continue
            try:
                self.rows.append((rule, conditions_of(rule)))
            except ValueError:
                continue

    def route(self, facts: Facts) -> str | None:
        """The code of the row that decides, None where none does."""
        barred = facts.refused_units | facts.accused
        for rule, conditions in self.rows:
            if all(condition.holds(facts) for condition in conditions) and rule.unit not in barred:
                return rule.code
        return None

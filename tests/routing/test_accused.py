"""Whom a complaint is about: read from the text, at a place of the shipped town; and whom it then never goes to."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import AssignTo, Role
from routing.accused import accused
from routing.assign import barred, candidate, chain
from routing.facts import Facts
from routing.rules import NoRule, RuleBook
from tests.routing.test_rules import NOON
from tests.support.databases import ROOT
from town import Town, read_town

TOWN: Town = read_town(ROOT / "data")
AREAS = {area.code: area for area in TOWN.areas}
UNITS = {unit.code: unit for unit in TOWN.units}
for _person in TOWN.people:
    _person.active = True
HERE = AREAS["CX-DG-01-03"].path  # 丹桂苑: 李敏; the community's leader is 王兴, the street's 贺志强

WORKER = {"limin", "DG-01"}
LEADER = {"wangxing", "DG-01"}
STREET = {"hezhiqiang", "DG"}
SQUAD, POLICE, OFFICE = {"DG-CG"}, {"DG-PCS"}, {"DG-01"}


def about(text: str, path: Sequence[str] = HERE) -> set[str]:
    return set(accused(text, path, TOWN.people, UNITS, AREAS))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # about people, by title
        ("我们网格员态度很差", WORKER),
        ("我們網格員態度很差，說話很衝", WORKER),
        ("网格员 推诿，说不归他管", WORKER),
        ("反映了三次，网格员每次都是敷衍", WORKER),
        ("网格员骂人，还把我拉黑了", WORKER),
        ("网格员收了店家的红包", WORKER),
        ("举报我们小区的网格员", WORKER),
        ("投诉网格员李敏", WORKER),
        ("态度恶劣的网格员什么时候换", WORKER),
        ("垃圾一周没人清，网格员来看了一眼就不管了", WORKER),
        ("网格长徇私，把补贴给了亲戚", LEADER),
        ("社区书记吃拿卡要", LEADER),
        ("丹桂社区的王书记优亲厚友", LEADER),
        ("王书记骂我", LEADER),
        ("街道主任不作为", STREET),
        ("网格员和社区书记互相推诿", WORKER | LEADER),
        # about people, by name
        ("李敏态度特别差", WORKER),
        ("李敏的服务不行，我要投诉李敏", WORKER),
        ("城管局的张伟收了摊主的好处费", {"zhangwei", "CGJ"}),
        # about offices
        ("城管队员打人", SQUAD),
        ("城管执法粗暴，掀了摊子", SQUAD),
        ("执法队员吃拿卡要", SQUAD),
        ("民警态度恶劣，不给立案", POLICE),
        ("居委会推诿扯皮", OFFICE),
        ("街道办不作为", {"DG"}),
        ("生态环境分局不作为", {"HBJ"}),
        # elsewhere than the case
        ("文昌社区的书记推诿", set()),  # 书记 alone has nobody's surname
        ("文昌社区书记推诿", {"lujinfeng", "DG-02"}),
        # nobody of ours, or nothing to blame
        ("网格员很负责，辛苦了", set()),
        ("感谢网格员李敏帮我找到了孩子", set()),
        ("跟网格员反映过，邻居还是骂人", set()),
        ("网格员很负责，物业却一直推诿", set()),
        ("网格员来调解，楼上的人态度很差", set()),
        ("网格员被骂了，请管管那个住户", set()),
        ("网格员从不推诿，点赞", set()),
        ("网格员态度很好", set()),
        ("我向网格员投诉过三次", set()),
        ("投诉了三次网格员才来", set()),
        ("物业态度很差，推诿不作为", set()),
        ("老板骂人，城管来了也没用", set()),
        ("楼下烧烤店油烟太大", set()),
        ("请问网格员的电话是多少", set()),
        ("城管队员巡查很辛苦。摊主骂人", set()),
        ("小区的李敏奶奶走失了", set()),
        ("邻居家的狗咬人，派出所不远", set()),
        ("社区里垃圾成堆，一直没人管", set()),
        ("", set()),
    ],
)
def test_whom_it_is_about(text: str, expected: set[str]) -> None:
    assert about(text) == expected


def test_without_a_place_no_grid_is_blamed_but_offices_and_names_are() -> None:
    assert about("我们网格员态度很差", ()) == set()
    assert about("李敏态度很差", ()) == WORKER
    assert about("城管队员打人", ()) >= {"DG-CG", "LH-CG", "CGJ"}
    assert about("丹桂社区的网格员推诿", ()) == {"kangkeqin", "laidongsheng", "limin", "xiayonggang", "DG-01"}


def test_nobody_of_another_grid_is_meant_by_their_name_alone() -> None:
    assert about("康克勤态度很差") == set()  # works in the first grid
    assert about("李敏态度很差", AREAS["CX-LH-01-01"].path) == set()


@pytest.mark.parametrize(
    ("whom", "never"),
    [
        ({"limin"}, {"limin", "wangxing"}),
        ({"wangxing"}, {"wangxing", "hezhiqiang"}),
        ({"zhangwei"}, {"zhangwei", "dongchunsheng"}),
        ({"dongchunsheng"}, {"dongchunsheng", "guwenbo"}),
        ({"DG-CG"}, {"suyong", "changhui"}),
        (set(), set()),
    ],
)
def test_whom_it_never_goes_to(whom: set[str], never: set[str]) -> None:
    assert barred(whom, TOWN.people, AREAS, UNITS) == never


BOOK = RuleBook(TOWN.rules, {area.code: area.level for area in TOWN.areas})
CODES = sorted({one.code for one in TOWN.people} | set(UNITS))
LABELS = [(one.parent or one.code, one.code if one.parent else None) for one in TOWN.categories]
PATHS = [area.path for area in TOWN.areas if area.level == 3]


@settings(deadline=None)
@given(
    st.sampled_from(LABELS),
    st.sampled_from([(), *PATHS]),
    st.frozensets(st.sampled_from(CODES), min_size=1, max_size=3),
    st.sampled_from([None, "gas"]),
)
def test_it_never_goes_to_the_accused_their_manager_or_anybody_of_an_accused_unit(
    label: tuple[str, str | None], path: Sequence[str], whom: frozenset[str], danger: str | None
) -> None:
    """By the shipped table, with the shipped people: somebody else handles it, or nobody does and a person decides."""
    facts = Facts(category=label[0], item=label[1], area_path=tuple(path), danger=danger, accused=whom, at=NOON)
    try:
        decision = BOOK.route(facts)
    except NoRule:
        return
    never = barred(whom, TOWN.people, AREAS, UNITS)
    person = candidate(decision, TOWN.people, {}, path, never, AREAS)
    people = {one.code: one for one in TOWN.people}
    assert decision.unit not in whom
    assert person is None or (person not in whom and people[person].unit not in whom)
    for one in whom & people.keys():
        ranks = chain(one, people[one].unit, TOWN.people, AREAS, units=UNITS)
        above = ranks[ranks.index(one) + 1 :] if one in ranks else ranks
        assert person is None or person != next(iter(above), None)


def test_a_worker_accused_is_passed_by_the_very_rule_that_would_have_chosen_them() -> None:
    facts = Facts(category="生态环境", item="生态环境/餐饮油烟", area_path=tuple(HERE), at=NOON)
    decision = BOOK.route(facts)
    assert decision.assign is AssignTo.CELL
    assert candidate(decision, TOWN.people, {}, HERE, (), AREAS) == "limin"
    never = barred(WORKER, TOWN.people, AREAS, UNITS)
    person = candidate(decision, TOWN.people, {}, HERE, never, AREAS)
    assert person is not None
    assert {one.code: one.role for one in TOWN.people}[person] is Role.CLERK

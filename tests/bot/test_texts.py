"""Every text, in every language: the same keys, the same holes, the right script, none missing and none left over."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import Any

import opencc
import pytest

from bot.channels.telegram_texts import RESIDENT_COMMANDS, STAFF_COMMANDS
from bot.desk import asking
from bot.flows.danger import ANSWERS as SAFETY
from bot.flows.progress import ASKS_WORDS, OFFERED, QUESTIONS
from bot.papers import bulletin
from bot.texts import DEFAULT, LOCALES, by_subject, catalogue
from cases import errors
from cases.actors import SYSTEM
from cases.behalf import How
from cases.drift import Kind
from cases.gate import CHECKS
from cases.learning import Stage
from cases.learning import State as Teaching
from cases.lifecycle import told_args
from cases.notices import TOLD, Audience
from cases.scores import MARKS
from cases.warnings import Kind as Warned
from classifiers.danger import lexicon
from classifiers.kinds import KINDS
from models import STEPS, ClockAct, CoStatus, ExclusionReason, Outcome, ReturnReason, Role, Status
from models.hot import Colour
from routing.topics import Topic
from town.describe import SETTINGS, TABLES
from town.tables import PlaceKind
from web.console import cases_export
from web.console.partners import ANSWERED
from web.console.tables_view import ELSEWHERE, HINTED

ROOT = Path(__file__).parents[2]
OTHERS = [locale for locale in LOCALES if locale != DEFAULT]
NAMES = {f"button.locale_{locale}" for locale in LOCALES}  # each language's own name, the same everywhere
MONTHS = {"when.date", "when.date_year", "paper.day"}  # English writes the month out
HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")

# Right in Taiwan and Hong Kong, though s2t prefers a rarer form: 分派台 (臺), 批准 (準), 吃剩 (喫), 群組 (羣).
ALSO_TRADITIONAL = frozenset("台准吃群")

KEY = re.compile(r"[a-z_]+(?:\.[A-Za-z_-]*[A-Za-z])+")
BARE = {"hello", "help", "filed", "never_mind", "unreadable"}  # keys without a dot, found only where a key is expected

FILES = (".jpg", ".ogg", ".html", ".csv", ".css", ".js")  # names of files look like keys
CARD_LINES = re.findall(r'CardLine\(\s*"(\w+)"', (ROOT / "bot/flows/card.py").read_text("utf-8"))
BY_STAFF = {name for name, step in STEPS.items() if step.who - {Role.RESIDENT, Role.SYSTEM}}

ASKS_FOR_WORDS = {name for name in BY_STAFF if "text" in asking.questions(name, STEPS[name].needs)}


def told(*, resident: bool) -> set[str]:
    return {kind for kind, to in TOLD.items() if any((a is Audience.RESIDENT) is resident for a in to)}


TABLE_COLUMNS = [column for table in TABLES for column in table.columns]
CHOICES = [f"{column.of}.{value}" for column in TABLE_COLUMNS if column.of not in ELSEWHERE for value in column.choices]


def logged(what: str) -> list[str]:
    """What the log of changes has words for; tests/web/test_console_tables.py holds it against what is logged."""
    return [key.rpartition(".")[2] for key in catalogue(DEFAULT) if key.startswith(f"console.audit.{what}.")]


# Every f-string in the code that names a text, with all it can become. A new one fails here until it is listed.
FAMILIES: dict[str, Iterable[str]] = {
    "ask.{}": ASKS_WORDS,
    "button.{}": OFFERED,
    "button.{}_{}": [f"{question}_{a}" for question, answers in QUESTIONS.items() for a in answers],
    "button.locale_{}": LOCALES,
    "button.mark_{}": MARKS,
    "button.safety_{}": SAFETY,
    "card.label.{}": CARD_LINES,
    "co_status.{}": CoStatus,
    "danger.{}": [kind for kind, _, _ in lexicon()[1]],
    "console.audit.act.{}": logged("act"),
    "console.audit.by.{}": logged("by"),
    "console.audit.field.{}": logged("field"),
    "console.audit.of.{}": logged("of"),
    "console.board.colour.{}": [colour for colour in Colour if colour is not Colour.GREEN],
    "console.board.rate.{}": ["contacted", "solved", "satisfied"],
    "console.settings.field.{}": [column.name for column in SETTINGS],
    "console.tables.case.{}": cases_export.COLUMNS,
    "console.tables.choice.{}.{}": CHOICES,
    "console.tables.column.{}": {c.name for c in TABLE_COLUMNS} | {"people_code", "people_name", "outline", "value"},
    "console.tables.hint.{}": [*HINTED, "sign_in"],
    "console.tables.name.{}": [*(table.name for table in TABLES), "outlines"],
    "console.tables.weekday.{}": "1234567",
    "console.texts.of.{}": by_subject(DEFAULT),
    "desk.{}": told(resident=False),
    "due.{}": ["sign", "sort", "contact", "resolve", "waiting", "co_called", "co_signed"],
    "drift.{}": Kind,
    "event.{}": TOLD,
    "ground.{}": ExclusionReason,
    "filing.{}": ["code", "due", "who"],
    "hotline.column_{}": ["external", "number", *ANSWERED],
    "kind.{}": KINDS,
    "learning.check.{}": [check.name for check in CHECKS],
    "menu.{}": [*RESIDENT_COMMANDS, *STAFF_COMMANDS],
    "outcome.{}": Outcome,
    "paper.bulletin.{}": ["units", "areas", "warnings", "hot", "late", "clearing", "good"],
    "paper.colour.{}": Colour,
    "paper.column.{}": [*bulletin.COUNTS, *bulletin.COLUMNS, *bulletin.AREA_COLUMNS],
    "paper.kind.{}": Warned,
    "public.share.{}": ["about", "at_least", "at_most"],
    "rate.{}": QUESTIONS,
    "rating.{}_{}": [f"{question}_{a}" for question, answers in QUESTIONS.items() for a in answers],
    "reason.{}": ReturnReason,
    "resident.{}": told(resident=True),
    "role.{}": Role,
    "rule.because.{}": ["validity", "valid_from", "valid_to"],
    "rule.place.{}": PlaceKind,
    "rule.weekday.{}": "abcdefg",
    "safety.note_{}": SAFETY,
    "safety.told_{}": SAFETY,
    "service.topic.{}": Topic,
    "status.{}": Status,
    "status_name.{}": Status,
    "step_name.{}": STEPS,
    "task.button.{}": How,
    "task.ask.{}": asking.CHOICES,
    "task.card.{}": ["photos", "joined", "urges", "rounds", "returns"],
    "task.done.{}": BY_STAFF,
    "task.models.stage.{}": Stage,
    "task.models.state.{}": {"in_use", "watching", "cancelled", *Teaching},
    "task.orders.{}": ["waits", "overdue", "answered"],
    "task.say.{}": ASKS_FOR_WORDS | {asking.HAND_OVER, "assign"},  # in arbitration
    "warn.kind.{}": Warned,
    "when.{}": ["today", "tomorrow", "date", "date_year"],
    "{}.{}": [],  # a staff step's choices: reason.* and outcome.*, above
}


def built() -> set[str]:
    """What the families become."""
    return {_fill(family, name) for family, names in FAMILIES.items() for name in names}


def _fill(family: str, name: str) -> str:
    return family[: family.index("{")] + str(name)


def trees() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("bot", "cases", "town", "web"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))


def _called(call: ast.Call) -> str:
    return str(getattr(call.func, "id", "") or getattr(call.func, "attr", ""))


def _refusals() -> set[str]:
    """Refusal and all its subclasses, wherever they are."""
    names = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.Refusal)}
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") in names for base in node.bases):
                names.add(node.name)
    return names


def _strings(node: ast.AST) -> Iterator[str]:
    """The constants an expression can be: itself, or either branch of a condition."""
    if isinstance(node, ast.IfExp):
        yield from _strings(node.body)
        yield from _strings(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _logged(tree: ast.Module) -> set[int]:
    """Names of log lines look like keys and are none."""
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    logs = [c for c in calls if getattr(c.func.value, "id", "") == "log"]  # type: ignore[attr-defined]
    return {id(arg) for call in logs for arg in call.args}


def _expected(tree: ast.Module, key_at: dict[str, int]) -> set[str]:
    """Constants where a key is expected: Say("…"), say("…"), Button(_, "…"), a refusal's first word, key = "…"."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) > (at := key_at.get(_called(node), 99)):
            found |= set(_strings(node.args[at]))
        if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "key" for target in node.targets):
            found |= set(_strings(node.value))
    return found


def in_python() -> set[str]:
    """Every key the code names: where one is expected, and whatever else looks like one of ours."""
    key_at = {"Say": 0, "say": 0, "Button": 1, "CardLine": 1, "refusal": 1} | dict.fromkeys(_refusals(), 0)
    heads = {key.partition(".")[0] for key in catalogue(DEFAULT)}
    found: set[str] = set()
    for _, tree in trees():
        found |= _expected(tree, key_at)
        logged = _logged(tree)
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if (
                id(node) not in logged
                and KEY.fullmatch(text)
                and not text.endswith(FILES)
                and text.partition(".")[0] in heads
            ):
                found.add(text)
    return found


def patterns() -> set[str]:
    """The shapes of all f-strings that could name a text."""
    found: set[str] = set()
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                shape = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
                if re.fullmatch(r"[a-z{][a-z_.{}]+", shape) and ("." in shape.partition("{}")[0] or shape == "{}.{}"):
                    found.add(shape)
    return found


PAGES = ("chat", "staff", "page", "console", "public", "refused")
_HEAD = "|".join(PAGES)


def on_pages() -> tuple[set[str], list[re.Pattern[str]]]:
    """Keys the pages name, and the shapes of those they build: `staff.step.${name}`, "console.page." ~ page.name."""
    files = [*(ROOT / "web/static/own").rglob("*.js"), *(ROOT / "web/templates").rglob("*.html")]
    text = "\n".join(path.read_text("utf-8") for path in files)
    literal = set(re.findall(rf"""["'`]((?:{_HEAD})\.[a-z_.]*[a-z])["'`]""", text))
    shapes = re.findall(rf"`((?:(?:{_HEAD})\.|\$\{{page\.name\}}\.)[a-z_.]*(?:\$\{{[\w.]+\}})?)`", text)
    shapes += [f"{shape}$" for shape in re.findall(rf"""["']((?:{_HEAD})\.[a-z_.]*[._])["'] ~""", text)]
    open_ = [re.sub(r"\$(\{[\w.]+\})?", "#", shape) for shape in shapes if "$" in shape]
    literal.discard("console.live")  # what the console's pages call themselves to their script
    return literal, [re.compile(re.escape(shape).replace(r"\#", "[A-Za-z_-]+")) for shape in open_]


def of_pages() -> set[str]:
    return {key for key in catalogue(DEFAULT) if key.partition(".")[0] in PAGES}


def spoken() -> set[str]:
    return set(catalogue(DEFAULT)) - of_pages()


LARGE = sorted(key for key in spoken() if key.removesuffix(".large") in spoken() - {key})  # a line in elder mode


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def every(locale: str) -> list[tuple[str, str]]:
    return sorted(catalogue(locale).items())


@pytest.mark.parametrize("locale", OTHERS)
def test_every_language_has_the_same_keys(locale: str) -> None:
    assert sorted(catalogue(locale)) == sorted(catalogue(DEFAULT))


@pytest.mark.parametrize("locale", OTHERS)
def test_every_text_has_the_same_holes(locale: str) -> None:
    def asked(key: str) -> set[str]:
        wanted = holes(catalogue(DEFAULT)[key])
        return wanted - {"month"} | {"month_name"} if locale == "en" and key in MONTHS else wanted

    differ = {key: (asked(key), holes(text)) for key, text in every(locale) if holes(text) != asked(key)}
    assert not differ


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_is_empty(locale: str) -> None:
    assert not [key for key, text in every(locale) if not text.strip()]


def test_traditional_has_no_simplified_characters() -> None:
    traditional = opencc.OpenCC("s2t")
    wrong = {}
    for key, text in every("zh-Hant"):
        turned = traditional.convert(text)
        differ = {a for a, b in zip(text, turned, strict=True) if a != b}
        if key != "button.locale_zh-Hans" and differ - ALSO_TRADITIONAL:
            wrong[key] = differ
    assert not wrong


def test_allowed_characters_are_used() -> None:
    said = "".join(text for _, text in every("zh-Hant"))
    assert set(said) >= ALSO_TRADITIONAL


def test_simplified_has_no_traditional_characters() -> None:
    simplified = opencc.OpenCC("t2s")
    but = {"button.locale_zh-Hant"}
    assert not {key: text for key, text in every("zh-Hans") if key not in but and simplified.convert(text) != text}


def test_english_has_no_chinese() -> None:
    assert not {key: text for key, text in every("en") if key not in NAMES and HAN.search(text)}


def test_a_language_is_called_by_its_own_name_everywhere() -> None:
    assert len({tuple(catalogue(locale)[key] for key in sorted(NAMES)) for locale in LOCALES}) == 1


@pytest.mark.parametrize("locale", LOCALES)
def test_emergency_numbers_stay(locale: str) -> None:
    """Whoever reads any language is told the same numbers, in the same order."""
    dangers = [key for key in spoken() if key.startswith("danger.")]
    calls = {key: re.findall(r"\d{3,}", catalogue(locale)[key]) for key in dangers}
    assert calls == {key: re.findall(r"\d{3,}", catalogue(DEFAULT)[key]) for key in dangers}
    assert all(calls.values())


def test_every_family_of_keys_is_listed() -> None:
    assert patterns() == set(FAMILIES)


def test_every_key_in_code_exists() -> None:
    missing = (in_python() | built()) - set(catalogue(DEFAULT))
    assert not missing


def test_no_key_is_left_over() -> None:
    unused = spoken() - in_python() - built() - set(LARGE)
    assert not unused
    assert not {key for key in spoken() if "." not in key} - BARE


def test_every_key_on_the_pages_exists() -> None:
    literal, _ = on_pages()
    steps = {f"staff.step.{name}" for name in BY_STAFF}
    asked = {f"staff.ask.text.{name}" for name in BY_STAFF if "text" in STEPS[name].needs}
    needs = {f"staff.need.{need}" for name in BY_STAFF for need in STEPS[name].needs}
    missing = (literal | steps | asked | needs) - of_pages()
    assert not missing


def test_no_key_of_the_pages_is_left_over() -> None:
    literal, shapes = on_pages()
    named = literal | in_python() | built()
    assert not {key for key in of_pages() - named if not any(shape.fullmatch(key) for shape in shapes)}


def _told_names() -> set[str]:
    none: Any = SimpleNamespace(place_name=str, area_name=str)
    case: Any = SimpleNamespace(
        number="", unit="", item="", category="", place="", place_text="", grid="", due_at=None, sign_due_at=None,
        assignee="", outcome=None, extension=None, ordered=None, exclusion=None,
    )  # fmt: skip
    return set(told_args(none, case, SYSTEM, ""))


@pytest.mark.parametrize(
    ("family", "given"),
    [
        ("desk.", _told_names()),
        ("resident.", _told_names()),
        ("status.", _told_names() | {"result"}),
        (
            "event.",
            {
                "who",
                "assignee",
                "unit",
                "reason",
                "number",
                "days",
                "until",
                "due",
                "other",
                "called",
                "order",
                "ground",
            },
        ),
    ],
)
def test_a_text_asks_only_for_what_it_is_given(family: str, given: set[str]) -> None:
    asked = {key: holes(text) for key, text in every(DEFAULT) if key.startswith(family)}
    assert asked
    assert not {key: names - given for key, names in asked.items() if names - given}


def test_nobody_is_named_where_the_system_acts() -> None:
    """The system has no name: a text about what only it does must not say {who}."""
    alone = {name for name, step in STEPS.items() if Role.SYSTEM in step.who} | set(ClockAct) | {"submit"}
    keys = [f"{family}.{kind}" for family in ("desk", "resident", "event") for kind in alone]
    assert not [key for key in keys if "who" in holes(catalogue(DEFAULT).get(key, ""))]


@pytest.mark.parametrize("locale", LOCALES)
def test_elder_mode_says_the_same_line_in_fewer_words(locale: str) -> None:
    texts = catalogue(locale)
    plain = {key: key.removesuffix(".large") for key in LARGE}
    assert plain.keys() and not [key for key, base in plain.items() if base not in texts]
    assert not [key for key, base in plain.items() if len(texts[key]) > len(texts[base])]
    assert not [key for key, base in plain.items() if holes(texts[key]) - holes(texts[base]) - {"briefly"}]

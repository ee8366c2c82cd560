"""Every text somebody could have written, poisoned: two hundred ways to smuggle a script into a page."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Engine, Enum, String, create_engine, text
from sqlmodel import SQLModel

import models  # noqa: F401 - all tables
from app.database import sqlalchemy_url

CALLS = ("window.xss=1", "parent.xss=1", "top.xss=1", "self['xss']=1", "document.title='xss'")
BREAKS = ("", '"', "'", "'\"", "-->", "</script>", "</textarea>", "</title>", "]]>", "{{7*7}}")
WAYS = (
    "<script>{call}</script>", "<img src=x onerror={call}>", "<svg onload={call}>", "<body onload={call}>",
    "<a href='javascript:{call}'>x</a>", "<iframe srcdoc='<script>{call}</script>'></iframe>",
    "<details open ontoggle={call}>", "<math><mtext></p><style><img src onerror={call}>", "${{{call}}}",
    " onmouseover={call} autofocus onfocus={call} x=",
    "<form action=javascript:{call}><button autofocus onfocus={call}>",
    "<style>*{{background:url(//evil.example)}}</style>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>", "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>", "&lt;script&gt;{call}&lt;/script&gt;",
    "<scr<script>ipt>{call}</scr</script>ipt>", "<IMG SRC=# ONERROR={call}>", "<svg><script>{call}</script></svg>",
    "javascript:{call}",
)  # fmt: skip


def payloads() -> list[str]:
    """Two hundred, each way with each break before it."""
    return [brake + way.format(call=CALLS[n % len(CALLS)]) for n, way in enumerate(WAYS) for brake in BREAKS]


WORDS = frozenset(
    [
        "name",
        "name_hant",
        "name_en",
        "text",
        "note",
        "duties",
        "address",
        "place_text",
        "result",
        "decision",
        "reason",
        "title",
        "title_en",
        "answer",
        "answer_en",
        "body",
        "asked",
        "appeal",
        "why",
        "hint",
        "subject",
        "words",
        "comment",
        "steps",
        "materials",
        "window",
        "where",
        "when",
        "cost",
        "how_long",
        "option",
        "said",
        "description",
    ]
)


def poison(url: str, *, tables: Sequence[str] = (), but: Sequence[str] = ()) -> Mapping[str, int]:
    """Puts a payload before every word of people in these tables (or all): how many rows of which `table.column`."""
    engine = create_engine(sqlalchemy_url(url))
    try:
        return _poison(engine, [one for one in _columns() if (not tables or one[0] in tables) and one[0] not in but])
    finally:
        engine.dispose()


def _columns() -> Iterator[tuple[str, str]]:
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            plain = isinstance(column.type, String) and not isinstance(column.type, Enum)
            own = not column.primary_key and not column.foreign_keys and not column.unique
            address = table.name != "places" and column.name == "address"
            if plain and own and column.name in WORDS and not address:
                yield table.name, column.name


def _poison(engine: Engine, columns: Sequence[tuple[str, str]]) -> Mapping[str, int]:
    done: dict[str, int] = {}
    with engine.begin() as connection:
        for table, column in columns:
            statement = text(  # our own tables and columns
                f'UPDATE "{table}" SET "{column}" = (:all)[1 + abs(hashtext(ctid::text || :salt)) % {len(payloads())}]'
                f' || "{column}" WHERE "{column}" <> \'\''
            )
            result = connection.execute(statement, {"all": payloads(), "salt": f"{table}.{column}"})
            if result.rowcount:
                done[f"{table}.{column}"] = result.rowcount
    return done

"""What lists of a million cases need: words marked with place and kind as well, and what waits for one person."""

import sqlalchemy as sa
from alembic import op

revision = "0010_lists"
down_revision = "0009_partners"

OPEN_CASES = (
    "status IN ('submitted', 'triage', 'dispatched', 'returned', 'arbitration', 'accepted', 'waiting', 'replied', "
    "'reopened')"
)
DUE = sa.text("COALESCE(due_at, 'infinity'::timestamp with time zone)")
MARKS = """
CREATE OR REPLACE FUNCTION case_words_of(one cases) RETURNS integer[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT word_pairs(one.text || ' ' || one.place_text) || array_agg(DISTINCT word_mark(said))
    FROM unnest(ARRAY[
        CASE WHEN one.OPEN_CASES THEN 'open' END, 'month=' || to_char(one.submitted_at AT TIME ZONE 'UTC', 'YYYY-MM'),
        'unit=' || one.unit, 'grid=' || one.grid, 'category=' || one.category, 'item=' || one.item,
        'who=' || one.assignee, 'who=' || one.accountable, 'who=' || one.filed_by MORE
    ] || (SELECT coalesce(array_agg('co=' || unit), '{}') FROM unnest(one.co_units) AS unit)
      || (SELECT coalesce(array_agg('co=' || unit), '{}') FROM jsonb_object_keys(one.co_tasks) AS unit)
      || (SELECT coalesce(array_agg('who=' || person), '{}') FROM unnest(one.called) AS person)
    ) AS said WHERE said IS NOT NULL
$$
""".replace("OPEN_CASES", OPEN_CASES)
MORE = ", 'place=' || one.place, 'kind=' || (one.facts ->> 'kind')"
MARKED = (
    "text", "place_text", "unit", "grid", "category", "item", "assignee", "accountable", "filed_by", "co_units",
    "co_tasks", "called",
)  # fmt: skip
# Without the index, which is made anew: among a million cases minutes, with it a quarter of an hour.
ADD = """
UPDATE case_words SET words = words || array_remove(
    ARRAY[word_mark('place=' || cases.place), word_mark('kind=' || kind)], NULL)
FROM cases, LATERAL (SELECT facts ->> 'kind') AS said(kind)
WHERE cases.id = case_id AND (cases.place IS NOT NULL OR kind IS NOT NULL)
"""
REMOVE = """
UPDATE case_words SET words = array_remove(array_remove(
    words, coalesce(word_mark('place=' || cases.place), 0)), coalesce(word_mark('kind=' || kind), 0))
FROM cases, LATERAL (SELECT facts ->> 'kind') AS said(kind)
WHERE cases.id = case_id AND (cases.place IS NOT NULL OR kind IS NOT NULL)
"""


def _keep(*marked: str) -> None:
    """Words are written anew when one of these changes."""
    old, new = (", ".join(f"{row}.{name}" for name in marked) for row in ("OLD", "NEW"))
    op.execute("DROP TRIGGER case_words_keep ON cases")
    op.execute(
        f"CREATE TRIGGER case_words_keep AFTER UPDATE ON cases FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new})"
        f" OR (OLD.{OPEN_CASES}) <> (NEW.{OPEN_CASES})) EXECUTE FUNCTION case_words_keep()"
    )


def _rewrite(statement: str) -> None:
    op.drop_index("ix_case_words", table_name="case_words")
    op.execute(statement)
    op.create_index(
        "ix_case_words",
        "case_words",
        ["words"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 512},
    )


def upgrade() -> None:
    op.execute(MARKS.replace(" MORE", MORE))
    _keep(*MARKED, "place", "submitted_at", "facts ->> 'kind'")
    _rewrite(ADD)
    open_ = sa.text(OPEN_CASES)
    op.create_index("ix_cases_in_hand", "cases", ["assignee", DUE, "id", "status", "overdue"], postgresql_where=open_)
    nobodys = sa.text(f"assignee IS NULL AND {OPEN_CASES}")
    op.create_index("ix_cases_nobodys", "cases", ["unit", "status"], postgresql_where=nobodys)


def downgrade() -> None:
    op.drop_index("ix_cases_nobodys", table_name="cases")
    op.drop_index("ix_cases_in_hand", table_name="cases")
    _rewrite(REMOVE)
    _keep(*MARKED)
    op.execute(MARKS.replace(" MORE", ""))

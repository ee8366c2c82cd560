"""Console."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005_console"
down_revision = "0004_together"

OPEN_CASES = (
    "status IN ('submitted', 'triage', 'dispatched', 'returned', 'arbitration', 'accepted', 'waiting', 'replied', "
    "'reopened')"
)
DONE_CASES = "status IN ('resolved', 'closed', 'rejected', 'withdrawn', 'merged')"
DUE = sa.text("COALESCE(due_at, 'infinity'::timestamp with time zone)")
URGENCY = sa.text("((NOT ringing)::integer + (danger IS NULL)::integer)")
MOSTLY = ["status", "unit", "grid", "category"]


def _by_time(name: str, column: str, where: str | None = None) -> tuple[str, list[Any], dict[str, Any]]:
    more = {"postgresql_where": sa.text(where)} if where else {}
    return f"ix_cases_{name}", [sa.text(column), "submitted_at"], more


def _some(name: str, where: str) -> tuple[str, list[Any], dict[str, Any]]:
    return f"ix_cases_{name}", ["submitted_at"], {"postgresql_where": sa.text(where)}


def _holding(column: str, nothing: str | None = None) -> tuple[str, list[Any], dict[str, Any]]:
    where = {"postgresql_where": sa.text(f"{column} <> {nothing}")} if nothing else {}
    return f"ix_cases_{column}", [column], {"postgresql_using": "gin", **where}


LISTED = (
    ("ix_cases_open_due", [DUE, "id", *MOSTLY], {"postgresql_where": sa.text(OPEN_CASES)}),
    ("ix_cases_open_urgent", [URGENCY, DUE, "id", *MOSTLY], {"postgresql_where": sa.text(OPEN_CASES)}),
    _by_time("of_status", "status"),
    _by_time("of_unit", "unit"),
    _by_time("of_grid", "grid"),
    _by_time("of_place", "place", "place IS NOT NULL"),
    _by_time("of_category", "category"),
    _by_time("of_item", "item"),
    _by_time("of_kind", "(facts ->> 'kind')"),
    _by_time("of_assignee", "assignee", "assignee IS NOT NULL"),
    _by_time("of_accountable", "accountable", "accountable IS NOT NULL"),
    ("ix_cases_done", ["submitted_at", "overdue"], {"postgresql_where": sa.text(DONE_CASES)}),
    _some("danger", "danger IS NOT NULL"),
    _some("joined", "joined > 0"),
    _some("merged", "master IS NOT NULL"),
    _some("ordered", "ordered IS NOT NULL"),
    _holding("called", "'{}'::text[]"),
    _holding("co_units"),
    _holding("co_tasks", "'{}'::jsonb"),
)

# Every two neighbouring characters that are no space, as one number: 16 bits each, so that nothing is looked up.
WORD_PAIRS = """
CREATE FUNCTION word_pairs(said text) RETURNS integer[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT
        (((ascii(one) & 65535)::bigint << 16 | (ascii(next) & 65535)) - 2147483648)::integer), '{}')
    FROM (
        SELECT one, lead(one) OVER (ORDER BY at) AS next
        FROM string_to_table(lower(said), NULL) WITH ORDINALITY AS signs(one, at)
    ) AS pairs WHERE ascii(one) > 32 AND ascii(next) > 32
$$
"""
# What a list narrows words by, as numbers among them: by chance two may be one, so each is asked of the case as well.
WORD_MARK = """
CREATE FUNCTION word_mark(said text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ('x' || substr(md5(said), 1, 8))::bit(32)::integer
$$
"""
MARKS = """
CREATE FUNCTION case_words_of(one cases) RETURNS integer[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT word_pairs(one.text || ' ' || one.place_text) || array_agg(DISTINCT word_mark(said))
    FROM unnest(ARRAY[
        CASE WHEN one.OPEN_CASES THEN 'open' END, 'month=' || to_char(one.submitted_at AT TIME ZONE 'UTC', 'YYYY-MM'),
        'unit=' || one.unit, 'grid=' || one.grid, 'category=' || one.category, 'item=' || one.item,
        'who=' || one.assignee, 'who=' || one.accountable, 'who=' || one.filed_by
    ] || (SELECT coalesce(array_agg('co=' || unit), '{}') FROM unnest(one.co_units) AS unit)
      || (SELECT coalesce(array_agg('co=' || unit), '{}') FROM jsonb_object_keys(one.co_tasks) AS unit)
      || (SELECT coalesce(array_agg('who=' || person), '{}') FROM unnest(one.called) AS person)
    ) AS said WHERE said IS NOT NULL
$$
""".replace("OPEN_CASES", OPEN_CASES)
KEEP = """
CREATE FUNCTION case_words_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO case_words (case_id, words) VALUES (NEW.id, case_words_of(NEW))
    ON CONFLICT (case_id) DO UPDATE SET words = EXCLUDED.words;
    RETURN NULL;
END $$
"""
MARKED = (
    "text", "place_text", "unit", "grid", "category", "item", "assignee", "accountable", "filed_by", "co_units",
    "co_tasks", "called",
)  # fmt: skip
CHANGED = (
    f"({', '.join(f'OLD.{name}' for name in MARKED)}) IS DISTINCT FROM ({', '.join(f'NEW.{name}' for name in MARKED)})"
)
TRIGGERS = (
    "CREATE TRIGGER case_words_new AFTER INSERT ON cases FOR EACH ROW EXECUTE FUNCTION case_words_keep()",
    f"CREATE TRIGGER case_words_keep AFTER UPDATE ON cases FOR EACH ROW WHEN ({CHANGED}"
    f" OR (OLD.{OPEN_CASES}) <> (NEW.{OPEN_CASES})) EXECUTE FUNCTION case_words_keep()",
)


def _found_by_words() -> None:
    op.create_table(
        "case_words",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("words", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.execute(WORD_PAIRS)
    op.execute(WORD_MARK)
    op.execute(MARKS)
    op.execute("INSERT INTO case_words SELECT id, case_words_of(cases) FROM cases")
    op.create_index(
        "ix_case_words",
        "case_words",
        ["words"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 512},
    )
    op.execute(KEEP)
    for trigger in TRIGGERS:
        op.execute(trigger)


def _found_by_telephone() -> None:
    """What is sealed already is filled in by the first search, which has the key (cases/by_phone.py)."""
    op.add_column("residents", sa.Column("contact_hash", sa.String(), nullable=True))
    some = sa.text("contact_hash IS NOT NULL")
    op.create_index("ix_residents_contact", "residents", ["contact_hash"], postgresql_where=some)
    none = sa.text("contact IS NOT NULL AND contact_hash IS NULL")
    op.create_index("ix_residents_unhashed", "residents", ["id"], postgresql_where=none)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_at", "audit", ["at", "id"], unique=False)
    op.create_index("ix_audit_person", "audit", ["person", "at"], unique=False)
    op.create_index("ix_audit_subject", "audit", ["kind", "subject"], unique=False)
    op.create_table(
        "saved_views",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["people.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person", "page", "name"),
    )
    _found_by_words()
    _found_by_telephone()
    for name, columns, more in LISTED:
        op.create_index(name, "cases", columns, unique=False, **more)


def downgrade() -> None:
    for name, _, _ in reversed(LISTED):
        op.drop_index(name, table_name="cases")
    op.drop_index("ix_residents_unhashed", table_name="residents")
    op.drop_index("ix_residents_contact", table_name="residents")
    op.drop_column("residents", "contact_hash")
    op.execute("DROP TRIGGER case_words_new ON cases")
    op.execute("DROP TRIGGER case_words_keep ON cases")
    op.execute("DROP FUNCTION case_words_keep()")
    op.drop_table("case_words")
    op.execute("DROP FUNCTION case_words_of(cases)")
    op.execute("DROP FUNCTION word_mark(text)")
    op.execute("DROP FUNCTION word_pairs(text)")
    op.drop_table("saved_views")
    op.drop_index("ix_audit_subject", table_name="audit")
    op.drop_index("ix_audit_person", table_name="audit")
    op.drop_index("ix_audit_at", table_name="audit")
    op.drop_table("audit")

"""Several at one case: called units, merged cases, joined residents; orders, alarms, hot issues, warnings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004_together"
down_revision = "0003_watching"


def upgrade() -> None:
    op.execute("CREATE SEQUENCE order_numbers")
    _who_holds_what()
    _weeks_and_months()
    op.create_table(
        "area_days",
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("colour", sa.String(32), nullable=False),
        sa.Column("index", sa.Float(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["area"], ["areas.code"]),
        sa.PrimaryKeyConstraint("area", "day"),
    )
    op.create_index("ix_area_days_day", "area_days", ["day", "colour"], unique=False)
    op.create_table(
        "alarms",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.String(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.String(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["cancelled_by"], ["people.code"]),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["taken_by"], ["people.code"]),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index(
        "ix_alarms_next",
        "alarms",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("taken_at IS NULL AND cancelled_at IS NULL"),
    )
    op.create_table(
        "co_tasks",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("called_by", sa.String(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("photos", postgresql.JSONB(), nullable=False),
        sa.Column("waived_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["assignee"], ["people.code"]),
        sa.ForeignKeyConstraint(["called_by"], ["people.code"]),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["unit"], ["units.code"]),
        sa.ForeignKeyConstraint(["waived_by"], ["people.code"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "round", "unit"),
    )
    op.create_index(
        "ix_co_tasks_due",
        "co_tasks",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('called', 'signed') AND NOT overdue"),
    )
    op.create_index("ix_co_tasks_unit", "co_tasks", ["unit", "status"], unique=False)
    op.create_table(
        "exclusions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appeal", sa.String(), nullable=False),
        sa.Column("appeal_decided_by", sa.String(), nullable=True),
        sa.Column("appeal_decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("upheld", sa.Boolean(), nullable=False),
        sa.Column("appeal_decision", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["appeal_decided_by"], ["people.code"]),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["decided_by"], ["people.code"]),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.code"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "round"),
    )
    op.create_table(
        "hot_issues",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("words", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("area", sa.String(), nullable=True),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("growth", sa.Float(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["area"], ["areas.code"]),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["category"], ["categories.code"]),
        sa.ForeignKeyConstraint(["closed_by"], ["people.code"]),
        sa.ForeignKeyConstraint(["place"], ["places.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_hot_issues_last", "hot_issues", ["last_at"], unique=False)
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["people.code"]),
        sa.ForeignKeyConstraint(["by"], ["people.code"]),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["person"], ["people.code"]),
        sa.ForeignKeyConstraint(["unit"], ["units.code"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(op.f("ix_orders_case_id"), "orders", ["case_id"], unique=False)
    op.create_index(
        "ix_orders_due",
        "orders",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("answered_at IS NULL AND NOT overdue"),
    )
    op.create_table(
        "hot_cases",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("issue", sa.BigInteger(), nullable=True),
        sa.Column("likeness", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["issue"], ["hot_issues.id"]),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index(op.f("ix_hot_cases_at"), "hot_cases", ["at"], unique=False)
    op.create_index("ix_events_at", "events", ["at"], postgresql_using="brin", postgresql_with={"autosummarize": True})
    op.create_index(
        "ix_events_warning",
        "events",
        ["at"],
        unique=False,
        postgresql_where=sa.text("kind IN ('overdue', 'reopen', 'sign_overdue')"),
    )
    op.create_index(op.f("ix_hot_cases_issue"), "hot_cases", ["issue"], unique=False)
    op.add_column("cases", sa.Column("master", sa.Uuid(), nullable=True))
    op.add_column("cases", sa.Column("joined", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("cases", "joined", server_default=None)
    op.add_column("cases", sa.Column("filed_by", sa.String(), nullable=True))
    op.add_column("cases", sa.Column("cell", sa.BigInteger(), nullable=True))
    op.create_index("ix_cases_cell", "cases", ["cell", "submitted_at"], unique=False)
    op.create_index(
        "ix_cases_filed_by",
        "cases",
        ["filed_by", "submitted_at"],
        unique=False,
        postgresql_where=sa.text("filed_by IS NOT NULL"),
    )
    op.create_index(op.f("ix_cases_master"), "cases", ["master"], unique=False)
    op.add_column("cases", sa.Column("accountable", sa.String(), nullable=True))
    op.add_column("cases", sa.Column("co_tasks", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.alter_column("cases", "co_tasks", server_default=None)
    op.add_column("cases", sa.Column("decision", sa.String(), nullable=False, server_default=""))
    op.alter_column("cases", "decision", server_default=None)
    op.create_foreign_key(None, "cases", "people", ["accountable"], ["code"])
    op.create_foreign_key(None, "cases", "cases", ["master"], ["id"])
    op.add_column("cases", sa.Column("ringing", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("cases", "ringing", server_default=None)
    op.add_column("cases", sa.Column("ordered", postgresql.JSONB(), nullable=True))
    op.add_column("cases", sa.Column("exclusion", postgresql.JSONB(), nullable=True))
    _keep_on_events()
    op.execute("ALTER TABLE cases SET (fillfactor = 80)")  # room for the next version of a row: no index is touched
    op.create_foreign_key(None, "cases", "people", ["filed_by"], ["code"])


def _keep_on_events() -> None:
    """What the case was right after each event, as far as the events of old tell it."""
    op.add_column("events", sa.Column("round", sa.Integer(), nullable=False, server_default="1"))
    for name in ("unit", "assignee", "category", "grid"):
        op.add_column("events", sa.Column(name, sa.String(), nullable=True))
    for name in ("sign_due_at", "contact_due_at"):
        op.add_column("events", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("events", sa.Column("overdue", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(OF_OLD)
    for name in ("round", "overdue"):
        op.alter_column("events", name, server_default=None)


OF_OLD = """
WITH counted AS (
    SELECT id, case_id, seq, kind, actor, details,
        1 + count(*) FILTER (WHERE kind = 'reopen') OVER so_far AS round,
        count(*) FILTER (WHERE kind IN ('route', 'assign', 'reassign')) OVER so_far AS handed,
        count(*) FILTER (WHERE kind IN ('route', 'assign', 'reassign', 'sign', 'hold', 'arbitrate')) OVER so_far AS held
    FROM events WINDOW so_far AS (PARTITION BY case_id ORDER BY seq)
), told AS (
    SELECT id, case_id, round,
        first_value(CASE WHEN handed > 0 THEN details->>'unit' END)
            OVER (PARTITION BY case_id, handed ORDER BY seq) AS unit,
        first_value(CASE WHEN kind = 'sign' THEN actor WHEN held > 0 THEN details->>'assignee' END)
            OVER (PARTITION BY case_id, held ORDER BY seq) AS assignee,
        bool_or(kind = 'overdue') OVER (PARTITION BY case_id, round ORDER BY seq) AS overdue
    FROM counted
)
UPDATE events SET round = told.round, unit = told.unit, assignee = told.assignee, overdue = told.overdue,
    category = cases.category, grid = cases.grid,
    sign_due_at = CASE WHEN told.round = cases.round THEN cases.sign_due_at END,
    contact_due_at = CASE WHEN told.round = cases.round THEN cases.contact_due_at END
FROM told JOIN cases ON cases.id = told.case_id
WHERE events.id = told.id
"""


def _weeks_and_months() -> None:
    """Bulletins as they were told, and what communities shall clear."""
    op.create_table(
        "bulletins",
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["area"], ["areas.code"]),
        sa.PrimaryKeyConstraint("area", "week"),
    )
    op.create_table(
        "clearing_targets",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("settle", sa.Integer(), nullable=True),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["area"], ["areas.code"]),
        sa.ForeignKeyConstraint(["set_by"], ["people.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_clearing_targets_month", "clearing_targets", ["month", "area"], unique=False)
    op.add_column("categories", sa.Column("dispute", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("categories", "dispute", server_default=None)


def _who_holds_what() -> None:
    """Grids somebody holds besides their own, and who stands in while they are away."""
    op.add_column("people", sa.Column("holds", postgresql.ARRAY(sa.TEXT()), nullable=False, server_default="{}"))
    op.alter_column("people", "holds", server_default=None)
    op.create_table(
        "absences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("cover", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["cover"], ["people.code"]),
        sa.ForeignKeyConstraint(["person"], ["people.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_absences_person"), "absences", ["person"], unique=False)
    op.create_index(op.f("ix_absences_until"), "absences", ["until"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_absences_until"), table_name="absences")
    op.drop_index(op.f("ix_absences_person"), table_name="absences")
    op.drop_table("absences")
    op.drop_column("people", "holds")
    op.drop_column("categories", "dispute")
    op.drop_index("ix_clearing_targets_month", table_name="clearing_targets")
    op.drop_table("clearing_targets")
    op.drop_table("bulletins")
    for name in ("round", "unit", "assignee", "category", "grid", "sign_due_at", "contact_due_at", "overdue"):
        op.drop_column("events", name)
    op.drop_table("exclusions")
    op.drop_column("cases", "exclusion")
    op.drop_index(op.f("ix_cases_master"), table_name="cases")
    op.drop_index("ix_cases_filed_by", table_name="cases", postgresql_where=sa.text("filed_by IS NOT NULL"))
    op.drop_index("ix_cases_cell", table_name="cases")
    op.drop_column("cases", "cell")
    op.execute("ALTER TABLE cases RESET (fillfactor)")
    op.drop_column("cases", "ordered")
    op.drop_column("cases", "ringing")
    op.drop_column("cases", "decision")
    op.drop_column("cases", "co_tasks")
    op.drop_column("cases", "accountable")
    op.drop_column("cases", "filed_by")
    op.drop_column("cases", "joined")
    op.drop_column("cases", "master")
    op.drop_index(op.f("ix_hot_cases_at"), table_name="hot_cases")
    op.drop_index("ix_events_at", table_name="events")
    op.drop_index(
        "ix_events_warning",
        table_name="events",
        postgresql_where=sa.text("kind IN ('overdue', 'reopen', 'sign_overdue')"),
    )
    op.drop_index(op.f("ix_hot_cases_issue"), table_name="hot_cases")
    op.drop_table("hot_cases")
    op.drop_index("ix_orders_due", table_name="orders", postgresql_where=sa.text("answered_at IS NULL AND NOT overdue"))
    op.drop_index(op.f("ix_orders_case_id"), table_name="orders")
    op.drop_table("orders")
    op.drop_index("ix_hot_issues_last", table_name="hot_issues")
    op.drop_table("hot_issues")
    op.drop_index("ix_co_tasks_unit", table_name="co_tasks")
    op.drop_index(
        "ix_co_tasks_due",
        table_name="co_tasks",
        postgresql_where=sa.text("status IN ('called', 'signed') AND NOT overdue"),
    )
    op.drop_table("co_tasks")
    op.drop_index(
        "ix_alarms_next", table_name="alarms", postgresql_where=sa.text("taken_at IS NULL AND cancelled_at IS NULL")
    )
    op.drop_table("alarms")
    op.drop_index("ix_area_days_day", table_name="area_days")
    op.drop_table("area_days")
    op.execute("DROP SEQUENCE order_numbers")

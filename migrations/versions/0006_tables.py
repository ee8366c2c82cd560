"""The town's tables in the console: what rests, which version, what was loaded last, what waits to be confirmed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006_tables"
down_revision = "0005_console"

RESTING = ("areas", "places", "units", "categories", "clock_policies", "routing_rules")


def upgrade() -> None:
    for table in RESTING:
        _add(table, "active", sa.Boolean(), "true")
    _add("town", "version", sa.Integer(), "0")
    _add("town", "seeded_from", sa.String(), "''")
    # until now the fingerprint was the comment on the table of areas
    op.execute(
        "UPDATE town SET seeded_from = replace(coalesce(obj_description('areas'::regclass), ''), 'seeded from ', '')"
    )
    op.execute("COMMENT ON TABLE areas IS NULL")
    op.create_table(
        "seeded_files",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("rows", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "town_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rows", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_town_imports_at", "town_imports", ["at"], unique=False)


def _add(table: str, column: str, kind: sa.types.TypeEngine, was: str) -> None:
    """`was`: what the rows that are there get; new ones always bring their own."""
    op.add_column(table, sa.Column(column, kind, nullable=False, server_default=sa.text(was)))
    op.alter_column(table, column, server_default=None)


def downgrade() -> None:
    op.drop_index("ix_town_imports_at", table_name="town_imports")
    op.drop_table("town_imports")
    op.drop_table("seeded_files")
    op.drop_column("town", "seeded_from")
    op.drop_column("town", "version")
    for table in RESTING:
        op.drop_column(table, "active")

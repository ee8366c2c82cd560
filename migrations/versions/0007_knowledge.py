"""Knowledge: service entries, and texts a town words differently."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007_knowledge"
down_revision = "0006_tables"

PLAIN = ("title", "title_en", "place", "hours", "takes", "cost", "call", "answer_en")
LISTS = ("asked", "steps", "materials")


def upgrade() -> None:
    op.create_table(
        "services",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in PLAIN),
        *(sa.Column(name, postgresql.ARRAY(sa.TEXT()), nullable=False) for name in LISTS),
        sa.Column("reviewed_on", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["units.code"]),
        sa.ForeignKeyConstraint(["category"], ["categories.code"]),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_index("ix_services_unit", "services", ["unit"], unique=False)
    op.create_table(
        "service_counts",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("shown", "useful", "unsolved")),
        sa.ForeignKeyConstraint(["service"], ["services.code"]),
        sa.PrimaryKeyConstraint("service", "day"),
    )
    op.create_table(
        "text_overrides",
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["people.code"]),
        sa.PrimaryKeyConstraint("locale", "key"),
    )


def downgrade() -> None:
    op.drop_table("text_overrides")
    op.drop_table("service_counts")
    op.drop_index("ix_services_unit", table_name="services")
    op.drop_table("services")

"""Weeks that are over, added up once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011_week_sums"
down_revision = "0010_lists"


def upgrade() -> None:
    op.create_table(
        "week_sums",
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("counted_by", sa.String(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("cells", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("week"),
    )


def downgrade() -> None:
    op.drop_table("week_sums")

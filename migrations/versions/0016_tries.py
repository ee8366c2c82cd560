"""Tries at secrets are counted in the database, for all programs together; unlogged: a crash forgives them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016_tries"
down_revision = "0015_by_month"


def upgrade() -> None:
    op.create_table(
        "tries",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("times", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mark"),
        prefixes=["UNLOGGED"],
    )


def downgrade() -> None:
    op.drop_table("tries")

"""Tries at secrets are counted in the database, for all programs together; unlogged: a crash forgives them.

What ends somebody's sessions ends their chats at the staff's bot as well. Wishes to be forgotten wait for a second person; a town
says how long words are kept.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016_tries"
down_revision = "0015_by_month"

END = """
CREATE OR REPLACE FUNCTION end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM staff_sessions WHERE person = NEW.code;{chats}
    RETURN NULL;
END $$
"""
CHATS = """
    DELETE FROM binding_links WHERE person = NEW.code;
    DELETE FROM desk_chats WHERE person = NEW.code;"""


def upgrade() -> None:
    op.create_table(
        "tries",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("times", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mark"),
        prefixes=["UNLOGGED"],
    )
    op.execute(END.format(chats=CHATS))
    op.create_table(
        "erasures",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("residents", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("cases", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["people.code"]),
        sa.ForeignKeyConstraint(["decided_by"], ["people.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("town", sa.Column("retention_years", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("town", "retention_years")
    op.drop_table("erasures")
    op.execute(END.format(chats=""))
    op.drop_table("tries")

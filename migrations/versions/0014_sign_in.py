"""Second factor and sessions. The database itself ends the sessions of whoever is somebody else from now on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014_sign_in"
down_revision = "0013_record"

END = """
CREATE FUNCTION end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM staff_sessions WHERE person = NEW.code;
    RETURN NULL;
END $$
"""
WHEN = """
CREATE TRIGGER end_sessions AFTER UPDATE OF role, active, password_hash ON people
FOR EACH ROW WHEN (
    OLD.role IS DISTINCT FROM NEW.role OR OLD.active IS DISTINCT FROM NEW.active
    OR OLD.password_hash IS DISTINCT FROM NEW.password_hash
) EXECUTE FUNCTION end_sessions()
"""


def upgrade() -> None:
    op.create_table(
        "second_factors",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("recovery", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.code"]),
        sa.PrimaryKeyConstraint("person"),
    )
    op.add_column("staff_sessions", sa.Column("agent", sa.String(), nullable=False, server_default=""))
    op.add_column("staff_sessions", sa.Column("proven", sa.Boolean(), nullable=False, server_default="true"))
    op.execute(END)
    op.execute(WHEN)


def downgrade() -> None:
    op.execute("DROP TRIGGER end_sessions ON people")
    op.execute("DROP FUNCTION end_sessions()")
    op.drop_column("staff_sessions", "proven")
    op.drop_column("staff_sessions", "agent")
    op.drop_table("second_factors")

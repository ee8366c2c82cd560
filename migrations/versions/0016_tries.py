"""Tries to sign in are counted in the database."""

revision = "0016_tries"
down_revision = "0015_by_month"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

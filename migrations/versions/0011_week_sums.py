"""Weeks that are over, added up once."""

revision = "0011_week_sums"
down_revision = "0010_lists"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

"""Contact fields sealed, and who read them."""

revision = "0012_personal"
down_revision = "0011_week_sums"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

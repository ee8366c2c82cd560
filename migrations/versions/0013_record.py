"""The record as a chain, and what may be forgotten."""

revision = "0013_record"
down_revision = "0012_personal"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

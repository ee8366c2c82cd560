"""Proposals and votes, scores, notices to residents."""

revision = "0008_civic"
down_revision = "0007_knowledge"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

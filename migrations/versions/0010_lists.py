"""What lists of a million cases need."""

revision = "0010_lists"
down_revision = "0009_partners"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

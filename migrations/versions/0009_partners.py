"""Other platforms: keys, what they brought, hotline files."""

revision = "0009_partners"
down_revision = "0008_civic"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

"""What the tables' pages keep besides the tables themselves."""

revision = "0006_tables"
down_revision = "0005_console"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

"""Knowledge: service entries, and texts a town words differently."""

revision = "0007_knowledge"
down_revision = "0006_tables"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

"""Second factor and sessions."""

revision = "0014_sign_in"
down_revision = "0013_record"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

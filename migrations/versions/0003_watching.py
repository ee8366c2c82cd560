"""The classifier watched: how new a text was to it, what a version would have said, weeks unlike others."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_watching"
down_revision = "0002_messengers"


def upgrade() -> None:
    op.create_table(
        "drift_alarms",
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("centre", sa.Float(), nullable=False),
        sa.Column("lower", sa.Float(), nullable=False),
        sa.Column("upper", sa.Float(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("week", "kind"),
    )
    op.create_table(
        "shadow_predictions",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("ranking", postgresql.JSONB(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["version"], ["model_versions.version"]),
        sa.PrimaryKeyConstraint("version", "case_id"),
    )
    op.create_index("ix_cases_submitted", "cases", ["submitted_at"], unique=False)
    op.add_column("predictions", sa.Column("novelty", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("predictions", "novelty")
    op.drop_index("ix_cases_submitted", table_name="cases")
    op.drop_table("shadow_predictions")
    op.drop_table("drift_alarms")

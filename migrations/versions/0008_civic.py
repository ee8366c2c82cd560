"""Proposals and votes, scores, notices to residents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_civic"
down_revision = "0007_knowledge"


def upgrade() -> None:
    op.create_table(
        "resident_homes",
        sa.Column("resident", sa.Uuid(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["place"],
            ["places.code"],
        ),
        sa.ForeignKeyConstraint(
            ["resident"],
            ["residents.id"],
        ),
        sa.PrimaryKeyConstraint("resident", "place"),
    )
    op.create_index("ix_resident_homes_place", "resident_homes", ["place", "resident"], unique=False)
    op.create_table(
        "civic_choices",
        sa.Column("resident", sa.Uuid(), nullable=False),
        sa.Column("notices_off", sa.Boolean(), nullable=False),
        sa.Column("asked_quarter", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident"],
            ["residents.id"],
        ),
        sa.PrimaryKeyConstraint("resident"),
    )
    op.create_table(
        "proposals",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "raised",
                "refused",
                "planned",
                "open",
                "closed",
                "withdrawn",
                name="stage",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("options", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("places", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("way", sa.Enum("resident", "household", name="way", native_enum=False, length=32), nullable=False),
        sa.Column("majority", sa.String(), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_by", sa.Uuid(), nullable=True),
        sa.Column("checked_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ballot_key", sa.LargeBinary(), nullable=True),
        sa.Column("counts", postgresql.JSONB(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("winner", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["checked_by"],
            ["people.code"],
        ),
        sa.ForeignKeyConstraint(
            ["raised_by"],
            ["residents.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_proposals_stage", "proposals", ["stage", "closes_at"], unique=False)
    op.create_table(
        "ballots",
        sa.Column("proposal", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"],
            ["proposals.id"],
        ),
        sa.PrimaryKeyConstraint("proposal", "mark"),
    )
    op.create_table(
        "counted_ballots",
        sa.Column("proposal", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Uuid(), nullable=False),
        sa.Column("choice", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"],
            ["proposals.id"],
        ),
        sa.PrimaryKeyConstraint("proposal", "number"),
    )
    op.create_table(
        "voters",
        sa.Column("proposal", sa.BigInteger(), nullable=False),
        sa.Column("resident", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"],
            ["proposals.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident"],
            ["residents.id"],
        ),
        sa.PrimaryKeyConstraint("proposal", "resident"),
    )
    op.create_table(
        "vote_slips",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("proposal", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["place"],
            ["places.code"],
        ),
        sa.ForeignKeyConstraint(
            ["proposal"],
            ["proposals.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index(op.f("ix_vote_slips_proposal"), "vote_slips", ["proposal"], unique=False)
    op.create_table(
        "scores",
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("quarter", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("business", sa.Boolean(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["area"],
            ["areas.code"],
        ),
        sa.PrimaryKeyConstraint("area", "quarter", "mark"),
    )
    op.create_table(
        "announcements",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "draft",
                "waiting",
                "sending",
                "sent",
                "recalling",
                "withdrawn",
                name="posting",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("texts", postgresql.JSONB(), nullable=False),
        sa.Column("signed", sa.String(), nullable=False),
        sa.Column("places", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("proposal", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("reach", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cursor", sa.Uuid(), nullable=True),
        sa.Column("correction", sa.String(), nullable=False),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["approved_by"],
            ["people.code"],
        ),
        sa.ForeignKeyConstraint(
            ["by"],
            ["people.code"],
        ),
        sa.ForeignKeyConstraint(
            ["proposal"],
            ["proposals.id"],
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"],
            ["people.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_announcements_stage", "announcements", ["stage", "id"], unique=False)
    op.create_table(
        "announcement_copies",
        sa.Column("announcement", sa.BigInteger(), nullable=False),
        sa.Column("resident", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("notification", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"],
            ["announcements.id"],
        ),
        sa.ForeignKeyConstraint(
            ["notification"],
            ["notifications.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident"],
            ["residents.id"],
        ),
        sa.PrimaryKeyConstraint("announcement", "resident"),
    )
    op.create_index("ix_announcement_copies_resident", "announcement_copies", ["resident", "at"], unique=False)


def downgrade() -> None:
    op.drop_table("announcement_copies")
    op.drop_table("announcements")
    op.drop_table("scores")
    op.drop_table("vote_slips")
    op.drop_table("voters")
    op.drop_table("counted_ballots")
    op.drop_table("ballots")
    op.drop_table("proposals")
    op.drop_table("civic_choices")
    op.drop_table("resident_homes")

"""Chats at messengers, what is sent there, and what the staff do there: relay, extension, duty, models."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_messengers"
down_revision = "0001_first"


def upgrade() -> None:
    op.create_table(
        "refused_updates",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "receiver", "key"),
    )
    op.create_table(
        "sent_files",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "channel"),
    )
    op.create_table(
        "binding_links",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.code"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index(op.f("ix_binding_links_person"), "binding_links", ["person"], unique=False)
    op.create_table(
        "desk_chats",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("state", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unreachable_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.code"]),
        sa.PrimaryKeyConstraint("channel", "address"),
    )
    op.create_index(op.f("ix_desk_chats_person"), "desk_chats", ["person"], unique=False)
    op.create_table(
        "duty_handovers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("from_person", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["from_person"], ["people.code"]),
        sa.ForeignKeyConstraint(["person"], ["people.code"]),
        sa.ForeignKeyConstraint(["unit"], ["units.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_duty_handovers_unit"), "duty_handovers", ["unit"], unique=False)
    op.create_table(
        "duty_shifts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("weekdays", postgresql.JSONB(), nullable=False),
        sa.Column("from_time", sa.Time(), nullable=False),
        sa.Column("to_time", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.code"]),
        sa.ForeignKeyConstraint(["unit"], ["units.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_duty_shifts_unit"), "duty_shifts", ["unit"], unique=False)
    op.create_table(
        "model_versions",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("trained_by", sa.String(), nullable=True),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.Column("promoted_by", sa.String(), nullable=True),
        sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["promoted_by"], ["people.code"]),
        sa.ForeignKeyConstraint(["trained_by"], ["people.code"]),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "desk_messages",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("external", postgresql.JSONB(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("said_by", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("text_key", sa.String(), nullable=False),
        sa.Column("args", postgresql.JSONB(), nullable=False),
        sa.Column("buttons", postgresql.JSONB(), nullable=False),
        sa.Column("photos", postgresql.JSONB(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("card", sa.Boolean(), nullable=False),
        sa.Column("edits", sa.BigInteger(), nullable=True),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("unique_key", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["edits"], ["desk_messages.id"]),
        sa.ForeignKeyConstraint(["person"], ["people.code"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "chat", "unique_key"),
    )
    op.create_index("ix_desk_messages_case", "desk_messages", ["case_id", "card"], unique=False)
    op.create_index("ix_desk_messages_chat", "desk_messages", ["channel", "chat", "id"], unique=False)
    op.create_index(
        "ix_desk_messages_unsent",
        "desk_messages",
        ["channel", "id"],
        unique=False,
        postgresql_where=sa.text("channel <> '' AND sent_at IS NULL AND failed_at IS NULL"),
    )
    op.add_column("cases", sa.Column("extension", postgresql.JSONB(), nullable=True))
    _add("cases", sa.Column("extensions", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("cases", sa.Column("relay", sa.String(), nullable=True))
    _add("cases", sa.Column("called", postgresql.ARRAY(sa.TEXT()), nullable=False, server_default="{}"))
    op.add_column("cases", sa.Column("untold_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key("cases_relay_fkey", "cases", "people", ["relay"], ["code"])
    _add("chat_messages", sa.Column("channel", sa.String(), nullable=False, server_default=""))
    _add("chat_messages", sa.Column("chat", sa.String(), nullable=False, server_default=""))
    _add("chat_messages", sa.Column("external", postgresql.JSONB(), nullable=False, server_default="[]"))
    _add("chat_messages", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("chat_messages", sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("chat_messages", sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("chat_messages", sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True))
    _add("chat_messages", sa.Column("failure", sa.String(), nullable=False, server_default=""))
    op.create_index(
        "ix_chat_messages_unsent",
        "chat_messages",
        ["channel", "id"],
        unique=False,
        postgresql_where=sa.text("channel <> '' AND sent_at IS NULL AND failed_at IS NULL"),
    )
    op.alter_column("notifications", "case_id", nullable=True)
    _add("photos", sa.Column("kind", sa.String(), nullable=False, server_default="photo"))
    _add("photos", sa.Column("seconds", sa.Integer(), nullable=False, server_default="0"))
    _add("residents", sa.Column("large", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("residents", sa.Column("unreachable_at", sa.DateTime(timezone=True), nullable=True))


def _add(table: str, column: sa.Column[Any]) -> None:
    """The rows there get the default; the program fills in new ones itself."""
    op.add_column(table, column)
    op.alter_column(table, column.name, server_default=None)


def downgrade() -> None:
    op.drop_column("residents", "unreachable_at")
    op.drop_column("residents", "large")
    op.drop_column("photos", "seconds")
    op.drop_column("photos", "kind")
    op.execute("DELETE FROM notifications WHERE case_id IS NULL")
    op.alter_column("notifications", "case_id", nullable=False)
    op.drop_index(
        "ix_chat_messages_unsent",
        table_name="chat_messages",
        postgresql_where=sa.text("channel <> '' AND sent_at IS NULL AND failed_at IS NULL"),
    )
    op.drop_column("chat_messages", "failure")
    op.drop_column("chat_messages", "failed_at")
    op.drop_column("chat_messages", "sent_at")
    op.drop_column("chat_messages", "next_try_at")
    op.drop_column("chat_messages", "attempts")
    op.drop_column("chat_messages", "external")
    op.drop_column("chat_messages", "chat")
    op.drop_column("chat_messages", "channel")
    op.drop_constraint("cases_relay_fkey", "cases", type_="foreignkey")
    op.drop_column("cases", "untold_at")
    op.drop_column("cases", "called")
    op.drop_column("cases", "relay")
    op.drop_column("cases", "extensions")
    op.drop_column("cases", "extension")
    op.drop_index(
        "ix_desk_messages_unsent",
        table_name="desk_messages",
        postgresql_where=sa.text("channel <> '' AND sent_at IS NULL AND failed_at IS NULL"),
    )
    op.drop_index("ix_desk_messages_chat", table_name="desk_messages")
    op.drop_index("ix_desk_messages_case", table_name="desk_messages")
    op.drop_table("desk_messages")
    op.drop_table("model_versions")
    op.drop_index(op.f("ix_duty_shifts_unit"), table_name="duty_shifts")
    op.drop_table("duty_shifts")
    op.drop_index(op.f("ix_duty_handovers_unit"), table_name="duty_handovers")
    op.drop_table("duty_handovers")
    op.drop_index(op.f("ix_desk_chats_person"), table_name="desk_chats")
    op.drop_table("desk_chats")
    op.drop_index(op.f("ix_binding_links_person"), table_name="binding_links")
    op.drop_table("binding_links")
    op.drop_table("sent_files")
    op.drop_table("refused_updates")

"""Contact fields sealed with a key per resident, and who was let to see what is starred out."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0012_personal"
down_revision = "0011_week_sums"
BATCH = 1_000
OWN_KEY = """UPDATE residents
    SET data_key = :key, data_key_by = :by, contact = :contact, contact_hash = :hash WHERE id = :id"""
ONE_KEY = "UPDATE residents SET contact = :contact WHERE id = :id"
UNHASHED = sa.text("contact IS NOT NULL AND contact_hash IS NULL")
SOME = "SELECT id, contact, data_key, data_key_by FROM residents WHERE contact IS NOT NULL AND id > :after"
COLUMNS = (
    sa.Column("id", sa.Uuid()), sa.Column("contact", sa.LargeBinary()), sa.Column("data_key", sa.LargeBinary()),
    sa.Column("data_key_by", sa.String()),
)  # fmt: skip

Row = Any
Change = Callable[[Row], dict[str, Any]]


def upgrade() -> None:
    op.add_column("residents", sa.Column("data_key", sa.LargeBinary(), nullable=True))
    op.add_column("residents", sa.Column("data_key_by", sa.String(), nullable=True))
    _each(OWN_KEY, _own_key)
    op.drop_index("ix_residents_unhashed", table_name="residents")
    op.create_table(
        "unmaskings",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by", sa.String(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["person"], ["people.code"]),
        sa.ForeignKeyConstraint(["agreed_by"], ["people.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_unmaskings_case", "unmaskings", ["case_id", "asked_at"], unique=False)


def downgrade() -> None:
    """Numbers come back under the one key of before."""
    op.drop_index("ix_unmaskings_case", table_name="unmaskings")
    op.drop_table("unmaskings")
    _each(ONE_KEY, _one_key)
    op.drop_column("residents", "data_key_by")
    op.drop_column("residents", "data_key")
    op.create_index("ix_residents_unhashed", "residents", ["id"], postgresql_where=UNHASHED)


def _own_key() -> Change:
    from cases import master_keys, sealed

    keys, ring = _keys()

    def change(row: Row) -> dict[str, Any]:
        phone = keys.open(row.contact)
        key, by = ring.wrap(secrets.token_bytes(master_keys.KEY_BYTES), sealed.owner(row.id))
        contact = sealed.sealed(ring, row.id, key, by, phone)
        return {"key": key, "by": by, "contact": contact, "hash": keys.contact_hash(phone)}

    return change


def _one_key() -> Change:
    from cases import sealed

    keys, ring = _keys()

    def change(row: Row) -> dict[str, Any]:
        return {"contact": keys.seal(sealed.opened(ring, row.id, row.data_key, row.data_key_by, row.contact))}

    return change


def _keys() -> tuple[Any, Any]:
    """The installation's own, made if there are none yet: asked for only where somebody left a number."""
    from app.personal_keys import keys
    from app.settings import Settings

    found = keys(Settings())
    return found, found.masters()


def _each(statement: str, changing: Callable[[], Change]) -> None:
    change: Change | None = None
    for rows in _batches():
        change = change or changing()
        op.get_bind().execute(sa.text(statement), [{"id": row.id, **change(row)} for row in rows])


def _batches() -> Iterator[Sequence[Row]]:
    some = sa.text(f"{SOME} ORDER BY id LIMIT {BATCH}").bindparams(sa.bindparam("after", type_=sa.Uuid()))
    last = UUID(int=0)
    while rows := op.get_bind().execute(some.columns(*COLUMNS), {"after": last}).all():
        yield rows
        last = rows[-1].id

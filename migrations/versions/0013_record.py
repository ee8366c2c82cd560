"""The record as a chain: a link on every event, the last one on its case.

Nothing is rewritten here, so it takes no time however many events there are: what is there is linked by the program,
some cases at a time (cases/linking.py). Going down, links are laid aside, and put back going up: the words they held
may be gone, so they could not be made again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013_record"
down_revision = "0012_personal"

EVENT = ("salt", "commitment", "link")
ASIDE = {"record_cases": "SELECT id, chain FROM cases WHERE chain IS NOT NULL",
         "record_events": "SELECT id, salt, commitment, link FROM events WHERE link IS NOT NULL"}  # fmt: skip
BACK = {
    "record_cases": "UPDATE cases SET chain = kept.chain FROM record_cases AS kept WHERE kept.id = cases.id",
    "record_events": """UPDATE events SET salt = kept.salt, commitment = kept.commitment, link = kept.link
        FROM record_events AS kept WHERE kept.id = events.id""",
}
# A case that went on without links meanwhile is linked on from its last one that has them.
ANEW = """UPDATE cases SET chain = NULL WHERE chain IS NOT NULL
    AND EXISTS (SELECT FROM events WHERE events.case_id = cases.id AND link IS NULL)"""


def upgrade() -> None:
    for name in EVENT:
        op.add_column("events", sa.Column(name, sa.LargeBinary(), nullable=True))
    op.add_column("cases", sa.Column("chain", sa.LargeBinary(), nullable=True))
    op.create_index("ix_cases_unlinked", "cases", ["id"], postgresql_where=sa.text("chain IS NULL"))
    kept = [name for name in BACK if sa.inspect(op.get_bind()).has_table(name)]
    for name in kept:
        op.execute(BACK[name])
        op.drop_table(name)
    if kept:
        op.execute(ANEW)


def downgrade() -> None:
    for name, statement in ASIDE.items():
        if op.get_bind().execute(sa.text(f"SELECT EXISTS ({statement})")).scalar():
            op.execute(f"CREATE TABLE {name} AS {statement}")
    op.drop_index("ix_cases_unlinked", table_name="cases")
    op.drop_column("cases", "chain")
    for name in EVENT:
        op.drop_column("events", name)

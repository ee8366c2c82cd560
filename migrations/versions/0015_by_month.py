"""Events lie in a part for each month; what people have in hand has indexes without what is finished.

No event is rewritten here, so it takes no time however many events there are: the table of before becomes the part for
whatever has no month of its own yet, and the program takes it apart by months beside those who write (cases/months.py).
Going down, all parts are copied into one table again.

A part keeps its own keys and its index by time. The table above has no key: it would have to hold the time as well,
and building it over all events of before would stop everybody.
"""

from alembic import op

revision = "0015_by_month"
down_revision = "0014_sign_in"

NAMES = {
    "events_pkey": "events_rest_pkey",
    "events_case_id_seq_key": "events_rest_case_id_seq_key",
    "ix_events_at": "events_rest_at",
    "ix_events_warning": "events_rest_warning",
}
TO_CASES = "ADD CONSTRAINT events_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id)"
BY_TIME = "CREATE INDEX ix_events_at ON events USING brin (at) WITH (autosummarize = true)"
OPEN_CASES = (
    "status IN ('submitted', 'triage', 'dispatched', 'returned', 'arbitration', 'accepted', 'waiting', 'replied', "
    "'reopened')"
)
HOT = {
    "open": ("status, due_at", OPEN_CASES),
    "unit": ("unit, status", OPEN_CASES),
    "cell": ("cell, submitted_at", OPEN_CASES),
    "master": ("master", "master IS NOT NULL"),
    "assignee": ("assignee, status", None),  # ix_cases_in_hand tells all that it told
}
WARNING = "CREATE INDEX ix_events_warning ON events (at) WHERE kind IN ('overdue', 'reopen', 'sign_overdue')"


def upgrade() -> None:
    op.execute("ALTER TABLE events RENAME TO events_rest")
    for old, new in NAMES.items():
        op.execute(f"ALTER INDEX {old} RENAME TO {new}")
    op.execute("CREATE TABLE events (LIKE events_rest INCLUDING DEFAULTS) PARTITION BY RANGE (at)")
    op.execute("ALTER SEQUENCE events_id_seq OWNED BY events.id")
    op.execute(f"ALTER TABLE events {TO_CASES}")
    op.execute(WARNING)
    op.execute("ALTER TABLE events ATTACH PARTITION events_rest DEFAULT")
    for name, (columns, where) in HOT.items():
        op.execute(f"DROP INDEX ix_cases_{name}")
        if where:
            op.execute(f"CREATE INDEX ix_cases_{name} ON cases ({columns}) WHERE {where}")


def downgrade() -> None:
    for name, (columns, _) in HOT.items():
        op.execute(f"DROP INDEX IF EXISTS ix_cases_{name}")
        op.execute(f"CREATE INDEX ix_cases_{name} ON cases ({columns})")
    op.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
    for begun in ("events_apart", "events_apart_mark"):
        op.execute(f"DROP TABLE IF EXISTS {begun}")
    op.execute("CREATE TABLE events_whole (LIKE events INCLUDING DEFAULTS)")
    op.execute("INSERT INTO events_whole SELECT * FROM events ORDER BY id")
    op.execute("ALTER SEQUENCE events_id_seq OWNED BY events_whole.id")
    op.execute("DROP TABLE events")
    op.execute("DROP FUNCTION IF EXISTS events_apart_keep")
    op.execute("ALTER TABLE events_whole RENAME TO events")
    op.execute("ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY (id)")
    op.execute("ALTER TABLE events ADD CONSTRAINT events_case_id_seq_key UNIQUE (case_id, seq)")
    op.execute(f"ALTER TABLE events {TO_CASES}")
    op.execute(BY_TIME)
    op.execute(WARNING)

"""The cases themselves, as SQL that makes them: three years of a town, of which 3 in 100 are open."""

from collections.abc import Mapping
from datetime import UTC, datetime

from models.listed import OPEN_CASES

NOW = datetime(2026, 11, 19, 2, tzinfo=UTC)  # the end of the three years
RARE = "马蜂窝"  # in one case of 50,000

RESIDENTS = """
INSERT INTO residents (id, channel, address, locale, large, contact_hash, created_at)
SELECT gen_random_uuid(), 'webchat', 'r' || n, 'zh-Hans', false, CASE WHEN n %% 3 = 0 THEN 'hash' || n END, now()
FROM generate_series(1, %(count)s) AS n
"""
# Submitted evenly over three years; the last 3 in 100 are open, as are a few older ones; unit, grid and place by
# chance, some much more often than others.
CHOICES = """
CREATE TEMP TABLE grids AS SELECT row_number() OVER () - 1 AS n, code FROM areas WHERE level = 3;
CREATE TEMP TABLE spots AS SELECT row_number() OVER () - 1 AS n, code, name, grid, lon, lat FROM places;
CREATE TEMP TABLE desks AS
    SELECT row_number() OVER () - 1 AS n, units.code, array_agg(people.code) AS staff FROM units
    JOIN people ON people.unit = units.code AND people.role IN ('worker', 'clerk', 'leader') GROUP BY units.code;
CREATE TEMP TABLE callers AS SELECT row_number() OVER () - 1 AS n, id FROM residents;
ALTER TABLE grids ADD PRIMARY KEY (n); ALTER TABLE spots ADD PRIMARY KEY (n); ALTER TABLE desks ADD PRIMARY KEY (n);
ALTER TABLE callers ADD PRIMARY KEY (n); ANALYZE callers; ANALYZE desks;
"""
_ROWS = """
INSERT INTO cases ({names})
SELECT {values} FROM (
    SELECT n AS turn, random() AS a, random() AS b, random() AS c, random() AS d, random() AS e, random() AS f,
        %(now)s - interval '1095 days' * (1 - n::float / %(count)s) AS at
    FROM generate_series(1, %(count)s) AS n
) AS drawn
CROSS JOIN LATERAL (SELECT turn > %(count)s * 0.975 OR e < 0.005 AS open) AS how
JOIN told ON told.id = 1 + floor(a * (SELECT count(*) FROM told))
JOIN desks ON desks.n = floor(b * b * (SELECT count(*) FROM desks))
JOIN spots ON spots.n = floor(c * c * (SELECT count(*) FROM spots))
JOIN callers ON callers.n = floor(d * (SELECT count(*) FROM callers))
"""
# What `case_words_of` says, of these cases alone: of a million it would take a quarter of an hour.
WORDS = f"""
INSERT INTO case_words SELECT id, word_pairs(text || ' ' || place_text) || array_remove(ARRAY[
    CASE WHEN {OPEN_CASES} THEN word_mark('open') END,
    word_mark('month=' || to_char(submitted_at AT TIME ZONE 'UTC', 'YYYY-MM')), word_mark('unit=' || unit),
    word_mark('grid=' || grid), word_mark('place=' || place), word_mark('kind=' || (facts ->> 'kind')),
    word_mark('category=' || category), word_mark('item=' || item),
    word_mark('who=' || assignee), word_mark('who=' || filed_by),
    CASE WHEN co_units <> '{{}}' THEN word_mark('co=CGJ') END, CASE WHEN co_tasks <> '{{}}' THEN word_mark('co=HBJ') END
], NULL) FROM cases
"""
DIFFERING = """
SELECT count(*) FROM (
    SELECT case_words_of(cases) AS kept, words FROM cases JOIN case_words ON id = case_id LIMIT 500
) AS both_ways WHERE NOT (kept @> words AND words @> kept)
"""
# Who follows another case does so while that is open: whatever ended has no master any more (cases/merging.py).
MERGED = (
    """
    UPDATE cases SET master = led.id FROM
        (SELECT id, row_number() OVER (ORDER BY submitted_at DESC) AS n FROM cases WHERE status = 'merged') AS follows,
        (SELECT id, row_number() OVER (ORDER BY random()) AS n FROM cases WHERE status = 'accepted') AS led
    WHERE cases.id = follows.id AND led.n = follows.n / 2 + 1 AND follows.n <= 4000
    """,
    "UPDATE cases SET status = 'closed' WHERE status = 'merged' AND master IS NULL",
)
# A thousand that may well be one issue, a few of them open.
HOT = """
    WITH told AS (SELECT id, submitted_at FROM cases WHERE place = 'B0103' ORDER BY submitted_at DESC LIMIT 1000),
    issue AS (
        INSERT INTO hot_issues (id, title, words, case_id, count, growth, first_at, last_at, told_at)
        SELECT 1, '油烟', '{}', max(id::text)::uuid, count(*), 1, min(submitted_at), max(submitted_at), now() FROM told
        ON CONFLICT DO NOTHING
    )
    INSERT INTO hot_cases (case_id, issue, likeness, at) SELECT id, 1, 0.9, submitted_at FROM told
    ON CONFLICT DO NOTHING
"""
_STATUS = """
CASE WHEN open THEN (ARRAY['triage','dispatched','dispatched','accepted','accepted','accepted','accepted','waiting',
        'replied','arbitration'])[1 + floor(f * 10)::int]
    WHEN turn > %(count)s * 0.95 AND f < 0.5 THEN 'resolved'
    ELSE (ARRAY['closed','closed','closed','closed','closed','closed','closed','closed','closed','closed',
        'closed','closed','closed','closed','closed','closed','rejected','withdrawn','merged','closed'])[1 + floor(f * 20)::int]
END
"""  # noqa: E501
VALUES: Mapping[str, str] = {
    "id": "gen_random_uuid()",
    "number": "to_char(at + interval '8 hours', 'YYMMDD') || '-' || lpad((turn %% 10000)::text, 4, '0')",
    "code_hash": "md5(turn::text)",
    "resident": "callers.id",
    "anonymous": "a < 0.05",
    "locale": "'zh-Hans'",
    "status": _STATUS,
    "version": "3",
    "chain": "sha256('linked: what was before the record is not what is clocked')",
    "round": "1",
    "text": f"spots.name || told.text || CASE WHEN turn %% 50000 = 7 THEN '，树上有{RARE}' ELSE '' END",
    "category": "told.category",
    "item": "told.item",
    "danger": "CASE WHEN e < 0.004 THEN 'gas' END",
    "place": "CASE WHEN f < 0.8 THEN spots.code END",
    "place_text": "spots.name || '附近'",
    "grid": "spots.grid",
    "lon": "spots.lon",
    "lat": "spots.lat",
    "unit": "desks.code",
    "co_units": "CASE WHEN f < 0.1 THEN ARRAY['CGJ'] ELSE ARRAY[]::text[] END",
    "assignee": "staff[1 + floor(c * cardinality(staff))::int]",
    "accountable": "staff[1 + floor(c * cardinality(staff))::int]",
    "co_tasks": "CASE WHEN d < 0.01 THEN jsonb_build_object('HBJ', '{\"status\": \"answered\"}'::jsonb) ELSE '{}' END",
    "binding": "false",
    "decision": "''",
    "returns": "0",
    "urges": "0",
    "level": "0",
    "rule": "'R-CG-01'",
    "explanation": "jsonb_build_object('rule', 'R-CG-01', 'reason', repeat('油烟由城市管理局主办', 12))",
    "facts": "jsonb_build_object('kind', (ARRAY['complaint','complaint','complaint','complaint','complaint','help',"
    "'help','question','suggestion','report'])[1 + floor(e * 10)::int], 'confidence', 0.9, 'category', told.category,"
    " 'urgent', false)",
    "clock": "'simple'",
    "submitted_at": "at",
    "sign_due_at": "at + interval '2 hours'",
    "due_at": "CASE WHEN open THEN %(now)s + interval '10 days' * (f - 0.2) ELSE at + interval '5 days' END",
    "signed_at": "at + interval '1 hour'",
    "overdue": "CASE WHEN open THEN f < 0.2 ELSE e < 0.07 END",
    "extensions": "0",
    "called": "ARRAY[]::text[]",
    "ringing": "open AND e < 0.0001",
    "ordered": 'CASE WHEN a < 0.0005 THEN \'{"number": "D1", "to": []}\'::jsonb END',
    "joined": "CASE WHEN b < 0.003 THEN 2 ELSE 0 END",
    "filed_by": "CASE WHEN f < 0.02 THEN 'chenlu' END",
    "result": "''",
}
CASES = _ROWS.format(names=", ".join(VALUES), values=", ".join(VALUES.values()))

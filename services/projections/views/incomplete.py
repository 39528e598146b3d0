"""The view of subjects whose rows are not whole: it reads what stands beside the read tables, so it is no file."""

from __future__ import annotations

from services.projections.views.literals import literal
from shared.histories.skips import is_skipped
from shared.histories.troubles import FAILURE_STATE, HOLE_STATE

NAME = "incomplete_subjects"

COMMENT = "A subject whose rows are not whole, once for each reason: do not count on them"

COLUMNS = {
    "subject_kind": "person, structure, group, client",
    "subject_id": "Its id, as in the tables; NULL: what came under this name is no subject",
    "reason": "fold_failed: its rows cannot be made of its facts; facts_missing: some of its facts never came",
    "since": "When its rows failed first; NULL where facts are missing",
    "rows_of": "Read set whose last good rows it shows; NULL: its own last good rows, or none",
    "accepted": "Whether somebody has accepted that it is so",
}

_SUBJECT = (
    "split_part({name}, '/', 1) AS subject_kind,"
    " CASE WHEN pg_input_is_valid(substr({name}, strpos({name}, '/') + 1), 'uuid')"
    " THEN substr({name}, strpos({name}, '/') + 1)::uuid END AS subject_id"
)
"""CASE looks at one line after the other: a topic may have held any text as a subject."""

_LISTED = "root <> ALL (ARRAY(SELECT 'person/' || person_id FROM access.limited))"


def query(read: str) -> str:
    """`read`: the schema of the read set, as SQL takes it, whose failures are shown and no other's."""
    skips = "projections.skips"
    return (
        f"SELECT {_SUBJECT.format(name='root')}, 'fold_failed' AS reason, since, rows_of,"
        f" {is_skipped(literal('fold'), 'root', FAILURE_STATE, skips)} AS accepted FROM {read}.failed WHERE {_LISTED}"
        f" UNION ALL SELECT {_SUBJECT.format(name='subject')}, 'facts_missing', NULL, NULL,"
        f" {is_skipped(literal('hole'), 'subject', HOLE_STATE, skips)}"
        f" FROM projections.subjects WHERE missing IS NOT NULL AND {_LISTED}"
    )

"""Table `subjects`: one row for each subject a reader knows, with what is to be folded of it, and what is wrong.

Beside it stand tables that say up to which version of its history each subject was worked up (`WorkedUp`): where that
is another version than the one in `subjects`, the subject is behind. All SQL about both is here.

Everything that folds first locks the rows it touches, in sorted order, then reads: two projectors that learn of one
person from two services would otherwise each fold without the other's fact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg import Connection

from shared.log.arrays import integer_array, text_array
from shared.log.held import Rows
from shared.log.place import Arrived

CREATE = """
CREATE TABLE IF NOT EXISTS subjects (
    subject text PRIMARY KEY, root text NOT NULL, version bigint NOT NULL DEFAULT 0,
    error text, since timestamptz, missing text, traceback text, linked text[]);
CREATE INDEX IF NOT EXISTS subjects_root ON subjects (root);
CREATE INDEX IF NOT EXISTS subjects_failed ON subjects (since) WHERE error IS NOT NULL;
CREATE INDEX IF NOT EXISTS subjects_missing ON subjects (subject) WHERE missing IS NOT NULL;
"""
"""`version` grows with every change of what is to be folded. `linked`: all subjects that merges ever joined with it, itself
among them, in their order; NULL where none did. `root`: whose rows tell of it, where rows are made (docs/adr/0036). `error`
and `since` are of policies; projections keep why a fold fails with the read set that it fails in (`services/projections/read_sets/failures.py`)."""

ADD_TRACEBACK = "ALTER TABLE subjects ADD COLUMN IF NOT EXISTS traceback text;"
"""To a table from before tracebacks were kept."""

ADD_LINKED = "ALTER TABLE subjects ADD COLUMN IF NOT EXISTS linked text[];"
"""To a table from before persons could be merged."""

LONGEST_TRACEBACK = 8_000
"""Characters kept of a traceback, its end: the last frames say where it happened."""

LONGEST_ERROR = 500
"""Characters kept of an error: it may quote a fact of any size."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One row of `subjects`. `missing`: which facts, None where none is; `linked`: None where no merge named it."""

    subject: str
    root: str
    version: int
    missing: str | None
    linked: Sequence[str] | None = None

    @property
    def together(self) -> Sequence[str]:
        """All that have to be looked at to tell who the person is."""
        return self.linked or (self.subject,)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps a subject from being whole: `error`, since when its policy fails; `missing`, which facts."""

    version: int
    error: str | None
    since: datetime | None
    missing: str | None


def lock_subjects(connection: Connection[Any], subjects: Iterable[str]) -> dict[str, Subject]:
    """Make the rows that are missing, then hold them until the transaction ends, and with them those of all subjects that
    merges ever joined with one of them: a person's rows follow from the facts of all its ids."""
    names = set(subjects)
    # Both in the order of the names: two that lock several of the same would else wait for each other.
    rows = connection.execute(
        "WITH made AS (INSERT INTO subjects (subject, root)"
        " SELECT s, s FROM unnest(%(names)s::text[]) AS s ORDER BY s ON CONFLICT DO NOTHING)"
        " SELECT linked FROM subjects WHERE subject = ANY(%(names)s::text[]) AND linked IS NOT NULL",
        {"names": text_array(sorted(names))},
    )
    locked: dict[str, Subject] = {}
    names.update(*(linked for (linked,) in rows))
    # Nearly always once. Merged in between by somebody else, the others are locked behind these: should that one wait for
    # us meanwhile, the server ends one of the two, which then does it all again.
    asked: set[str] = set()
    while more := names - asked:
        locked |= _locked(connection, more)
        asked |= more
        names.update(*(subject.together for subject in locked.values()))
    return locked


def _locked(connection: Connection[Any], names: AbstractSet[str]) -> dict[str, Subject]:
    rows = connection.execute(
        "SELECT subject, root, version, missing, linked FROM subjects"
        " WHERE subject = ANY(%s::text[]) ORDER BY subject FOR UPDATE",
        [text_array(sorted(names))],
    )
    return {row[0]: Subject(*row) for row in rows}


def rows_of(connection: Connection[Any], names: Iterable[str]) -> dict[str, Subject]:
    """Of those of them that are known, as they are now; nobody is locked."""
    rows = connection.execute(
        "SELECT subject, root, version, missing, linked FROM subjects WHERE subject = ANY(%s::text[])",
        [text_array(sorted(set(names)))],
    )
    return {row[0]: Subject(*row) for row in rows}


def write_linked(connection: Connection[Any], subjects: Iterable[Subject]) -> None:
    """All that merges ever joined with each. They are locked."""
    for subject in subjects:  # hardly ever any
        connection.execute(
            "UPDATE subjects SET linked = %s::text[] WHERE subject = %s",
            [text_array(list(subject.together)), subject.subject],
        )


def write_roots(connection: Connection[Any], roots: Mapping[str, str]) -> None:
    """Whose rows tell of each from now on. They are locked."""
    for subject, root in roots.items():  # hardly ever any
        connection.execute("UPDATE subjects SET root = %s WHERE subject = %s", [root, subject])


def versions_of(connection: Connection[Any], names: Sequence[str]) -> dict[str, int]:
    """Of those of them that are known, as they are now; nobody is locked."""
    rows = connection.execute(
        "SELECT subject, version FROM subjects WHERE subject = ANY(%s::text[])", [text_array(names)]
    )
    return dict(rows.fetchall())


def versions_after(connection: Connection[Any], after: str, limit: int, among: str = "true") -> dict[str, int]:
    """Of the next subjects after one, in order. `among`: which, as SQL about the column `subject`."""
    rows = connection.execute(
        f"SELECT subject, version FROM subjects WHERE subject > %s AND {among} ORDER BY subject LIMIT %s",
        [after, limit],
    )
    return dict(rows.fetchall())


def bump(connection: Connection[Any], subjects: Mapping[str, Subject], new: Iterable[Arrived]) -> dict[str, Subject]:
    """The subjects as they are with these facts more to fold: of a merged person, every id of it."""
    counts: Counter[str] = Counter()
    for name, more in Counter(fact.subject for fact in new).items():
        counts.update(dict.fromkeys(subjects[name].together, more))
    if counts:
        connection.execute(
            "UPDATE subjects SET version = version + more"
            " FROM unnest(%s::text[], %s::bigint[]) AS new (name, more) WHERE subject = name",
            [text_array(list(counts)), integer_array(list(counts.values()))],
        )
    return {name: replace(subject, version=subject.version + counts[name]) for name, subject in subjects.items()}


def touch(connection: Connection[Any], subjects: AbstractSet[str]) -> None:
    """Mark subjects about which nothing new came, but about a structure or client they name."""
    if subjects:
        connection.execute(
            "UPDATE subjects SET version = version + 1 WHERE subject = ANY(%s::text[])", [text_array(sorted(subjects))]
        )


def mark_failed(connection: Connection[Any], errors: Mapping[str, str], tracebacks: Mapping[str, str]) -> None:
    """Subjects whose policy fails, with the cause; since when, where it failed before too. People see them."""
    if errors:
        connection.execute(
            "UPDATE subjects SET error = message, since = coalesce(since, now()), traceback = nullif(trace, '')"
            " FROM unnest(%s::text[], %s::text[], %s::text[]) AS new (name, message, trace) WHERE subject = name",
            [
                text_array(list(errors)),
                text_array([printable(text)[:LONGEST_ERROR] for text in errors.values()]),
                text_array([printable(tracebacks.get(name, ""))[-LONGEST_TRACEBACK:] for name in errors]),
            ],
        )


def clear_failed(connection: Connection[Any], subjects: Sequence[str]) -> None:
    """Those of them that failed before do so no more."""
    if subjects:
        connection.execute(
            "UPDATE subjects SET error = NULL, since = NULL, traceback = NULL WHERE error IS NOT NULL AND subject = ANY(%s::text[])",
            [text_array(subjects)],
        )


def mark_missing(connection: Connection[Any], holes: Mapping[str, str]) -> None:
    """Which facts are missing, by subject; an empty text where none is any more."""
    if holes:
        connection.execute(
            "UPDATE subjects SET missing = nullif(hole, '') FROM unnest(%s::text[], %s::text[]) AS new (name, hole)"
            " WHERE subject = name AND missing IS DISTINCT FROM nullif(hole, '')",
            [text_array(list(holes)), text_array(list(holes.values()))],
        )


def holes(connection: Connection[Any], limit: int = 1_000) -> dict[str, str]:
    """Subjects of whom facts are missing, with which (`History.missing`). By its own index: there are hardly any."""
    rows = connection.execute(
        "SELECT subject, missing FROM subjects WHERE missing IS NOT NULL ORDER BY subject LIMIT %s", [limit]
    )
    return dict(rows.fetchall())


def trouble_of(connection: Connection[Any], subject: str) -> Trouble | None:
    """None where the subject is not known."""
    row = connection.execute(
        "SELECT version, error, since, missing FROM subjects WHERE subject = %s", [subject]
    ).fetchone()
    return Trouble(*row) if row else None


def count_all(connection: Connection[Any]) -> int:
    (row,) = connection.execute("SELECT count(*) FROM subjects").fetchall()
    return int(row[0])


def count_changes(connection: Connection[Any]) -> int:
    """About how many facts there are: each changed its subject once."""
    (row,) = connection.execute("SELECT coalesce(sum(version), 0) FROM subjects").fetchall()
    return int(row[0])


@dataclass(frozen=True, slots=True)
class WorkedUp:
    """A table with the version of its history up to which each subject was worked up: into rows, into effects.

    `table`: its name as SQL takes it; `key`: the column that names the subject.
    """

    table: str
    key: str = "subject"

    @property
    def create(self) -> str:
        return f"CREATE TABLE IF NOT EXISTS {self.table} ({self.key} text PRIMARY KEY, version bigint NOT NULL);"

    def behind(self, connection: Connection[Any], after: str, limit: int, kind: str = "") -> list[Subject]:
        """The next subjects after one that are behind, those whose names begin so; in the order of their names, in which
        they are locked."""
        rows = connection.execute(
            "SELECT s.subject, s.root, s.version, s.missing, s.linked"
            f" FROM subjects s LEFT JOIN {self.table} w ON w.{self.key} = s.subject"
            " WHERE s.subject > %s AND starts_with(s.subject, %s) AND s.version IS DISTINCT FROM coalesce(w.version, 0)"
            " ORDER BY s.subject LIMIT %s",
            [after, kind, limit],
        )
        return [Subject(*row) for row in rows]

    def count_behind(self, connection: Connection[Any]) -> int:
        """How many subjects are behind, of whatever kind."""
        (row,) = connection.execute(
            f"SELECT count(*) FROM subjects s LEFT JOIN {self.table} w ON w.{self.key} = s.subject"
            " WHERE s.version IS DISTINCT FROM coalesce(w.version, 0)"
        ).fetchall()
        return int(row[0])

    def versions(self, connection: Connection[Any], subjects: Sequence[str]) -> dict[str, int]:
        """Of those that were ever worked up."""
        rows = connection.execute(
            f"SELECT {self.key}, version FROM {self.table} WHERE {self.key} = ANY(%s::text[])", [text_array(subjects)]
        )
        return dict(rows.fetchall())

    def count(self, connection: Connection[Any]) -> int:
        """How many were ever worked up."""
        (row,) = connection.execute(f"SELECT count(*) FROM {self.table}").fetchall()
        return int(row[0])

    def mark(self, connection: Connection[Any], versions: Mapping[str, int]) -> None:
        """Subjects worked up to these versions."""
        if versions:
            connection.execute(
                f"{self._insert()} ON CONFLICT ({self.key}) DO UPDATE SET version = excluded.version",
                [text_array(list(versions)), integer_array(list(versions.values()))],
            )

    def claim(self, connection: Connection[Any], versions: Mapping[str, int]) -> set[str]:
        """Mark those that nobody has marked yet. Return them: of several at work, each subject is one's."""
        rows = connection.execute(
            f"{self._insert()} ON CONFLICT DO NOTHING RETURNING {self.key}",
            [text_array(list(versions)), integer_array(list(versions.values()))],
        )
        return {subject for (subject,) in rows}

    def _insert(self) -> str:
        return f"INSERT INTO {self.table} ({self.key}, version) SELECT * FROM unnest(%s::text[], %s::bigint[])"


def printable(text: str) -> str:
    """What PostgreSQL can hold of it."""
    return text.replace("\0", "").encode(errors="replace").decode()


def held(schema: str) -> Rows:
    """How far a reader is with a person, and what is wrong; not whom merges that hold no more joined it with."""
    source = f"{schema}.subjects WHERE subject = ANY(%(subjects)s::text[])"
    return Rows(f"{schema}.subjects", source, "to_jsonb(subjects) - 'linked'", "subject")

"""Deadlines compared with the facts they follow from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import psycopg

from shared.facts.catalogue import Catalogue
from shared.log.comparison import LIMIT, Comparison, Difference, Rest, no_rest
from shared.log.deadlines import Deadline, DeadlinesOf
from shared.log.joined_streams import beside
from shared.log.merges import Merges, NoMerges
from shared.log.store import FactStore
from shared.log.streams import Stream, Streams
from shared.process.unavailable import UnavailableError
from shared.reacting.comparing import compare, parts_of


def compare_deadlines(
    store: FactStore,
    catalogue: Catalogue,
    deadlines_of: DeadlinesOf,
    subjects: Sequence[str] | None = None,
    *,
    merges: Merges | None = None,
    limit: int = LIMIT,
    rest: Rest = no_rest,
) -> Comparison:
    """Of these subjects, or of all; memory is that of TOGETHER subjects."""
    comparison = Comparison(f"deadlines of {store.service} with its facts", limit)
    streams = Streams(store, catalogue, capacity=0)
    parts = parts_of(store, subjects)
    known = merges or NoMerges()
    return compare(comparison, parts, lambda asked: _differing(store, streams, deadlines_of, known, asked), rest=rest)


def _differing(
    store: FactStore, streams: Streams, deadlines_of: DeadlinesOf, merges: Merges, subjects: Sequence[str]
) -> Iterator[Difference]:
    try:
        linked = merges.linked(subjects)
        loaded = streams.load({*subjects}.union(*(joined.subjects for joined in linked.values())))
    except UnavailableError:
        raise
    except Exception as error:  # a fact that cannot be read raises anything: halves, until its subject stands alone
        if len(subjects) == 1:
            yield _unreadable(store.service, subjects[0], error)
            return
        middle = len(subjects) // 2
        yield from _differing(store, streams, deadlines_of, merges, subjects[:middle])
        yield from _differing(store, streams, deadlines_of, merges, subjects[middle:])
        return
    for subject, written in _written(store, subjects):
        stream = loaded[subject]
        try:
            person = beside(loaded, subject, linked.get(subject))
            due = deadlines_of(person.settled) if person.subject == subject and not person.is_erased else ()
            wanted, reason = set(due), "`parcours clock --rebuild` writes them anew"
        except Exception as error:  # a rule may raise anything; the others are compared
            wanted, reason = set(), f"its facts give no deadlines: {type(error).__name__}: {error}"
        if wanted != written:
            yield _difference(store.service, stream, wanted, written, reason)


def _unreadable(service: str, subject: str, error: Exception) -> Difference:
    return Difference(
        what="deadline",
        kind="unfoldable",
        where=f"{service}.deadlines",
        subject=subject,
        key={"subject": subject},
        reason=f"its facts cannot be read: {type(error).__name__}: {error}",
    )


def _written(store: FactStore, subjects: Sequence[str]) -> Iterator[tuple[str, set[Deadline] | None]]:
    """None where a day is written that Python cannot hold ('infinity'): nobody derived that."""
    try:
        yield from store.deadlines.of(subjects).items()
    except psycopg.DataError:
        if len(subjects) == 1:
            yield subjects[0], None
            return
        middle = len(subjects) // 2
        for half in (subjects[:middle], subjects[middle:]):
            yield from _written(store, half)


def _difference(
    service: str, stream: Stream, wanted: set[Deadline], written: set[Deadline] | None, reason: str
) -> Difference:
    return Difference(
        what="deadline",
        kind=_kind(wanted, written),
        where=f"{service}.deadlines",
        subject=stream.subject,
        key={"subject": stream.subject},
        expected={"deadlines": _listed(wanted)},
        found={"deadlines": ["a day that is none"] if written is None else _listed(written)},
        facts_behind=len(stream),
        reason=reason,
    )


def _kind(wanted: set[Deadline], written: set[Deadline] | None) -> Literal["missing", "surplus", "changed"]:
    if written is None:
        return "changed"
    return "missing" if not written - wanted else "surplus" if not wanted - written else "changed"


def _listed(deadlines: set[Deadline]) -> list[str]:
    return sorted(f"{deadline.kind} {deadline.due_on}" for deadline in deadlines)

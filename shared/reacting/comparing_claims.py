"""Claims compared with the facts that took them.

Whatever any fact of a subject ever took has its row for ever, or it would be given a second time; what a standing one takes
is that subject's, and not given back. Who took it for ever cannot be told from the facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.deciding.claims import Taken
from shared.facts.catalogue import Catalogue
from shared.log.claims import ClaimsOf
from shared.log.comparison import LIMIT, Comparison, Difference, Rest, no_rest
from shared.log.store import FactStore
from shared.log.streams import Stream, Streams
from shared.process.unavailable import UnavailableError
from shared.reacting.comparing import compare, parts_of


def compare_claims(
    store: FactStore,
    catalogue: Catalogue,
    claims_of: ClaimsOf,
    subjects: Sequence[str] | None = None,
    *,
    limit: int = LIMIT,
    rest: Rest = no_rest,
) -> Comparison:
    """Of these subjects, or of all."""
    comparison = Comparison(f"claims of {store.service} with its facts", limit)
    streams = Streams(store, catalogue, capacity=0)
    parts = parts_of(store, subjects)
    return compare(comparison, parts, lambda asked: _differing(store, streams, claims_of, asked), rest=rest)


def _differing(
    store: FactStore, streams: Streams, claims_of: ClaimsOf, subjects: Sequence[str]
) -> Iterator[Difference]:
    try:
        loaded = streams.load(subjects)
        said = {subject: claims_of(stream.facts) for subject, stream in loaded.items()}
    except UnavailableError:
        raise
    except Exception:  # a fact that cannot be read, which deadlines tell: halves, until its subject stands alone
        if len(subjects) > 1:
            middle = len(subjects) // 2
            yield from _differing(store, streams, claims_of, subjects[:middle])
            yield from _differing(store, streams, claims_of, subjects[middle:])
        return
    taken = store.claims.of([claim for claims in said.values() for claim in claims], subjects)
    for subject, stream in loaded.items():
        standing = claims_of(stream.settled)
        for claim in sorted(said[subject]):
            yield from _of_fact(store.service, stream, claim, taken.get(claim), is_standing=claim in standing)
    for claim, by in taken.items():
        if by.subject in said and claim not in said[by.subject]:
            yield _difference(store.service, loaded[by.subject], claim, None, by, "no fact of its subject takes it")


def _of_fact(
    service: str, stream: Stream, claim: str, taken: Taken | None, *, is_standing: bool
) -> Iterator[Difference]:
    wanted = Taken(stream.subject)
    if taken is None:
        yield _difference(service, stream, claim, wanted, None, "it could be given a second time")
    elif is_standing and (taken.released or taken.subject != stream.subject):
        yield _difference(service, stream, claim, wanted, taken, "a fact that stands takes it")


def _difference(
    service: str, stream: Stream, claim: str, wanted: Taken | None, taken: Taken | None, reason: str
) -> Difference:
    return Difference(
        what="claim",
        kind="missing" if taken is None else "surplus" if wanted is None else "changed",
        where=f"{service}.claims",
        subject=stream.subject,
        key={"claim": claim},
        columns=() if wanted is None or taken is None else ("subject", "released"),
        expected=None if wanted is None else _shown(claim, wanted),
        found=None if taken is None else _shown(claim, taken),
        facts_behind=len(stream),
        reason=reason,
    )


def _shown(claim: str, taken: Taken) -> dict[str, object]:
    return {"claim": claim, "subject": taken.subject, "released": taken.released}

"""Effects compared with what they follow from: what a service recorded by itself of others' facts stands exactly where its
policy says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psycopg import Connection

from shared.facts.catalogue import Catalogue
from shared.facts.erasing import PersonErased, erased_by
from shared.facts.fact import FactVoided
from shared.histories.copies import called, through_of_histories
from shared.histories.database import HistoryDatabase
from shared.histories.subjects import Subject, rows_of, versions_after
from shared.log.comparison import LIMIT, Comparison, Difference, FactName, Rest, no_rest
from shared.log.joined_streams import Beside, beside, ids_of
from shared.log.store import FactStore
from shared.log.streams import Stream, Streams
from shared.process.progress import Progress
from shared.process.unavailable import UnavailableError
from shared.reacting.comparing import compare
from shared.reacting.decision import Policy, decision
from shared.reacting.effects import OwnFact
from shared.reacting.knowledge import RECONCILED, Knowledge

TOGETHER = 200
TRIES = 3
"""What is known of others and the service's own stream are read in two transactions: where they give another effect, both
are read again."""
KIND = "person/"
"""Of whom services act on others' facts."""


def compare_effects(
    store: FactStore,
    catalogue: Catalogue,
    database: HistoryDatabase,
    knowledge: Knowledge,
    policy: Policy,
    subjects: Sequence[str] | None = None,
    *,
    limit: int = LIMIT,
    progress: Progress = lambda done, total: None,
    rest: Rest = no_rest,
) -> Comparison:
    """Of these subjects, or of all that were acted upon; memory is that of TOGETHER of them. Those about whom the policy
    fails, or of whom facts are missing, are told elsewhere, and counted in a note."""
    comparison = Comparison(f"effects of {store.service} with the facts they follow from", limit)
    look = _Look(store, Streams(store, catalogue, capacity=0), database, knowledge, policy, erased_by(catalogue))

    def rested() -> None:
        progress(comparison.subjects, comparison.subjects)
        rest()

    compare(comparison, look.parts(subjects), look.differing, rest=rested, tries=TRIES)
    if look.failing:
        comparison.notes.append(
            f"effects of {store.service}: {len(look.failing)} subjects cannot be decided; `parcours subjects list`"
        )
    return comparison


class _Look:
    def __init__(
        self,
        store: FactStore,
        streams: Streams,
        database: HistoryDatabase,
        knowledge: Knowledge,
        policy: Policy,
        forgets: type[PersonErased] | None,
    ) -> None:
        self._forgets = forgets
        self._service = store.service
        self._streams = streams
        self._database = database
        self._knowledge = knowledge
        self._policy = policy
        self.failing: set[str] = set()

    def parts(self, subjects: Sequence[str] | None) -> Iterator[Sequence[str]]:
        if subjects is not None:
            with self._database.connection() as connection:
                rows = rows_of(connection, subjects)
            # With the other ids of a person: what follows from its facts is told of its root.
            linked = {one for row in rows.values() for one in row.together}
            people = sorted(name for name in {*subjects, *linked} if name.startswith(KIND))
            yield from (people[start : start + TOGETHER] for start in range(0, len(people), TOGETHER))
            return
        after = ""
        while True:
            with self._database.connection() as connection:
                some = versions_after(connection, after, TOGETHER, f"starts_with(subject, '{KIND}')")
            if not some:
                return
            yield list(some)
            after = max(some)

    def differing(self, subjects: Sequence[str]) -> list[Difference]:
        """Of those that have been acted upon as they are."""
        found: list[Difference] = []
        with self._database.transaction() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            through = through_of_histories(connection).get(self._service, 0)
            settled = self._acted_upon(connection, subjects)
            decide, holes = decision(connection, settled, self._knowledge, self._policy, self._service, self._forgets)
            for person in self._persons(settled):
                if max(person.names.values(), default=0) > through:
                    continue  # its own facts come to its policies by the log too: some are on their way
                if any(holes.get(name) for name in ids_of(person)):
                    self.failing.add(person.subject)
                    continue
                try:
                    wanted = list(decide(person))
                except Exception:  # a policy may raise anything; the reader's own loop tells of it
                    self.failing.add(person.subject)
                    continue
                found += [self._difference(connection, person, effect) for effect in wanted]
        return found

    def _persons(self, subjects: Mapping[str, Subject]) -> Iterator[Beside]:
        """Each under its root, with the streams of all its ids."""
        loaded = self._loaded(sorted({one for row in subjects.values() for one in row.together}))
        linked = self._knowledge.linked(subjects.keys())
        for name, row in subjects.items():
            if (
                loaded.keys() >= set(row.together)
                and (person := beside(loaded, name, linked.get(name))).subject == name
            ):
                yield person

    def _loaded(self, subjects: Sequence[str]) -> Mapping[str, Stream]:
        """Without those whose own facts cannot be read: halves, until such a one stands alone."""
        try:
            return self._streams.load(subjects)
        except UnavailableError:
            raise
        except Exception:  # decoding may raise anything
            if len(subjects) == 1:
                self.failing.add(subjects[0])
                return {}
            middle = len(subjects) // 2
            return {**self._loaded(subjects[:middle]), **self._loaded(subjects[middle:])}

    def _acted_upon(self, connection: Connection[Any], subjects: Sequence[str]) -> dict[str, Subject]:
        """Those of them that have been acted upon as they are, with all that merges ever joined with them."""
        rows = rows_of(connection, subjects)
        rows |= rows_of(connection, {one for row in rows.values() for one in row.together} - rows.keys())
        reconciled = RECONCILED.versions(connection, list(rows))
        done = {name for name, row in rows.items() if reconciled.get(name) == row.version}
        return {name: rows[name] for name in subjects if name in done and done.issuperset(rows[name].together)}

    def _difference(self, connection: Connection[Any], stream: Beside, own: OwnFact) -> Difference:
        said: Mapping[str, Any] = own.fact.model_dump(mode="json", exclude_none=True)
        is_void = isinstance(own.fact, FactVoided)
        names = stream.names
        own_cause = [
            FactName(self._service, names.get(fact.key, 0), fact.id, fact.type)
            for fact in stream.facts
            if fact.id == own.causationid
        ]
        return Difference(
            what="effect",
            kind="surplus" if is_void else "missing",
            where=f"{self._service}.facts",
            subject=stream.subject,
            key={"subject": stream.subject, "type": own.fact.type, "cause": own.causationid},
            expected=None if is_void else said,
            found=said if is_void else None,
            facts=own_cause or called(connection, stream.subject, own.causationid),
            facts_behind=len(stream.facts),
            reason="`parcours subjects retry` has it acted upon again",
        )

"""What a service has to record by itself of some subjects: its policy over what it knows of them and of whom they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Protocol

from psycopg import Connection

from shared.deciding.effect_ids import notice_id
from shared.facts.erasing import PersonErased
from shared.facts.fact import Recorded, own_source
from shared.facts.sayers import STEWARD, sayer_of
from shared.histories.history import History
from shared.histories.mentions import named_by
from shared.histories.persons import load_known
from shared.histories.subjects import Subject
from shared.log.joined_streams import Beside, ids_of
from shared.reacting.actor import ToRecord
from shared.reacting.effects import OwnFact
from shared.reacting.knowledge import IncompleteError, Knowledge, Lookup


class Policy(Protocol):
    """What should follow, from a subject's own stream and what others recorded."""

    def __call__(self, stream: Beside, consumed: Sequence[Recorded], lookup: Lookup) -> Iterable[OwnFact]: ...


def nothing(stream: Beside, consumed: Sequence[Recorded], lookup: Lookup) -> Iterable[OwnFact]:
    """The policy of who only reads."""
    return ()


def decision(
    connection: Connection[Any],
    subjects: Mapping[str, Subject],
    knowledge: Knowledge,
    policy: Policy,
    service: str,
    forgets: type[PersonErased] | None = None,
) -> tuple[ToRecord, dict[str, str]]:
    """The policy, to be asked while the transaction lasts, of these subjects and of the roots of their persons; and of each
    subject which facts of others are missing, an empty text where none is. `forgets`: the fact by which this service says whom another
    has forgotten. What it gives raises IncompleteError,
    UnreadableFactError, and whatever a policy raises."""
    known = load_known(
        connection, {one: row.linked for row in subjects.values() for one in row.together}, knowledge.catalogue
    )
    others = named_by(connection, list(known))
    histories = knowledge.histories(connection, chain.from_iterable(others.values()))
    histories |= {subject: of.person for subject, of in known.items()}
    settled = {subject: knowledge.settled(history) for subject, history in histories.items()}

    def lookup(subject: str) -> Sequence[Recorded]:
        if subject not in settled:  # named by own facts that are recorded and have not come here yet
            history = knowledge.histories(connection, [subject])[subject]
            history.check()
            settled[subject] = knowledge.settled(history)
        return settled[subject]

    def decide(stream: Beside) -> Iterable[OwnFact]:
        erasures = [fact for fact in histories[stream.subject].facts if isinstance(fact.data, PersonErased)]
        if erasures and forgets is not None:
            # Before anything is looked at: what is left of others' facts names its causes otherwise than own ones do yet.
            return forgotten_here(stream, erasures, forgets)
        _check_complete(stream, histories[stream.subject], own_source(service))
        for other in chain.from_iterable(others[one] for one in known[stream.subject].ids):
            histories[other].check()
        return policy(stream, settled[stream.subject], lookup)

    return decide, {subject: known[subject].own.missing or "" for subject in subjects}


def forgotten_here(stream: Beside, erasures: Sequence[Recorded], kind: type[PersonErased]) -> Iterator[OwnFact]:
    """That a person is forgotten, of each of its ids of which it is not said here yet."""
    said = {fact.subject for fact in stream.facts if isinstance(fact.data, PersonErased)}
    for subject in ids_of(stream):
        cause = next((fact for fact in erasures if fact.subject == subject), erasures[0])
        if subject not in said and isinstance(cause.data, PersonErased):
            yield OwnFact(
                notice_id(subject, f"{kind.type} {cause.id}"),
                kind(erased_on=cause.data.erased_on, ground=cause.data.ground),
                cause.id,
                cause.time,
                saidfor=sayer_of(cause) or STEWARD,
                subject=subject,
            )


def _check_complete(stream: Beside, history: History, source: str) -> None:
    """Raise IncompleteError, UnreadableFactError."""
    history.check()
    if history.missing is not None:
        raise IncompleteError(f"facts have not come: {history.missing}")
    known = {fact.id for fact in (*stream.facts, *history.facts)}
    unknown = sorted(
        {fact.causationid for fact in stream.settled if fact.source == source and fact.causationid is not None} - known
    )
    if unknown:
        raise IncompleteError(f"causes of effects that stand have not come: {', '.join(unknown[:3])}")

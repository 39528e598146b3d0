"""What a store does where somebody is forgotten: in the transaction that records it, all that it holds of the subjects is
emptied. See docs/adr/0045; what is left of a fact is told by `shared.facts.erasing`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from psycopg import Connection

from shared.facts.catalogue import Catalogue
from shared.facts.erasing import Envelope, PersonErased, all_erased, erased_by
from shared.facts.fact import Recorded, own_source
from shared.log.arrays import integer_array, text_array
from shared.log.content import canonical, digest_of
from shared.log.ledger import Erasure, Ledger
from shared.log.schema import Schema

Also = Callable[[Connection[Any], Sequence[str]], None]
"""What a service holds of subjects beside its log, emptied in the same transaction."""

NOBODY = "erased"
"""In place of the subject of a claim: what it took is never given again, and no longer anybody's."""


def nothing_more(connection: Connection[Any], subjects: Sequence[str]) -> None:
    """Where there is nothing beside the log."""


class UnknownFactsError(Exception):
    """Of a later release: this code cannot tell what of them is personal."""


class Emptying:
    """`kind`: by which fact a service says that somebody is forgotten."""

    def __init__(
        self, service: str, catalogue: Catalogue, kind: type[PersonErased], ledger: Ledger, also: Also
    ) -> None:
        self.kind = kind
        self.ledger = ledger
        self._kinds = catalogue.facts
        self._own = own_source(service)
        self._statement = Schema(service).statement
        self._also = also

    def empty(self, connection: Connection[Any], facts: Iterable[Recorded]) -> None:
        """In the transaction that has just recorded these, some of which say who is forgotten: nobody else records until it
        ends."""
        erasures = [
            Erasure(fact.subject, fact.data.erased_on.isoformat(), fact.data.ground)
            for fact in facts
            if isinstance(fact.data, PersonErased)
        ]
        subjects = text_array([one.subject for one in erasures])
        self._empty_facts(connection, subjects)
        connection.execute(
            self._statement("UPDATE {claims} SET subject = %s, lasting = true WHERE subject = ANY(%s::text[])"),
            [NOBODY, subjects],
        )
        connection.execute(self._statement("DELETE FROM {deadlines} WHERE subject = ANY(%s::text[])"), [subjects])
        self._also(connection, [one.subject for one in erasures])
        # Before the commit: noted and not recorded, it is recorded at the next start; the other way round a dump of before
        # would bring the person back.
        self.ledger.note(erasures, self.ledger.erasures())

    def _empty_facts(self, connection: Connection[Any], subjects: str) -> None:
        rows = connection.execute(
            self._statement("SELECT notification_id, state FROM {facts} WHERE originator_id = ANY(%s::text[])"),
            [subjects],
        ).fetchall()
        sequences: dict[tuple[str, str], int] = {}
        envelopes: list[Envelope] = []
        for sequence, state in rows:
            envelope = json.loads(bytes(state))
            sequences[envelope["source"], envelope["id"]] = sequence
            envelopes.append(envelope)
        if unknown := sorted({one["type"] for one in envelopes} - self._kinds.keys()):
            raise UnknownFactsError(f"facts of types that this release does not know: {', '.join(unknown)}")
        pairs = all_erased(envelopes, self._kinds, self.ledger.hashing())
        connection.execute(
            self._statement(
                "UPDATE {facts} SET state = convert_to(left_state, 'UTF8')"
                " FROM unnest(%s::bigint[], %s::text[]) AS emptied (sequence, left_state) WHERE notification_id = sequence"
            ),
            [
                integer_array([sequences[before["source"], before["id"]] for before, _ in pairs]),
                text_array([json.dumps(after, ensure_ascii=False, separators=(",", ":")) for _, after in pairs]),
            ],
        )
        self._empty_answers(connection, pairs)

    def _empty_answers(self, connection: Connection[Any], pairs: Sequence[tuple[Envelope, Envelope]]) -> None:
        """Answers go on belonging to their facts: to the id and the content that these are left with."""
        known = text_array([before["source"] for before, _ in pairs]), text_array([before["id"] for before, _ in pairs])
        ids = {before["id"]: after["id"] for before, after in pairs}
        rows = connection.execute(
            self._statement(
                "SELECT source, id, effects FROM {intake} JOIN unnest(%s::text[], %s::text[]) AS asked (source, id)"
                " USING (source, id)"
            ),
            known,
        ).fetchall()
        effects = {
            (source, name): [{**effect, "id": ids.get(effect["id"], effect["id"])} for effect in listed]
            for source, name, listed in rows
        }
        connection.execute(
            self._statement(
                "UPDATE {intake} AS answers SET id = left_id, digest = decode(left_digest, 'hex'),"
                " effects = left_effects::jsonb, warnings = NULL"
                " FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])"
                " AS emptied (source, id, left_id, left_digest, left_effects)"
                " WHERE (answers.source, answers.id) = (emptied.source, emptied.id)"
            ),
            [
                *known,
                text_array([after["id"] for _, after in pairs]),
                text_array([self._digest(after).hex() for _, after in pairs]),
                text_array([json.dumps(effects.get((one["source"], one["id"]), [])) for one, _ in pairs]),
            ],
        )

    def _digest(self, envelope: Mapping[str, Any]) -> bytes:
        """Of what is left, as verifying reckons it; of what the service says by itself there is none."""
        if envelope["source"] == self._own:
            return b""
        data = canonical(envelope["data"])
        return digest_of(envelope["type"], envelope["subject"], envelope.get("replaces"), data)


def emptying_of(
    service: str, catalogue: Catalogue, ledger: Ledger | None, also: Also = nothing_more
) -> Emptying | None:
    """None where nobody can be forgotten: no ledger is named, or the service has facts of no person."""
    kind = erased_by(catalogue)
    return Emptying(service, catalogue, kind, ledger, also) if ledger is not None and kind is not None else None

"""A log that was restored from a dump of before an erasure forgets again whom the ledger names. See docs/adr/0045."""

from __future__ import annotations

import json
from datetime import date

import structlog

from shared.deciding.effect_ids import notice_id
from shared.facts.erasing import PersonErased
from shared.facts.fact import Recorded, own_source
from shared.facts.sayers import STEWARD
from shared.log.content import canonical
from shared.log.entries import ATTEMPTS, ConflictError, NewFact
from shared.log.ledger import Erasure, Ledger
from shared.log.store import FactStore
from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)


def catch_up_with(ledger: Ledger, store: FactStore, kind: type[PersonErased]) -> None:
    """Before anybody is served: the log says of all whom the ledger names that they are forgotten, a log from a dump of before
    too, and the ledger names all whom the log does. Raise LedgerError, UnavailableError."""
    store.index_types([kind.type])
    for _ in range(ATTEMPTS):
        said = {entry.subject: json.loads(entry.state)["data"] for entry in store.of_types([kind.type], 0)}
        noted = ledger.erasures()
        ledger.note([Erasure(subject, data["erased_on"], data["ground"]) for subject, data in said.items()], noted)
        missing = [erasure for subject, erasure in noted.items() if subject not in said]
        if not missing:
            return
        versions = store.versions([erasure.subject for erasure in missing])
        try:
            store.record([_said_again(store, kind, one, versions[one.subject]) for one in missing])
        except ConflictError as error:  # another process of the service catches up beside this one
            log.info("conflict", service=store.service, constraint=str(error))
    raise UnavailableError(reason="contention")


def _said_again(store: FactStore, kind: type[PersonErased], erasure: Erasure, version: int) -> NewFact:
    data = kind(erased_on=date.fromisoformat(erasure.erased_on), ground=erasure.ground)
    now = store.clock.now()
    fact = Recorded(
        id=notice_id(erasure.subject, kind.type),
        source=own_source(store.service),
        type=kind.type,
        subject=erasure.subject,
        time=now,
        recordedtime=now,
        streamversion=version + 1,
        saidfor=STEWARD,
        data=data,
    )
    return NewFact(fact, canonical(data.model_dump(mode="json")), b"")

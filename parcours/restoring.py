"""After a service's store was restored from a backup: what its readers know and the store lost is saved, the diverged part
of the log is forgotten by everybody, and what outside senders had sent is posted again.

Four steps, each noted in a journal once it is done. Stopped anywhere, the same call goes on; a step done twice does no
more than once: nothing is forgotten before it is saved, and what is posted twice is recorded once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parcours.client.event_files import EventFile
from parcours.client.http_client import Client
from parcours.client.posting import Poster, Refusal
from parcours.parts import REACTING, WITH_CLOCK
from parcours.repairs import Installation, opened
from parcours.while_serving import while_serving
from shared.facts.fact import own_source
from shared.histories.diverged import Lost, forget, last_common, lost_facts, work_everybody_up
from shared.histories.repairing import Reader
from shared.kafka.progress import last_marks
from shared.kafka.topics import Topics
from shared.log.ledger import Ledger
from shared.log.store import FactStore
from shared.process.settings import Settings
from shared.reacting.knowledge import RECONCILED
from shared.roles.looking_around import look_around
from shared.roles.role import CLOCK, PROJECTOR, expected, policies_role, relay_role, serve_role

GIVEN_BY_THE_STORE = ("sequence", "streamversion", "recordedtime")
"""Attributes that whoever posts does not say."""
ALIVE = ("working", "standby", "paused", "waiting", "stuck")
SAVED, OWN, REFUSED, JOURNAL = "posted-again.ndjson", "recorded-by-itself.ndjson", "refused.ndjson", "journal.json"

Say = Callable[[str], None]


class StillRunningError(Exception):
    """Somebody reads or writes the log that is to be put right."""

    def __init__(self, roles: list[str]) -> None:
        super().__init__(
            f"still running: {', '.join(roles)}; stop them first (their processes, not `parcours pause`), so that nobody"
            " reads or writes what is being put right; or say --while-running"
        )


@dataclass(slots=True)
class Restored:
    """`common`: the last sequence that store and readers have in common. `lost`: facts beyond it that readers know;
    `own`: those that the service had recorded by itself, which follow again from the others. `forgotten`: those of persons who
    are forgotten, of which nothing is left that could be posted. `readers`: how many facts each forgets. `ahead`: whether the
    topic promises more than the store holds. `done`: steps. `recorded`, `duplicate`, `refused`: of those posted again."""

    service: str
    common: int = 0
    last: int = 0
    lost: int = 0
    own: int = 0
    forgotten: int = 0
    ahead: bool = False
    readers: dict[str, int] = field(default_factory=dict)
    topic_deleted: bool = False
    recorded: int = 0
    duplicate: int = 0
    refused: int = 0
    done: list[str] = field(default_factory=list)
    folder: str = ""


@dataclass(slots=True)
class Restoring:
    """Of one service. `folder`: where the journal and what is saved stand."""

    settings: Settings
    service: str
    folder: Path
    say: Say
    progress: Callable[[str, str], Any]
    """Opens a line of progress: what is done, to what."""

    def plan(self) -> Restored:
        """What there is to do; nothing is changed."""
        with opened(self.settings) as found:
            return self._begun() or self._examined(found)[0]

    def run(self) -> Restored:
        """Raise StillRunningError before, UnavailableError anywhere: call again."""
        with opened(self.settings) as found:
            state = self._begun() or self._save(found)
            if state.lost or state.ahead:
                self._step(state, "forgotten", lambda: self._forget(found, state))
        if state.lost:
            self._step(state, "posted", lambda: self._post(state))
        self._finish(state)
        return state

    def refuse_running(self) -> None:
        """Raise StillRunningError where somebody would read or write meanwhile."""
        about = {serve_role(self.service), relay_role(self.service), PROJECTOR}
        about |= {policies_role(name) for name, of in REACTING.items() if self.service in of(self.settings).reads}
        about |= {CLOCK} if self.service in WITH_CLOCK else set()
        found = look_around(self.settings.database_url_of, expected(self.settings))
        if running := sorted({one.role for one in found if one.role in about and one.state in ALIVE}):
            raise StillRunningError(running)

    def _readers(self, found: Installation) -> Iterator[Reader]:
        """Those that read its facts; a service that acts on others' facts reads its own too, to be woken by them."""
        for reader in found.readers.values():
            if self.service in reader.consumed or self._reads_itself(reader):
                yield reader

    def _reads_itself(self, reader: Reader) -> bool:
        return reader.name == self.service and self.service in REACTING[reader.name](self.settings).reads

    def _examined(self, found: Installation) -> tuple[Restored, dict[int, Lost]]:
        """How things are, with what any reader knows beyond the point from where the log is another one, by sequence."""
        store = found.store_of(self.service)
        state = Restored(self.service, last=store.last_sequence(), folder=str(self.folder), ahead=self._is_ahead(store))
        lost: dict[int, Lost] = {}
        for reader in self._readers(found):
            with reader.database.connection() as connection:
                common = last_common(connection, store)
                known = {fact.sequence: fact for fact in lost_facts(connection, self.service, common)}
            state.readers[reader.name] = len(known)
            state.common = max(state.common, common)
            lost |= known
        state.lost, state.own = len(lost), sum(fact.source == own_source(self.service) for fact in lost.values())
        state.forgotten = state.lost - state.own - len(self._outside(lost))
        return state, dict(sorted(lost.items()))

    def _save(self, found: Installation) -> Restored:
        """What is posted again, and, to be looked up, what the service had recorded by itself."""
        state, lost = self._examined(found)
        if not (state.lost or state.ahead):
            return state
        self.folder.mkdir(parents=True, exist_ok=True)
        own = own_source(self.service)
        _write(self.folder / SAVED, self._outside(lost))
        _write(self.folder / OWN, [fact.envelope for fact in lost.values() if fact.source == own])
        self._note(state, "saved")
        self.say(f"{state.lost:,} facts of {self.service} after {state.common} are saved in {self.folder}")
        return state

    def _outside(self, lost: Mapping[int, Lost]) -> list[bytes]:
        """What outside senders had sent, as they had, but of whom is forgotten: that is emptied, and refused. Where the ledger
        names nobody (it was lost with the store), the erasure itself is said again."""
        ledger = self.settings.erasure_ledger
        named = Ledger(ledger).erasures() if ledger is not None and ledger.exists() else {}
        events = [_as_sent(fact) for fact in lost.values() if fact.source != own_source(self.service)]
        return [_line(event) for event in events if "erased" not in event and event["subject"] not in named]

    def _forget(self, found: Installation, state: Restored) -> None:
        for reader in self._readers(found):
            with reader.database.connection() as connection:
                common = last_common(connection, found.store_of(self.service))
            with self.progress(f"Forgetting, {reader.name}", "facts") as shown:
                forget(reader.database, self.service, common, shown.at)
            if reader.name == self.service:
                # Its own effects may be lost too: whom it had reconciled is looked at again, which records what is missing.
                work_everybody_up(reader.database, RECONCILED.table)
            self.say(f"{reader.name} has forgotten what the log of {self.service} does not hold")
        for name in REACTING:
            if name in found.readers:
                found.store_of(name).read_up_to.lower(self.service, state.common)
        if self.settings.kafka_bootstrap:
            with closing(Topics.of(self.settings)) as topics:
                state.topic_deleted = topics.delete(self.service) or state.topic_deleted
            self.say(f"the topic of {self.service} is deleted; its relay makes it again and publishes the whole log")

    def _post(self, state: Restored) -> None:
        """To the service itself, started for that alone on this machine."""
        refusals: list[Refusal] = []

        def post(address: str) -> None:
            with (
                (self.folder / SAVED).open("rb") as stream,
                Client(address, None, POSTED_WITHIN_S) as client,
                self.progress("Posting again", "facts") as shown,
            ):
                poster = Poster(client, refusals.append)
                for _ in poster.post(EventFile(stream, SAVED)):
                    shown.at(poster.tally.total())
                counts = {name: poster.tally.total(name) for name in ("recorded", "duplicate", "refused", "malformed")}
                state.recorded, state.duplicate = counts["recorded"], counts["duplicate"]
                state.refused = counts["refused"] + counts["malformed"]

        while_serving(self.settings, self.service, post)
        _write(self.folder / REFUSED, [json.dumps(refusal.json()).encode() for refusal in refusals])

    def _is_ahead(self, store: FactStore) -> bool:
        """Whether the topic promises more than the store holds, also where no reader has read that far."""
        if not self.settings.kafka_bootstrap:
            return False
        with closing(Topics.of(self.settings)) as topics:
            return max(last_marks(self.service, topics).values(), default=0) > store.last_sequence()

    def _step(self, state: Restored, name: str, work: Callable[[], None]) -> None:
        if name not in state.done:
            work()
            self._note(state, name)

    def _note(self, state: Restored, step: str) -> None:
        state.done.append(step)
        _write(self.folder / JOURNAL, [json.dumps(asdict(state)).encode()])

    def _begun(self) -> Restored | None:
        """Where an earlier call was stopped; None where there was none."""
        journal = self.folder / JOURNAL
        return Restored(**json.loads(journal.read_text())) if journal.exists() else None

    def _finish(self, state: Restored) -> None:
        """The folder is put aside under its instant, so that another restore begins anew."""
        if self.folder.exists():
            done = self.folder.with_name(f"{self.folder.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
            self.folder.rename(done)
            state.folder = str(done)


POSTED_WITHIN_S = 120.0
"""How long what cannot be judged yet is sent again: policies may have to read everything anew first."""


def _as_sent(fact: Lost) -> dict[str, Any]:
    return {name: value for name, value in json.loads(fact.envelope).items() if name not in GIVEN_BY_THE_STORE}


def _line(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _write(path: Path, lines: list[bytes]) -> None:
    """Whole or not at all: a file half-written before a crash must not count as saved."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.writelines(line + b"\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)

"""The identities service, put together: names under keys, answered for those who may see them."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastapi import FastAPI

from services.identities.api import Desk, routes
from services.identities.document import describe
from services.identities.forgetting import Forgetting
from services.identities.keys import keyring_of
from services.identities.vault import Vault
from shared.log.connections import Connections
from shared.log.forgotten import Forgotten
from shared.log.ledger import Ledger
from shared.process.database_encoding import refuse_other_encodings
from shared.process.unavailable import UnavailableError
from shared.rights.persons import Persons
from shared.web import reads_table
from shared.web.callers import Callers
from shared.web.serving import service_app

NAME = "identities"


@dataclass(frozen=True, slots=True)
class IdentityService:
    app: FastAPI
    vault: Vault
    connections: Connections
    forgetting: Forgetting
    name: str = field(default=NAME)

    def start(self) -> None:
        """Raise KeyRefusedError where names are kept under other keys than these; UnavailableError."""
        self.connections.pool.open()
        with self.connections.connection() as connection:
            refuse_other_encodings(connection)
            with connection.transaction():
                reads_table.create(connection)
            self.vault.prepare(connection)
        self.forgetting.start()

    def stop(self) -> None:
        self.forgetting.stop()
        self.connections.close()
        self.vault.persons.close()

    async def check(self) -> str | None:
        try:
            await self.connections.ask(self._look)
        except UnavailableError:
            return "database unreachable"
        return self.forgetting.problem

    def _look(self) -> None:
        with self.connections.connection() as connection:
            connection.execute("SELECT")

    def pool_stats(self) -> dict[str, int]:
        return self.connections.pool_stats()

    def warning(self) -> str | None:
        if count := self.vault.unopened:
            return f"{count} times a name was not opened by its key: see `names_not_opened` in the log"
        if self.forgetting.forgotten.ledger is None:
            return "names of whom is forgotten stay: PARCOURS_ERASURE_LEDGER is not set"
        return None


def create(
    database_url: str, identity_key: str | None, callers: Callers, persons: Persons, ledger: Ledger | None = None
) -> IdentityService:
    """`persons`: the query side, which knows relations and merges. `ledger`: of whom is forgotten. Raise KeyRefusedError."""
    connections = Connections(database_url, NAME)
    forgetting = Forgetting(Forgotten(ledger), connections)
    vault = Vault(keyring_of(identity_key), persons, forgetting.has_forgotten)
    app = service_app(NAME, "parcours: what persons are called, for those who may know")
    app.include_router(routes(Desk(vault, connections, callers, forgetting)))
    describe(app)
    return IdentityService(app, vault, connections, forgetting)

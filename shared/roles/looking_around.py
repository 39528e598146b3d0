"""How all roles stand, read from the databases where they leave their heartbeats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection

from shared.process.database_encoding import DatabaseRefusedError
from shared.process.embedded import connect_options
from shared.process.settings import SettingsError
from shared.process.unavailable import UnavailableError
from shared.roles import tables
from shared.roles.role import ROLES, Role
from shared.roles.tables import Heartbeat, Pause
from shared.roles.verdict import RoleStanding, standings, unknown


class RolePausedError(Exception):
    """Somebody wants that role to stand still, so its work is not done by hand either."""

    def __init__(self, pause: Pause) -> None:
        super().__init__(f"{pause.role} is {pause}; let it go on first: parcours resume {pause.role}")


UrlOf = Callable[[str], str]
"""The address of a service's database."""

_SESSION = {"statement_timeout": "2s", "lock_timeout": "1s"}


@contextmanager
def roles_database(url: str) -> Iterator[Connection[Any]]:
    """A connection for one look or one word, the tables made where they are missing. Raise UnavailableError,
    DatabaseRefusedError."""
    try:
        with psycopg.connect(url, autocommit=True, **connect_options("roles", _SESSION)) as connection:
            tables.create(connection)
            yield connection
    except psycopg.OperationalError as error:
        raise UnavailableError(reason="database", detail=str(error).strip().partition("\n")[0]) from error


def refuse_paused(database_url_of: UrlOf, role: Role) -> None:
    """Raise RolePausedError, UnavailableError, DatabaseRefusedError."""
    with roles_database(database_url_of(role.service)) as connection:
        if pause := tables.pauses(connection).get(role.name):
            raise RolePausedError(pause)


def look_around(database_url_of: UrlOf, expected: Sequence[Role]) -> list[RoleStanding]:
    """Every role that is expected, and every other one that lives; in the order of `ROLES`.

    Raise UnavailableError where no database at all can be asked."""
    found: list[RoleStanding] = []
    asked: dict[str, _Rows | str] = {}
    for role in ROLES:
        try:
            url = database_url_of(role.service)
        except SettingsError as error:  # of a service on a database of its own, which this process was not told
            found += [unknown(role, str(error))] * (role in expected)
            continue
        if url not in asked:
            asked[url] = _ask(url)
        rows = asked[url]
        if isinstance(rows, str):
            found += [unknown(role, f"the database of {role.service} does not answer: {rows}")] * (role in expected)
        else:
            found += _of_role(role, rows, is_expected=role in expected)
    if all(isinstance(rows, str) for rows in asked.values()):
        raise UnavailableError(reason="database", detail=str(next(iter(asked.values()), "no database is set")))
    return found


_Rows = tuple[list[Heartbeat], dict[str, Pause]]


def _ask(url: str) -> _Rows | str:
    try:
        with roles_database(url) as connection:
            return tables.heartbeats(connection), tables.pauses(connection)
    except UnavailableError as error:
        return str(error.fields["detail"])
    except DatabaseRefusedError as error:  # the others are still told of
        return str(error)


def _of_role(role: Role, rows: _Rows, *, is_expected: bool) -> list[RoleStanding]:
    beats, pauses = rows
    found = standings(role, beats, pauses.get(role.name))
    if is_expected:
        return found
    # Of one that an installation may go without also what died: whoever had it once wants to know.
    return [one for one in found if one.lives or (role.is_optional and one.process is not None)]

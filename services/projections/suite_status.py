"""How the whole suite is: every role by its heartbeat, every reader by its database. Asked by operators, over HTTP or
from a command that reads the databases itself; both get this."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import psycopg

from services.projections.api.position_routes import read_side_state
from services.projections.catalogue import SERVICES
from services.projections.database import Database
from shared.histories.database import HistoryDatabase
from shared.histories.reader_counts import reader_counts
from shared.log.schema import Schema
from shared.process.embedded import connect_options
from shared.process.settings import Settings, SettingsError
from shared.reacting.knowledge import reader_database
from shared.roles.looking_around import look_around
from shared.roles.role import REACTING, expected
from shared.roles.verdict import RoleStanding

COUNTED = 100
"""Facts behind are counted up to so many: beyond that the figure says no more, and takes longer the later it is."""

_PARAMETERS = {"statement_timeout": "2s"}
_WRONG = {
    "failed_subjects": "subjects cannot be folded, or their policy fails; they keep what they had: `parcours subjects list`",
    "incomplete_subjects": "subjects miss facts: `parcours subjects retry --all` reads them from the stores",
    "dead_letters": "records without a readable envelope: `parcours letters list`",
    "differences": "differences between what people see and what the facts say: `parcours verify`",
}

Standing = dict[str, Any]
"""As `SuiteStatus` of the API's document has it."""


def look_at_suite(settings: Settings) -> Standing:
    """Raise UnavailableError where no database at all can be asked."""
    roles = look_around(settings.database_url_of, expected(settings))
    feed = "kafka" if settings.kafka_bootstrap else "store"
    projections = _asked(lambda: _projections(settings, feed))
    readers = {name: _asked(lambda name=name: _reader(settings, name, feed)) for name in REACTING}  # type: ignore[misc]
    wrong = [text for one in roles if (text := one.wrong)]
    for name, found in {"projections": projections, **readers}.items():
        wrong += _faults(name, found)
    return {
        "well": not wrong,
        "wrong": wrong,
        "roles": [_shown(one) for one in roles],
        "projections": projections,
        "readers": readers,
    }


def _asked(question: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What it finds, or `error`: one database that is away must not hide the others."""
    try:
        return question()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction):
        return {"error": "its tables are not there: it was never started"}
    except SettingsError as error:
        return {"error": str(error)}
    except psycopg.Error as error:
        return {"error": f"its database does not answer: {str(error).strip().partition(chr(10))[0]}"}


def _projections(settings: Settings, feed: str) -> dict[str, Any]:
    with _alone(Database(settings.database_url_of("projections"))) as connection:
        found = read_side_state(connection, feed)
    return {**found, "lag": {name: _behind(settings, name, found["positions"][name]) for name in SERVICES}}


def _reader(settings: Settings, name: str, feed: str) -> dict[str, Any]:
    with _alone(reader_database(settings.database_url_of(name), name)) as connection:
        return asdict(reader_counts(connection, feed))


def _alone(database: HistoryDatabase) -> psycopg.Connection[Any]:
    connection = database.alone(autocommit=True)
    connection.execute("SELECT set_config('statement_timeout', %s, false)", [_PARAMETERS["statement_timeout"]])
    return connection


def _behind(settings: Settings, service: str, through: int) -> str | None:
    """Facts recorded and not applied, counted up to a hundred; None where the store cannot be asked."""
    counted = f"SELECT count(*) FROM (SELECT FROM {{facts}} WHERE notification_id > %s LIMIT {COUNTED + 1}) AS behind"
    options = connect_options("status", _PARAMETERS)
    try:
        with psycopg.connect(settings.database_url_of(service), autocommit=True, **options) as connection:
            row = connection.execute(Schema(service).statement(counted), [through]).fetchone()
    except (psycopg.Error, SettingsError):
        return None
    behind = int(row[0]) if row else 0
    return f"more than {COUNTED}" if behind > COUNTED else str(behind)


def _faults(reader: str, found: Mapping[str, Any]) -> list[str]:
    counts = {**found, "differences": (found.get("verified") or {}).get("differences")}
    faults = [f"{reader}: {counts[name]} {text}" for name, text in _WRONG.items() if counts.get(name)]
    return faults + ([f"{reader}: {found['error']}"] if "error" in found else [])


def _shown(one: RoleStanding) -> dict[str, Any]:
    pause = one.pause and {"since": one.pause.since.isoformat(), "by": one.pause.by, "reason": one.pause.reason}
    return {
        "role": one.role,
        "state": one.state,
        "problem": one.problem,
        "process": one.process,
        "host": one.host,
        "version": one.version,
        "position": dict(one.position),
        "since": one.since and one.since.isoformat(),
        "heartbeat_age_s": one.age_s,
        "paused": pause,
    }

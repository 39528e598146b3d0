"""A whole suite served over HTTP, with tokens, that holds something of one person in every place that can hold something of
anybody, and beside it something of somebody else."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import psycopg
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from pydantic import SecretStr

from parcours.parts import identity_service, query_service
from services.placements.facts import HoursWorked
from services.projections.catalogue import CATALOGUE
from services.projections.read_sets import read_sets_table
from services.projections.read_sets.building import rebuild
from services.projections.read_sets.recipe import Recipe
from shared.facts.erasing import PersonErased
from shared.facts.fact import Fact
from shared.facts.merging import PersonsMerged, PersonsSplit
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from shared.web.callers import TokenCallers
from shared.web.serving import Suite as Served
from tests.parcours.told_suite import act, project, told_suite
from tests.parts.postgres import fresh_database
from tests.services.identities.suite import KEY
from tests.services.scenario import like, uid
from tests.shared.intake.running import over_http
from tests.shared.intake.serve_one import real_service

NAMES = ("structures", "pathways", "agrement", "placements")
READERS = ("pathways_reading", "agrement_reading", "placements_reading", "projections")
ISSUER, AUDIENCE, SOURCE = "https://tokens.example", "parcours", "https://software.example/steward"
SECOND, EVERY, OTHER, HALF, LONG = (
    str(uid(f"access request {name}")) for name in ("second", "every", "other", "half", "long")
)
"""Another id of the person who asks; one of whom there is a fact of every type; somebody else; and two long lives."""
LIVES = {HALF: 2_000, LONG: 4_000}
ONE, TWO = str(uid("a structure")), str(uid("another structure"))
NOT_PLAIN = (PersonErased, PersonsMerged, PersonsSplit)
"""Types that change who the person is."""


@dataclass
class World:
    """`person`: whose life is the fullest of the recorded ones; `planted`: what was put where a life puts nothing."""

    url: str
    address: str
    key: ECKey
    person: str
    client: httpx2.Client

    def token(self, role: str | None, **claims: Any) -> str:
        whole = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 3_600, "sub": f"{role}@tests", **claims}
        whole |= {} if role is None else {"role": role}
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, whole, self.key, algorithms=["ES256"])

    @property
    def steward(self) -> str:
        return self.token("data_steward", sources=[SOURCE])

    def ask(self, token: str, method: str, path: str, wanted: int, **how: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", **how.pop("headers", {})}
        answer = self.client.request(method, path, headers=headers, **how)
        assert answer.status_code == wanted, answer.text
        return answer.json() if answer.content else None

    def say(self, token: str, kind: str, subject: str, source: str, **data: Any) -> None:
        event = {
            "specversion": "1.0", "id": f"{kind} of {subject}", "source": source, "type": f"{kind}.v1",
            "subject": subject, "time": "2026-01-05T09:00:00Z", "data": data,
        }  # fmt: skip
        self.ask(token, "POST", f"/{kind.partition('.')[0]}/v1/events", 201, json=event)

    def rows(self, query: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode(), values).fetchall()


@contextmanager
def access_world(server: str) -> Iterator[World]:
    key = ECKey.generate_key("P-256", auto_kid=True)
    public = KeySet([ECKey.import_key(key.as_dict(private=False))])
    callers = TokenCallers(lambda: public, issuer=ISSUER, audience=AUDIENCE)
    with told_suite(server) as told, fresh_database(server, copy_of=told) as url, ExitStack() as stack:
        say_every_type(url)
        settings = Settings(database_url=url, identity_key=SecretStr(KEY))
        services = {name: real_service(name, url, callers, look_s=0.0) for name in NAMES}
        parts = {
            **services,
            "projections": query_service(settings, callers),
            "identities": identity_service(settings, callers),
        }
        for part in parts.values():
            stack.callback(part.stop)
            part.start()
        apps = {name: part.app for name, part in parts.items()}
        address = stack.enter_context(over_http(Served(apps, Metrics())))
        client = stack.enter_context(httpx2.Client(base_url=address, timeout=60))
        world = World(url, address, key, fullest(url), client)
        tell(world)
        act(url)
        project(url)
        plant(world)
        live_long(url)
        yield world


def fullest(url: str) -> str:
    """Of whom there is a row in the most tables."""
    with psycopg.connect(url) as connection:
        current = read_sets_table.current(connection)
        assert current is not None
        tables = connection.execute(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = %s AND column_name = 'person_id'",
            [f"read_{current.name}"],
        ).fetchall()
        every = " UNION ALL ".join(f"SELECT DISTINCT person_id FROM read_{current.name}.{table}" for (table,) in tables)
        query = f"SELECT person_id::text FROM ({every}) e GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
        ((person,),) = connection.execute(query.encode()).fetchall()
        return str(person)


def say_every_type(url: str) -> None:
    """A fact of each type about one person, as stores keep them: which of them a rule would take is not asked."""
    kinds: list[type[Fact]] = [
        kind for kind in CATALOGUE.facts.values() if "person" in kind.subjects and not issubclass(kind, NOT_PLAIN)
    ]
    with psycopg.connect(url) as connection:
        for version, kind in enumerate(kinds, start=1):
            service = kind.type.partition(".")[0]
            ((sequence, recorded),) = connection.execute(
                "SELECT notification_id + 1, convert_from(state, 'UTF8')::jsonb ->> 'recordedtime'"
                f" FROM {service}.facts ORDER BY 1 DESC LIMIT 1".encode()
            ).fetchall()
            state = {
                "specversion": "1.0", "id": f"every-{kind.type}", "source": "urn:every", "type": kind.type,
                "subject": f"person/{EVERY}", "time": "2020-01-05T09:00:00+00:00",
                "datacontenttype": "application/json", "correlationid": f"planted {kind.type}",
                "saidfor": f"structure/{ONE}", "recordedtime": recorded,
                "data": json.loads(like(kind).model_dump_json(exclude_unset=True)),
            }  # fmt: skip
            connection.execute(
                f"INSERT INTO {service}.facts (notification_id, originator_id, originator_version, topic, state)"
                " VALUES (%s, %s, %s, %s, %s)".encode(),
                [sequence, state["subject"], version, kind.type, json.dumps(state).encode()],
            )
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{service}.facts', 'notification_id'), %s)".encode(), [sequence]
            )


def live_long(url: str) -> None:
    """Hours of so many months, as the store keeps them."""
    state = {
        "specversion": "1.0", "source": "urn:long", "type": "placements.hours_worked.v1",
        "time": "2020-01-05T09:00:00+00:00", "datacontenttype": "application/json",
        "recordedtime": "2020-01-05T09:00:00.000000Z",
        "data": json.loads(like(HoursWorked).model_dump_json(exclude_unset=True)),
    }  # fmt: skip
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        ((last,),) = cursor.execute("SELECT max(notification_id) FROM placements.facts").fetchall()
        columns = "notification_id, originator_id, originator_version, topic, state"
        with cursor.copy(f"COPY placements.facts ({columns}) FROM STDIN".encode()) as copy:
            for person, count in LIVES.items():
                for version in range(1, count + 1):
                    last, subject = last + 1, f"person/{person}"
                    fact = {**state, "id": f"{person} {version}", "subject": subject}
                    copy.write_row((last, subject, version, state["type"], json.dumps(fact).encode()))


def tell(world: World) -> None:
    """Another id that is merged into the person's, references, names, what others have."""
    steward = world.steward
    of_one = world.token("structure", sources=["urn:one"], structures=[ONE])
    of_two = world.token("structure", sources=["urn:two"], structures=[TWO])
    for place, person in enumerate((SECOND, OTHER)):
        subject = f"person/{person}"
        world.say(of_one, "pathways.person_registered", subject, "urn:one", registered_on="2026-01-05")
        reference = {"scheme": "urn:one", "reference": f"number {place}"}
        world.ask(of_one, "POST", f"/pathways/v1/persons/{person}/references", 201, json=reference)
        names = {"family_name": "Exemple", "given_names": ("Camille", "Dominique")[place], "birth_date": "1990-12-31"}
        world.ask(of_one, "PUT", f"/identities/v1/persons/{person}", 204, json=names)
    same = {"family_name": "Exemple", "given_names": "Camille Dominique", "birth_date": "1990-12-31"}
    world.ask(of_two, "PUT", f"/identities/v1/persons/{world.person}", 204, json=same)
    world.ask(of_one, "GET", "/pathways/v1/events", 200)  # a log of its own is indexed when it is asked for
    world.say(steward, "pathways.processing_limited", f"person/{OTHER}", SOURCE, limited_on="2026-01-05")
    world.say(steward, "pathways.persons_merged", f"person/{SECOND}", SOURCE, into=world.person, merged_on="2026-01-05")


def plant(world: World) -> None:
    """What no life of these puts anywhere: what could not be read or folded, what was accepted, what is due; an earlier read
    set; sharing, and a limitation; and the same of somebody else."""
    rebuild(world.url, "earlier", Recipe.of(Settings()))
    with psycopg.connect(world.url) as connection:
        current = read_sets_table.current(connection)
        assert current is not None
        for person, word in ((SECOND, "planted"), (OTHER, "foreign")):
            subject = f"person/{person}"
            plants: dict[str, list[Any]] = {
                "agrement.deadlines": [subject, word, "2031-01-01"],
                "agrement.claims": [f"{word} claim", subject, True, False],
                f"read_{current.name}.failed": [subject, 1, f"{word} error", f"{word} trace", "2026-01-01", None],
                "access.objections": [person, None, None],
            }
            for table, values in plants.items():
                places = ", ".join(["%s"] * len(values))
                connection.execute(f"INSERT INTO {table} VALUES ({places})".encode(), values)
            for schema in READERS:
                letters = (
                    f"INSERT INTO {schema}.dead_letters (feed, service, topic_id, partition, record_offset, reason,"
                    " key, value) VALUES ('store', 'pathways', 't', 0, %s, %s, %s, %s)"
                ).encode()
                offset = 0 if word == "planted" else 1
                reason, value = f"unreadable: {word} reason", f"{word} letter".encode()
                connection.execute(letters, [offset, reason, subject.encode(), value])
                connection.execute(
                    f"INSERT INTO {schema}.skips (kind, name, state, by, reason)"
                    " VALUES ('hole', %s, '', 'foreign operator', %s)".encode(),
                    [subject, f"{word} skip in {schema}"],
                )
                connection.execute(
                    f"INSERT INTO {schema}.subjects (subject, root, error) VALUES (%s, %s, %s)"
                    " ON CONFLICT (subject) DO UPDATE SET error = excluded.error".encode(),
                    [subject, subject, f"{word} error in {schema}"],
                )
                connection.execute(f"INSERT INTO {schema}.put_off VALUES (%s, 'pathways', 1)".encode(), [subject])
        # One record that names the person beside somebody else: that it is there, and nothing of the other.
        both = f"foreign words of person/{OTHER} and person/{SECOND}".encode()
        connection.execute(letters, [2, "unreadable: foreign words", b"x", both])
        connection.execute(
            "INSERT INTO identities.distinct_persons (person_id, other_person_id, said_by)"
            " VALUES (least(%(one)s::uuid, %(other)s), greatest(%(one)s::uuid, %(other)s), 'foreign steward')",
            {"one": SECOND, "other": OTHER},
        )
        connection.execute(
            "INSERT INTO access.reads (sub, role, acting_for, purpose, route, persons, rows)"
            " VALUES ('foreign sub', 'structure', %s, 'caps', 'GET /placements/v1/planted', %s::uuid[], 2)",
            [f"structure/{TWO}", [SECOND, OTHER]],
        )

"""A person is forgotten: in the three services that hold facts of it, in what each has read of the others, and in rows."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from typer.testing import CliRunner

from parcours.cli import app
from parcours.proving import ids_in_databases, in_databases, in_files, texts_of
from parcours.verification import Scope, Verification, run_step
from services.agrement import main as agrement
from services.pathways.person_references import PersonReferences, Reference, forget_references
from services.placements import main as placements
from services.projections.catalogue import CATALOGUE
from shared.facts.erasing import Left, left_of
from shared.facts.fact import paris_day
from shared.feeds.store_feed import StoreFeed
from shared.histories.database import HistoryDatabase
from shared.log.content import canonical, digest_of
from shared.log.ledger import Erasure, Ledger, LedgerError
from shared.log.searching import Found, found_in
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from shared.rights.refusals import SubjectErasedError
from shared.web.forgotten_reads import ForgottenReads
from shared.web.serving import Suite as Served
from tests.parcours.told_suite import project, told_suite
from tests.parts.postgres import fresh_database
from tests.parts.waiting import wait_until
from tests.services.agrement.suite import settled
from tests.shared.intake.running import over_http
from tests.shared.intake.serve_one import real_service

NAMES = ("structures", "pathways", "agrement", "placements")


@dataclass
class World:
    url: str
    client: httpx2.Client
    ledger: Ledger
    sent: int = 0

    def post(self, kind: str, subject: str, data: dict[str, Any], wanted: int = 201, **around: Any) -> Any:
        self.sent += 1
        event = {
            "specversion": "1.0", "id": f"of-this-test-{self.sent}", "source": "urn:test:steward", "type": f"{kind}.v1",
            "subject": subject, "time": "2020-01-06T12:00:00+01:00", "data": data, **around,
        }  # fmt: skip
        answer = self.client.post(f"/{kind.partition('.')[0]}/v1/events", json=event)
        assert answer.status_code == wanted, answer.text
        return answer.json()

    def erase(self, subject: str, wanted: int = 201, **around: Any) -> Any:
        return self.post(
            "pathways.person_erased", subject, {"erased_on": "2020-01-06", "ground": "request"}, wanted, **around
        )

    def act(self) -> None:
        """What agrement and placements do about it, and the rows."""
        for service in (agrement.service(), placements.service()):
            with ExitStack() as stack:

                def feed(
                    database: HistoryDatabase, reads: tuple[str, ...] = service.reads, stack: ExitStack = stack
                ) -> StoreFeed:
                    stores = [FactStore(self.url, name) for name in reads]
                    for store in stores:
                        stack.callback(store.close)
                    return StoreFeed(stores, *database.places_of("store"))

                settled(service.create_reconciler(self.url, feed, stack, ledger=self.ledger))
        project(self.url)

    def facts(self, subject: str) -> list[tuple[str, dict[str, Any]]]:
        with psycopg.connect(self.url) as connection:
            return [
                (name, json.loads(bytes(state)))
                for name in NAMES[1:]
                for (state,) in connection.execute(
                    f"SELECT state FROM {name}.facts WHERE originator_id = %s ORDER BY notification_id".encode(),
                    [subject],
                )
            ]

    def differences(self) -> list[Any]:
        settings = Settings(database_url=self.url)
        with ExitStack() as stack:
            steps = Verification(settings, lambda _: self.url, stack).steps(Scope())
            return [one for step in steps if "topic" not in step.label for one in run_step(step).first]

    def searched(self, texts: set[str]) -> list[Found]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return found_in(connection, texts)


@pytest.fixture(scope="module")
def told(postgres_server: str) -> Iterator[str]:
    with told_suite(postgres_server) as url:
        yield url


@pytest.fixture
def world(told: str, postgres_server: str, tmp_path: Path) -> Iterator[World]:
    ledger = Ledger(tmp_path / "outside" / "erasures.jsonl")
    ledger.open()
    with fresh_database(postgres_server, copy_of=told) as url, ExitStack() as stack:
        services = {name: real_service(name, url, look_s=0.0, ledger=ledger) for name in NAMES}
        for service in services.values():
            stack.callback(service.stop)
            service.start()
        address = stack.enter_context(over_http(Served({n: s.app for n, s in services.items()}, Metrics())))
        client = stack.enter_context(httpx2.Client(base_url=address, timeout=60))
        yield World(url, client, ledger)


def somebody(world: World, most: int = 0) -> str:
    """Who has most facts in all three."""
    with psycopg.connect(world.url) as connection:
        counts: Counter[str] = Counter()
        held: Counter[str] = Counter()
        for name in NAMES[1:]:
            for subject, facts in connection.execute(
                f"SELECT originator_id, count(*) FROM {name}.facts GROUP BY 1".encode()
            ):
                counts[subject] += facts
                held[subject] += 1
    full = [subject for subject, _ in counts.most_common() if held[subject] == 3 and subject.startswith("person/")]
    return full[most]


def planted(facts: list[tuple[str, dict[str, Any]]]) -> set[str]:
    """All that must be nowhere any more, where it is no word that others use."""
    texts: set[str] = set()
    for _, fact in facts:
        texts |= {fact["id"], fact.get("correlationid") or fact["id"], fact.get("causationid") or fact["id"]}
        kind = CATALOGUE.facts[fact["type"]]
        texts |= {value for name, value in fact["data"].items() if left_of(kind, name) is Left.HASHED}
    return texts


def test_nothing_of_it_is_found_and_everything_agrees(world: World) -> None:
    person, other = somebody(world), somebody(world, 1)
    before, beside = world.facts(person), world.facts(other)
    texts = planted(before)
    numbers = {fact["data"]["number"] for _, fact in before if fact["data"].get("number")}
    assert {found.table for found in world.searched(texts)} >= {"pathways.facts", "agrement.facts", "pathways.intake"}
    world.erase(person)
    world.act()
    assert world.searched(texts) == []
    assert {found.table for found in world.searched(numbers)} <= {"agrement.claims"}
    after = world.facts(person)
    assert [fact["type"] for _, fact in after if "person_erased" not in fact["type"]] == [f["type"] for _, f in before]
    assert all("erased" in fact for _, fact in after if "person_erased" not in fact["type"])
    assert [name for name, fact in after if "person_erased" in fact["type"]] == list(NAMES[1:])
    assert world.facts(other) == beside
    assert world.differences() == []
    assert set(world.ledger.erasures()) == {person}


def test_nothing_more_is_recorded_by_whichever_way(world: World) -> None:
    person, other, third = somebody(world), somebody(world, 1), somebody(world, 2)
    first = world.facts(person)[0][1]
    world.erase(person, id="erasure-1")
    registered = {"registered_on": "2020-01-06"}
    refused = world.post("pathways.person_registered", person, registered, 409)
    assert refused["code"] == "subject_erased"
    # One that was sent before is known no more, and is refused as any.
    event = {name: value for name, value in first.items() if name not in ("recordedtime", "saidfor", "correlationid")}
    again = world.client.post("/pathways/v1/events", json=event)
    assert (again.status_code, again.json()["code"]) == (409, "subject_erased")
    known = world.facts(person)[0][1]
    for kind, data in (
        ("pathways.fact_voided", {"fact_id": known["id"], "fact_source": known["source"], "voided_on": "2020-01-06", "reason": "mistake"}),
        ("pathways.fact_voided", {"fact_id": "erasure-1", "fact_source": "urn:test:steward", "voided_on": "2020-01-06", "reason": "mistake"}),
        ("pathways.persons_merged", {"into": other.removeprefix("person/"), "merged_on": "2020-01-06"}),
        ("pathways.person_erased", {"erased_on": "2020-01-07", "ground": "request"}),
    ):  # fmt: skip
        assert world.post(kind, person, data, 409)["code"] == "subject_erased", kind
    into = {"into": person.removeprefix("person/"), "merged_on": "2020-01-06"}
    assert world.post("pathways.persons_merged", other, into, 409)["code"] == "subject_erased"
    # The steward's own event is answered as at first.
    assert world.erase(person, 200, id="erasure-1")["outcome"] == "duplicate"
    world.act()
    for service in ("agrement", "placements"):
        void = {"fact_id": "any", "fact_source": "urn:any", "voided_on": "2020-01-06", "reason": "mistake"}
        assert world.post(f"{service}.fact_voided", person, void, 409)["code"] == "subject_erased"
    event = {"specversion": "1.0", "id": "batched", "source": "urn:test:steward", "type": "pathways.person_registered.v1",
             "subject": person, "time": "2020-01-06T12:00:00+01:00", "data": registered}  # fmt: skip
    answer = world.client.post("/pathways/v1/events", json=[event, {**event, "id": "beside", "subject": third}])
    assert [one["outcome"] for one in answer.json()["outcomes"]] == ["refused", "recorded"]
    assert world.differences() == []


def test_all_ids_of_a_person_are_forgotten(world: World) -> None:
    person, other = somebody(world), somebody(world, 1)
    texts = planted(world.facts(person)) | planted(world.facts(other))
    into = {"into": person.removeprefix("person/"), "merged_on": "2020-01-05"}
    world.post("pathways.persons_merged", other, into)
    world.act()
    answer = world.erase(other)
    assert [effect["type"] for effect in answer["effects"]] == ["pathways.person_erased.v1"]
    registered = {"registered_on": "2020-01-06"}
    for subject in (person, other):
        assert world.post("pathways.person_registered", subject, registered, 409)["code"] == "subject_erased"
    world.act()
    assert world.searched(texts) == []
    assert set(world.ledger.erasures()) == {person, other}
    assert world.differences() == []


def test_a_steward_asks_for_it_at_an_address_as_often_as_needed(world: World) -> None:
    person, other = somebody(world), somebody(world, 1)
    held = [fact for one in (person, other) for name, fact in world.facts(one) if name == "pathways"]
    world.post("pathways.persons_merged", other, {"into": person.removeprefix("person/"), "merged_on": "2020-01-05"})
    address = f"/pathways/v1/persons/{other.removeprefix('person/')}/erasure"
    asked = {"erased_on": "2020-01-06", "ground": "request"}
    for wrong, field in (
        ({"erased_on": "06/01/2020"}, "erased_on"),
        ({"ground": "because they asked"}, "ground"),
        ({"name": "somebody"}, "name"),
        ({"source": "urn:parcours:pathways"}, None),
    ):
        refused = world.client.post(address, json={**asked, **wrong})
        code = ("malformed", 422) if field else ("source_not_allowed", 403)
        assert (refused.json()["code"], refused.status_code) == code, refused.text
        assert [fault["pointer"] for fault in refused.json().get("errors", [])] == ([f"/body/{field}"] if field else [])
    assert not world.ledger.erasures()
    first = world.client.post(address, json=asked)
    assert first.status_code in (200, 201), "200 where the answer came too late and it was asked again"
    answer = first.json()
    assert (answer["subject"], answer["subjects"]) == (other, sorted((person, other)))
    assert (answer["erased_on"], answer["ground"]) == ("2020-01-06", "request")
    assert answer["emptied"] == {"facts": len(held) + 1}, "the merge is one of them"
    again = world.client.post(address, json={"erased_on": "2020-02-07", "ground": "retention"})
    assert (again.status_code, again.json()) == (200, {**answer, "outcome": "duplicate"})
    beside = world.client.post(address.replace(other[7:], person[7:]), json=asked)
    assert (beside.status_code, beside.json()["subjects"]) == (200, answer["subjects"])
    service, _, sequence = answer["position"].partition(":")
    (last,) = world.client.get("/pathways/v1/events", params={"after": int(sequence) - 1, "limit": 1}).json()["items"]
    assert (service, last["type"]) == ("pathways", "pathways.person_erased.v1")
    assert set(world.ledger.erasures()) == {person, other}


def test_a_number_leads_back_to_nobody(world: World) -> None:
    """An agrément's is nobody's any more, and nobody is made of it; a structure's own is as one that it never used."""
    person = somebody(world)
    number = next(fact["data"]["number"] for _, fact in world.facts(person) if fact["data"].get("number"))
    by_reference, own = "/pathways/v1/persons/by-reference", {"scheme": "urn:test:software", "reference": "42"}
    agrement = {"scheme": "agrement", "reference": number}
    assert world.client.get(by_reference, params=agrement).json()["subject"] == person
    attached = world.client.post(f"/pathways/v1/persons/{person[7:]}/references", json=own)
    assert attached.status_code in (200, 201), attached.text
    world.erase(person)
    world.act()
    for answer in (
        world.client.get(by_reference, params=agrement),
        world.client.put(by_reference, json=agrement),
        world.client.get(by_reference, params=own),
    ):
        unknown = world.client.get(by_reference, params={**own, "reference": "43"})
        assert (answer.status_code, answer.content) == (404, unknown.content)
    anew = world.client.put(by_reference, json=own)
    assert anew.status_code in (200, 201)
    assert anew.json()["subject"] != person


def test_a_day_to_come_is_refused_since_nothing_takes_it_back(world: World) -> None:
    person = somebody(world)
    today = paris_day(datetime.now(UTC))
    data = {"erased_on": "2199-01-06", "ground": "request"}
    refused = world.post("pathways.person_erased", person, data, 422)
    assert [(fault["pointer"], fault["code"]) for fault in refused["errors"]] == [
        ("/data/erased_on", "day_in_the_future")
    ]
    address = f"/pathways/v1/persons/{person.removeprefix('person/')}/erasure"
    answer = world.client.post(address, json=data)
    assert (answer.status_code, [fault["pointer"] for fault in answer.json()["errors"]]) == (422, ["/body/erased_on"])
    assert not world.ledger.erasures()
    assert world.client.post(address, json={**data, "erased_on": today.isoformat()}).is_success
    assert set(world.ledger.erasures()) == {person}


def test_what_is_guessed_is_confirmed_by_no_digest_and_no_id(world: World) -> None:
    """Of somebody who knows what was sent, to the last byte, and has a copy of the database without the ledger."""
    person = somebody(world)
    guesses = {(fact["source"], fact["id"]): fact for name, fact in world.facts(person) if name == "pathways"}

    def digests() -> set[bytes]:
        with psycopg.connect(world.url) as connection:
            return {bytes(one) for (one,) in connection.execute("SELECT digest FROM pathways.intake")}

    def guessed(fact: dict[str, Any]) -> bytes:
        return digest_of(fact["type"], fact["subject"], fact.get("replaces"), canonical(fact["data"]))

    kinds = CATALOGUE.facts
    telling = [
        fact
        for fact in guesses.values()
        if any(left_of(kinds[fact["type"]], name) is not Left.KEPT for name in fact["data"])
    ]
    assert telling
    assert {guessed(fact) for fact in telling} <= digests()
    world.erase(person)
    # Of whom another fact says the very same it is another's.
    emptied = [fact for _, fact in world.facts(person) if "erased" in fact]
    changed = [before for before in telling if before["data"] not in [after["data"] for after in emptied]]
    assert changed, "something of them was emptied"
    assert not {guessed(fact) for fact in changed} & digests()
    ids = {fact["id"] for fact in emptied}
    for fact in guesses.values():
        for plain in (fact["id"], f"{fact['source']}{fact['id']}", f"{fact['source']}\n{fact['id']}"):
            for hashed in (hashlib.sha256, hashlib.sha1, hashlib.md5):
                assert hashed(plain.encode()).hexdigest() not in ids
            assert hmac.digest(b"", plain.encode(), "sha256").hex() not in ids


def test_a_number_that_is_noted_in_the_moment_of_the_erasure_does_not_survive_it(world: World) -> None:
    person = somebody(world)
    references = PersonReferences(FactStore(world.url, "pathways"), b"of this test alone")
    first, second = (Reference(scheme="urn:test:software", reference=number) for number in ("1", "2"))

    def is_waiting(connection: psycopg.Connection[Any]) -> bool:
        query = "SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        return bool(connection.execute(query).fetchall())

    with ThreadPoolExecutor(1) as pool, closing(references._store), psycopg.connect(world.url) as connection:
        # Noted, and not committed yet: the erasure waits for it, and takes it.
        connection.execute(
            "INSERT INTO pathways.person_references (digest, scheme, subject) VALUES ('a', 'urn:test', %s)", [person]
        )
        erasure = pool.submit(world.erase, person)
        wait_until(lambda: is_waiting(connection), "the erasure waits")
        connection.commit()
        assert erasure.result(60)["outcome"] == "recorded"
        query = "SELECT FROM pathways.person_references WHERE subject = %s"
        assert connection.execute(query, [person]).fetchall() == []
        connection.commit()
        with pytest.raises(SubjectErasedError):
            references.get_or_create(first, person)

        # Of an erasure that has begun and is not committed yet: the number waits for it, and is refused.
        other = somebody(world, 1)
        forget_references(connection, [other])
        said = "UPDATE pathways.facts SET topic = 'pathways.person_erased.v1' WHERE originator_id = %s"
        connection.execute(said, [other])
        noted = pool.submit(references.get_or_create, second, other)
        wait_until(lambda: is_waiting(connection), "the number waits")
        connection.commit()
        with pytest.raises(SubjectErasedError):
            noted.result(60)


def test_without_a_ledger_nobody_is_forgotten_and_others_go_on(told: str, postgres_server: str) -> None:
    with fresh_database(postgres_server, copy_of=told) as url, ExitStack() as stack:
        service = real_service("pathways", url, look_s=0.0)
        stack.callback(service.stop)
        service.start()
        client = stack.enter_context(
            httpx2.Client(
                base_url=stack.enter_context(over_http(Served({"pathways": service.app}, Metrics()))), timeout=60
            )
        )
        world = World(url, client, Ledger(Path("/nowhere")))
        person = somebody(world)
        before = world.facts(person)
        assert world.erase(person, 503)["code"] == "erasure_not_set_up"
        world.post("pathways.person_registered", person, {"registered_on": "2020-01-06"})
        assert [fact for fact in world.facts(person) if fact in before] == before


def test_a_log_from_before_forgets_again_before_anybody_is_served(
    told: str, postgres_server: str, tmp_path: Path
) -> None:
    """The dump is older than the erasure, and its ledger is not."""
    ledger = Ledger(tmp_path / "erasures.jsonl")
    ledger.open()
    with fresh_database(postgres_server, copy_of=told) as url:
        world = World(url, httpx2.Client(), ledger)
        person, texts = somebody(world), planted(world.facts(somebody(world)))
        ledger.note([Erasure(person, "2020-01-06", "request")])
        for name in NAMES[1:]:
            service = real_service(name, url, look_s=0.0, ledger=ledger)
            service.start()
            service.stop()
        world.act()
        assert world.searched(texts) == []
        assert world.differences() == []


def test_a_ledger_that_cannot_be_read_keeps_the_service_from_starting(told: str, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "erasures.jsonl")
    ledger.open()
    ledger.path.write_text("half a li")
    service = real_service("pathways", told, ledger=ledger)
    try:
        with pytest.raises(LedgerError, match="ends in the middle of a line"):
            service.start()
    finally:
        service.stop()


def test_while_the_ledger_is_away_nobody_is_forgotten_and_others_go_on(world: World) -> None:
    person, other = somebody(world), somebody(world, 1)
    before, path = world.facts(person), world.ledger.path
    away = path.rename(path.with_suffix(".away"))
    for broken in ("missing", "cut", "a folder"):
        if broken == "cut":
            path.write_text("half a li")
        elif broken == "a folder":
            path.unlink()
            path.mkdir()
        refused = world.erase(person, 503)
        assert (refused["code"], refused["reason"]) == ("unavailable", "erasures")
        assert str(path) not in json.dumps(refused)
        world.post("pathways.person_registered", other, {"registered_on": "2020-01-06"})
    assert world.facts(person) == before
    path.rmdir()
    away.rename(path)
    world.erase(person)
    assert set(world.ledger.erasures()) == {person}


def test_a_number_finds_nobody_who_is_forgotten_and_none_is_noted_again(world: World) -> None:
    person, other = somebody(world), somebody(world, 1)
    into = {"into": person.removeprefix("person/"), "merged_on": "2020-01-05"}
    world.post("pathways.persons_merged", other, into)
    reference = {"scheme": "urn:test:software", "reference": "number 1"}
    asked = "/pathways/v1/persons/by-reference"
    address = "/pathways/v1/persons/{}/references"
    assert world.client.post(address.format(person.removeprefix("person/")), json=reference).status_code == 201
    assert world.client.get(asked, params=reference).json() == {"subject": person}
    world.erase(person)
    assert world.client.get(asked, params=reference).status_code == 404
    for subject in (person, other):
        refused = world.client.post(address.format(subject.removeprefix("person/")), json=reference)
        assert (refused.status_code, refused.json()["code"]) == (409, "subject_erased")
    assert world.client.get(asked, params=reference).status_code == 404
    # Who comes back is somebody new.
    found = world.client.put(asked, json=reference)
    assert found.status_code == 201
    assert found.json()["subject"] not in (person, other)


def test_it_is_proven_where_something_still_stands_and_where_nothing_does(world: World) -> None:
    """Before agrement, placements and readers have read of it, and after."""
    person, url = somebody(world), str(world.client.base_url)
    urls = dict.fromkeys(NAMES, world.url)
    texts = texts_of(urls, [person])
    assert texts == planted(world.facts(person))

    def erase() -> tuple[int, dict[str, Any]]:
        asked = [
            "erase",
            person,
            "--ground",
            "request",
            "--on",
            "2020-01-06",
            "--prove",
            "--wait",
            "0",
            "--json",
            "--url",
            url,
        ]
        others = {name: None for name in os.environ if name.startswith("PARCOURS_")}
        answer = CliRunner().invoke(
            app, asked, env={**others, "PARCOURS_DATABASE_URL": world.url}, catch_exceptions=False
        )
        return answer.exit_code, json.loads(answer.stdout)

    code, told = erase()
    # A duplicate, where the answer came too late and it was asked again.
    assert told["answer"]["outcome"] in ("recorded", "duplicate")
    assert (code, told["proof"]["texts"]) == (1, len(texts))
    columns = {place["where"] for place in told["proof"]["places"] if place["kind"] == "column"}
    assert columns >= {"agrement.facts.state", "placements.facts.state"}
    # Histories are kept in parts.
    assert any(where.startswith("projections.history") and where.endswith(".envelope") for where in columns)
    assert not {where for where in columns if where.startswith("pathways.")}
    assert texts_of(urls, [person]) < texts
    world.act()
    assert in_databases([world.url], texts) == []
    code, told = erase()
    # To have asked is a read of the person, forgotten by whoever keeps that log.
    assert (code, told["answer"]["outcome"]) == (1, "duplicate")
    assert {place["where"] for place in told["proof"]["places"]} == {"access.reads.persons"}
    ForgottenReads(world.ledger, [world.url])()
    assert ids_in_databases([world.url], [person]) == []


def test_a_word_in_a_file_is_found_where_two_pieces_meet(tmp_path: Path) -> None:
    (tmp_path / "pg_wal").mkdir()
    (tmp_path / "pg_wal" / "1").write_bytes(b"x" * ((8 << 20) - 3) + b"planted" + b"x")
    (tmp_path / "2").write_bytes(b"planned")
    assert [(place.where, place.texts) for place in in_files(tmp_path, {"planted"})] == [("pg_wal/1", 1)]

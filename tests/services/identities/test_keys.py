"""Keys and boxes: opened by a second implementation of the form, by nothing else, and put under another key."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg import sql
from psycopg.conninfo import make_conninfo

from services.identities.folding import match_texts
from services.identities.keys import Box, BoxError, KeyRefusedError, keyring_of
from services.identities.main import create
from services.identities.names import Names
from services.identities.rewrapping import rewrap
from services.projections.database import Database
from shared.rights.caller import Caller
from tests.parts.asking import Asking
from tests.parts.postgres import fresh_database
from tests.services.identities.suite import CAMILA, CAMILLE, KEY, NEXT_KEY, Suite, running_suite, shown
from tests.services.projections.facts import ACI, AI, PERSON

NAMES = Names("Éxemple", "Camille", date(1990, 12, 31))
OPENED = Path(__file__).parent / "opened.mjs"


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node, as a second implementation of the form")
def test_another_implementation_opens_what_is_kept_by_the_words_of_the_adr() -> None:
    box = keyring_of(KEY).current.seal(PERSON, ACI, NAMES)
    found = opened_by_node(KEY, box)
    assert found["names"] == NAMES.json()
    assert found["bytes"] % 128 == 0
    key = keyring_of(KEY).current
    assert found["digest"] == key.digests(["camille\nexemple\n1990-12-31"])[0].hex()
    assert key.digests(["camille\nexemple\n1990-12-31"]) == key.digests(
        match_texts(NAMES.family_name, NAMES.given_names, NAMES.birth_date)
    )
    assert found["fingerprint"] == key.fingerprint.hex()


def opened_by_node(key: str, box: Box) -> dict[str, Any]:
    sent = {
        "key": key,
        "match": ["camille", "exemple", "1990-12-31"],
        "box": {
            "person_id": str(box.person_id),
            "structure_id": str(box.structure_id),
            "wrapped_key": box.wrapped_key.hex(),
            "sealed": box.sealed.hex(),
        },
    }
    done = subprocess.run(["node", OPENED], input=json.dumps(sent), capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_box_opens_where_it_was_closed_and_nowhere_else() -> None:
    ring = keyring_of(KEY)
    box = ring.current.seal(PERSON, ACI, NAMES)
    assert ring.open(box) == NAMES
    again = ring.current.seal(PERSON, ACI, NAMES)
    assert (again.wrapped_key, again.sealed) != (box.wrapped_key, box.sealed)
    changed = [
        replace(box, person_id=uuid4()),
        replace(box, structure_id=AI),
        replace(box, sealed=again.sealed),
        replace(box, wrapped_key=again.wrapped_key),
        replace(box, sealed=box.sealed[:-1] + bytes([box.sealed[-1] ^ 1])),
        replace(box, sealed=b""),
        replace(box, key_id="second"),
    ]
    for one in changed:
        with pytest.raises(BoxError):
            ring.open(one)
        with pytest.raises(BoxError):
            keyring_of(f"{NEXT_KEY},first:{KEY[6:-2]}Aw").open(one)


def test_neither_keys_nor_names_are_printed() -> None:
    ring = keyring_of(KEY)
    text = repr(ring) + str(ring) + repr(ring.current) + repr(ring.current.seal(PERSON, ACI, NAMES))
    assert KEY.partition(":")[2] not in text
    assert "xemple" not in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "there is no key"),
        ("  ", "there is no key"),
        (KEY.partition(":")[2], "no id"),
        ("first:short", "no base64"),
        (f"first:{base64.b64encode(bytes(range(31))).decode()}", "31 bytes instead of 32"),
        (f"first:{base64.b64encode(bytes(range(64))).decode()}", "64 bytes instead of 32"),
        (f"first:{base64.b64encode(bytes(32)).decode()}", "not random"),
        (f"first:{base64.b64encode(b'passwordpasswordpasswordpassword').decode()}", "not random"),
        ("first:ééé", "no base64"),
        (f"fi rst:{KEY[6:]}", "no id"),
        (f"{KEY},{KEY}", "two keys have one id"),
        (f"{KEY},", "no id"),
    ],
)
def test_what_is_no_key_is_refused_by_what_to_do_and_not_shown(text: str | None, told: str) -> None:
    with pytest.raises(KeyRefusedError, match=told) as refused:
        keyring_of(text)
    assert "PARCOURS_IDENTITY_KEY is id:key" in str(refused.value)
    assert text is None or not text.strip() or text.partition(":")[2][:8] not in str(refused.value) or ":" not in text


def test_keys_are_read_with_padding_and_in_both_alphabets() -> None:
    secret = bytes(range(222, 254))
    rings = [
        keyring_of(f" a: {encode(secret).decode().rstrip(padding)} ")
        for encode in (base64.b64encode, base64.urlsafe_b64encode)
        for padding in ("", "=")
    ]
    box = rings[0].current.seal(PERSON, ACI, NAMES)
    assert all(ring.open(box) == NAMES for ring in rings)


# With the service


@pytest.fixture
def suite(postgres_server: str) -> Iterator[Suite]:
    with running_suite(postgres_server) as one:
        yield one


def start_again(suite: Suite, key: str) -> None:
    service = create(suite.url, key, None, suite.service.vault.persons)  # type: ignore[arg-type]
    try:
        service.start()
        suite.service.vault.keyring = service.vault.keyring
    finally:
        service.connections.close()


def kept(suite: Suite) -> list[Box]:
    with psycopg.connect(suite.url) as connection:
        query = (
            "SELECT person_id, structure_id, key_id, wrapped_key, sealed FROM identities.names ORDER BY structure_id"
        )
        return [Box(*row) for row in connection.execute(query)]


def test_another_key_under_a_known_id_and_a_key_that_is_missing_are_refused(suite: Suite) -> None:
    suite.give("aci", PERSON, CAMILLE)
    with pytest.raises(KeyRefusedError, match="the key called first is another than names were kept under"):
        start_again(suite, f"first:{NEXT_KEY.partition(':')[2]}")
    with pytest.raises(KeyRefusedError, match="kept under first, which is not among its keys"):
        start_again(suite, NEXT_KEY)
    start_again(suite, KEY)
    assert shown(suite.names("aci", PERSON)) == CAMILLE


def test_a_new_key_in_front_then_rewrapped_then_the_old_one_destroyed(suite: Suite) -> None:
    forgotten = UUID(int=9)
    suite.give("aci", PERSON, CAMILLE)
    suite.give("aci", forgotten, CAMILLE)
    dump = kept(suite)
    suite.ask("aci", "DELETE", f"/persons/{forgotten}")
    start_again(suite, f"{NEXT_KEY},{KEY}")
    suite.give("ai", uuid4(), CAMILA)  # under the new one at once
    assert shown(suite.names("aci", PERSON)) == CAMILLE
    told: list[tuple[int, int]] = []
    with psycopg.connect(suite.url, autocommit=True) as connection:
        ring = keyring_of(f"{NEXT_KEY},{KEY}")
        done = rewrap(connection, ring, lambda *progress: told.append(progress))
        assert (done.done, done.unopened, told) == (1, 0, [(1, 1)])
        assert rewrap(connection, ring, lambda *_: None).done == 0
    start_again(suite, NEXT_KEY)  # the old one is gone
    assert shown(suite.names("aci", PERSON)) == CAMILLE
    assert [shown(one) for one in suite.found("aci", "camille")] == [CAMILLE]
    # What was forgotten, and all else of a dump from before, opens with nothing that is left.
    for box in dump:
        with pytest.raises(BoxError):
            keyring_of(NEXT_KEY).open(box)
        assert keyring_of(KEY).open(box).family_name  # with the old key it did: that is what had to be destroyed


def test_matches_join_again_once_all_is_under_one_key(suite: Suite) -> None:
    suite.give("aci", PERSON, CAMILLE)
    start_again(suite, f"{NEXT_KEY},{KEY}")
    suite.give("ai", uuid4(), {**CAMILLE, "family_name": "Martin"})
    assert suite.ask("data_steward", "GET", "/matches").json()["items"] == []
    with psycopg.connect(suite.url, autocommit=True) as connection:
        rewrap(connection, suite.service.vault.keyring, lambda *_: None)
    assert len(suite.ask("data_steward", "GET", "/matches").json()["items"]) == 1


def test_a_row_that_was_changed_is_told_and_holds_nobody_up(suite: Suite) -> None:
    suite.give("aci", PERSON, CAMILLE)
    suite.give("aci", uuid4(), CAMILA)
    with psycopg.connect(suite.url, autocommit=True) as connection:
        connection.execute("UPDATE identities.names SET sealed = wrapped_key WHERE person_id = %s", [PERSON])
        assert "not opened" not in (suite.service.warning() or "")
        assert [shown(one) for one in suite.found("aci", "exemple")] == [CAMILA]
        assert suite.names("aci", PERSON) is None
        assert "2 times a name was not opened" in (suite.service.warning() or "")
        done = rewrap(connection, keyring_of(f"{NEXT_KEY},{KEY}"), lambda *_: None)
    assert (done.done, done.unopened) == (1, 1)


def test_rewrapping_takes_several_transactions_and_goes_on_where_it_was_stopped(postgres_server: str) -> None:
    with fresh_database(postgres_server) as url, psycopg.connect(url, autocommit=True) as connection:
        vault = create(url, KEY, None, None).vault  # type: ignore[arg-type]
        vault.prepare(connection)
        for number in range(450):
            vault.give(connection, UUID(int=number + 1), ACI, NAMES)
        ring = keyring_of(f"{NEXT_KEY},{KEY}")

        def stop(done: int, total: int) -> None:
            assert total == 450
            if done > 200:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            rewrap(connection, ring, stop)
        assert rewrap(connection, ring, lambda *_: None).done == 50
        assert connection.execute("SELECT DISTINCT key_id FROM identities.names").fetchall() == [("second",)]


def test_the_rights_that_the_paper_gives_a_role_are_enough(suite: Suite) -> None:
    """And whoever has that role reads no store."""
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
    (granted,) = re.findall(r"```sql\n(CREATE SCHEMA identities.*?)```", page, re.S)
    asking = Asking()
    role = f"names_{uuid4().hex[:8]}"
    with psycopg.connect(suite.url, autocommit=True) as owner:
        owner.execute("DROP SCHEMA identities CASCADE")
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'of this test'").format(sql.Identifier(role)))
        try:
            owner.execute(granted.replace("parcours_identities", role), prepare=False)
            # As psycopg reads it whatever form the address has, so that a later `user` wins.
            url = make_conninfo(suite.url, user=role, password="of this test")
            persons = replace(suite.service.vault.persons, database=Database(url))  # type: ignore[type-var]
            other = create(url, KEY, asking, persons)
            other.start()
            try:
                with TestClient(other.app) as client:
                    path = f"/identities/v1/persons/{PERSON}"
                    given = client.put(path, json=CAMILLE, headers={"Acting-For": f"structure/{ACI}"})
                    assert given.status_code == 204, given.text
                    assert shown(client.get(path).json()) == CAMILLE
                    assert client.post("/identities/v1/search", json={"name": "camille"}).json()["items"]
                    assert client.get("/identities/v1/matches").status_code == 200
                    asking.who = Caller("data_steward")
                    assert client.get(path).status_code == 404
                with other.connections.connection() as connection:
                    assert connection.execute("SELECT current_user").fetchone() == (role,)
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute("SELECT FROM access.reads")
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute("DELETE FROM projections.history")
            finally:
                other.stop()
        finally:
            owner.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
            owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))

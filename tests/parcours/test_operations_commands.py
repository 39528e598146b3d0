"""Every `parcours …` that docs/operations.md names is run, as it stands there, against a small suite on Kafka.

Words in capitals are filled in (`filled_in`). The commands run in the order of the page: what one makes, a later one may
use.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from kafka import KafkaProducer
from typer.testing import CliRunner, Result

from parcours.cli import app
from tests.end_to_end.compose import PARCOURS, ROOT
from tests.end_to_end.test_production_shape import an_id, bodies, life
from tests.parts import kafka_tiers, postgres
from tests.parts.processes import processes_in
from tests.parts.waiting import wait_until
from tests.services.identities.suite import KEY as IDENTITY_KEY

OPERATIONS = ROOT / "docs" / "operations.md"
ALARMS = 12

UNTIL_STOPPED = ("up", "serve", "relay", "project", "clock")
"""Run until they are told to stop. Here only their arguments are read; tests/end_to_end starts each of them."""


def page() -> str:
    return OPERATIONS.read_text(encoding="utf-8")


def commands() -> list[str]:
    """Each once, where it stands first: in code between words, or as a line of a block."""
    text = page()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    named = re.findall(r"`(parcours [^`\n]+)`", text) + [line for block in blocks for line in block.splitlines()]
    places = {command: text.index(command) for command in named if command.startswith("parcours ")}
    return sorted(places, key=lambda command: places[command])


def test_the_page_has_twelve_alarms_and_each_says_what_shows_it_what_it_means_and_what_to_do() -> None:
    by_alarm = page().split("## By alarm")[1].split("## By task")[0]
    _, *parts = re.split(r"^### (?:(\d+)\. )?.+$", by_alarm, flags=re.M)
    alarms = {number: text for number, text in zip(parts[::2], parts[1::2], strict=True) if number}
    assert list(alarms) == [str(number) for number in range(1, ALARMS + 1)]
    for number, text in alarms.items():
        assert "**Shows.**" in text, number
        assert "**Means" in text, number
        assert re.search(r"\*\*(Means and d|D)o\.\*\*", text), number


PREPARED = ("parcours events post FILE", "parcours projections rebuild --into NAME")
"""Before the first command of the page: facts to look at, and a read set by the name that NAME stands for."""


@dataclass(frozen=True)
class Site:
    environment: dict[str, str]
    filled_in: dict[str, str]

    def run(self, command: str) -> Result:
        words = shlex.split(re.sub(r"[\[\]]", "", command))[1:]
        if words[0] in UNTIL_STOPPED and not {"--once", "--rebuild"} & set(words):
            words.append("--help")
        others = {name: None for name in os.environ if name.startswith("PARCOURS_")}
        filled = [self.filled_in.get(word, word) for word in words]
        return CliRunner().invoke(app, filled, env={**others, **self.environment})


@pytest.fixture(scope="module")
def site(kafka: str, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Everything in one process, with three structures of a group and two persons, one of whom will be forgotten."""
    folder = tmp_path_factory.mktemp("site")
    prefix = f"test-{uuid4().hex[:8]}"
    with postgres.fresh_database(postgres_server) as url, processes_in(folder) as processes:
        environment = {
            "PARCOURS_DATABASE_URL": url,
            "PARCOURS_KAFKA_BOOTSTRAP": kafka,
            "PARCOURS_TOPIC_PREFIX": prefix,
            "PARCOURS_REFERENCE_KEY": "of this test alone",
            "PARCOURS_IDENTITY_KEY": IDENTITY_KEY,
            "PARCOURS_ERASURE_LEDGER": str(folder / "erasures.jsonl"),
        }
        suite = processes.start(*PARCOURS, "up", "--port", "0", env=environment, name="up", cwd=ROOT)
        suite.wait_logged("listening on http://", 60)
        found = re.search(r"listening on (http://\S+)", suite.log_text())
        assert found
        site = Site(environment | {"PARCOURS_URL": found[1]}, filled_in(folder))
        for command in PREPARED:
            assert site.run(command).exit_code == 0, command
        send_noise(kafka, f"{prefix}.pathways")
        wait_until(lambda: site.run("parcours letters list --reader projections").exit_code == 1, "a letter", 30)
        yield site
    kafka_tiers.remove_topics(kafka, prefix)


def send_noise(kafka: str, topic: str) -> None:
    """A record that nobody can read: a letter, numbered 1."""
    producer = KafkaProducer(bootstrap_servers=kafka)
    producer.send(topic, b"noise", partition=0).get(timeout=30)
    producer.close()


def filled_in(folder: Path) -> dict[str, str]:
    """What stands for a word in capitals."""
    file = folder / "facts.json"
    file.write_text(json.dumps([*bodies(), *life("a"), *life("forgotten")]))
    person = an_id("a")
    return {
        "SERVICE": "pathways",
        "SUBJECT": f"person/{person}",
        "PERSON": person,
        "ID": an_id("forgotten"),
        "STRUCTURE": an_id("garden"),
        "GROUP": an_id("rivers"),
        "FILE": str(file),
        "NAME": "built",
        "ROLE": "agrement-clock",
        "DAY": "2024-06-30",
        "LETTER": "projections:1",
        "CODE": "request",
    }


@pytest.mark.kafka
def test_every_command_of_the_page_runs(site: Site) -> None:
    """Exit 0 or 1 (something is wrong, as some commands are there to tell), never 2: could not run."""
    could_not: dict[str, str] = {}
    for command in commands():
        result = site.run(command)
        if (
            "does not answer" in result.output
        ):  # as a person would on a busy machine, where 1.5 s for a connection are short
            result = site.run(command)
        if result.exit_code not in (0, 1) or (result.exit_code and not isinstance(result.exception, SystemExit)):
            could_not[command] = f"{result.exit_code}: {result.output[-500:]} {result.exception!r}"
    assert could_not == {}


def noise(fact: bytes) -> dict[str, bytes]:
    """What somebody may write to a topic by mistake, or to do harm; `fact`: one of ours as it lies there."""
    event = json.loads(fact)
    return {
        "binary": bytes(range(256)),
        "large": b"x" * 900_000,
        "cut": fact[:-10],
        "a fact of nobody": json.dumps({**event, "id": "forged", "sequence": 10**9}).encode(),
        "a fact under another id": json.dumps({**event, "id": "forged"}).encode(),
    }


KEPT = "SELECT envelope FROM projections.history WHERE service = 'pathways' AND subject = %s ORDER BY id"


@pytest.mark.kafka
def test_noise_on_a_topic_is_listed_shown_never_applied_and_skipped_while_others_are_served(site: Site) -> None:
    url = site.environment["PARCOURS_DATABASE_URL"]
    with psycopg.connect(url) as connection:
        kept = connection.execute(KEPT, [site.filled_in["SUBJECT"]]).fetchall()
    fact = bytes(kept[0][0])
    producer = KafkaProducer(bootstrap_servers=site.environment["PARCOURS_KAFKA_BOOTSTRAP"])
    for value in noise(fact).values():
        key = json.loads(fact)["subject"].encode()
        producer.send(f"{site.environment['PARCOURS_TOPIC_PREFIX']}.pathways", value, key=key).get(timeout=30)
    producer.close()
    listed = "parcours letters list --reader projections --limit 100 --json"
    wait_until(lambda: len(json.loads(site.run(listed).stdout)["letters"]) >= len(noise(fact)), "letters", 30)
    letters = json.loads(site.run(listed).stdout)["letters"]
    for letter in letters:
        shown = site.run(f"parcours letters show {letter['id']} --json")
        assert shown.exit_code == 0, shown.output
        assert json.loads(shown.stdout)["now"]["readable"] is False
        assert len(shown.stdout) < 40_000
    around = json.loads(site.run(f"parcours letters show {letters[-1]['id']} --json").stdout)["facts"]
    assert json.loads(fact)["subject"] in {one["subject"] for one in around}
    retried = json.loads(site.run("parcours letters retry --all --reader projections --json").stdout)
    assert (retried["applied"], retried["still"]) == (0, len(letters))
    assert site.run("parcours letters skip --all --reason noise").exit_code == 0
    assert site.run("parcours letters list").exit_code == 0
    with psycopg.connect(url) as connection:
        again = connection.execute(KEPT, [site.filled_in["SUBJECT"]]).fetchall()
    assert again == kept
    assert site.run(f"parcours person {site.filled_in['PERSON']}").exit_code == 0

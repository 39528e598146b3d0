"""`parcours letters` and `parcours subjects` while a suite serves on one real database. Each test has people of its own.

What is broken is broken in the tables, as a bug or a bad disk would; what mends it is typed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from parcours.cli import app
from shared.feeds.feed import Letter
from shared.histories.dead_letters import bury
from shared.reacting.knowledge import reader_database
from tests.end_to_end.compose import PARCOURS, ROOT
from tests.end_to_end.one_process import Suite, suite_on
from tests.end_to_end.test_production_shape import an_id, bodies, life
from tests.parts import postgres
from tests.parts.processes import processes_in
from tests.parts.waiting import wait_until

READERS = ("projections", "agrement", "placements")


class Site:
    def __init__(self, url: str, suite: Suite | None = None) -> None:
        self.url = url
        self._suite = suite

    @property
    def suite(self) -> Suite:
        assert self._suite
        return self._suite

    def run(self, *args: str, **environment: str) -> Result:
        others = {name: None for name in os.environ if name.startswith("PARCOURS_")}
        settings = {"PARCOURS_DATABASE_URL": self.url, "PARCOURS_REFERENCE_KEY": "of these tests alone"}
        return CliRunner().invoke(app, list(args), env={**others, **settings, **environment}, catch_exceptions=False)

    def document(self, *args: str, code: int = 0) -> Any:
        result = self.run(*args, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def sql(self, statement: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def lived(self, name: str) -> str:
        """A person with a whole life, applied everywhere. Return the subject."""
        for event in life(name):
            self.suite.post(event)
        assert self.timeline(name)["complete"] is True
        return f"person/{an_id(name)}"

    def timeline(self, name: str) -> Any:
        return self.suite.get(f"persons/{an_id(name)}/timeline")

    def positions(self) -> Any:
        """Once everything is applied; they wait for nothing by themselves."""
        self.suite.get("alerts", limit="1")
        return self.suite.get("positions")

    def one_more_fact(self, name: str, which: str) -> None:
        """So that the reader works the person up again."""
        data = {"closed_on": "2025-02-28", "reason": "job"}
        event = {**life(name)[0], "id": f"more {which}", "type": "pathways.pathway_closed.v1", "data": data}
        self.suite.post(event)


@pytest.fixture(scope="module")
def site(postgres_server: str) -> Iterator[Site]:
    with postgres.fresh_database(postgres_server) as url, suite_on(url) as suite:
        for event in bodies():
            suite.post(event)
        yield Site(url, suite)


def break_a_fact(site: Site, subject: str) -> bytes:
    """In the history of projections: its data says what nobody can read, under another id than the store's, whose fact
    would else be written in its place when it is tried again. Return what it was."""
    where = "subject = %s AND type = 'pathways.hired.v1'"
    ((was,),) = site.sql(f"SELECT envelope FROM projections.history WHERE {where} ORDER BY sequence LIMIT 1", subject)
    broken = bytes(was).replace(b'"contract_type":"CDDI"', b'"contract_type":[null]')
    assert broken != bytes(was)
    changed = "UPDATE projections.history SET envelope = %s, id = id || ' broken' WHERE subject = %s AND envelope = %s"
    site.sql(changed, broken, subject, was)
    site.sql("UPDATE projections.subjects SET version = version + 1 WHERE subject = %s", subject)
    return bytes(was)


def mend_the_fact(site: Site, subject: str, was: bytes) -> None:
    where = "subject = %s AND convert_from(envelope, 'UTF8') LIKE '%%[null]%%'"
    site.sql(
        f"UPDATE projections.history SET envelope = %s, id = replace(id, ' broken', '') WHERE {where}", was, subject
    )


def failing(site: Site, name: str, which: str) -> tuple[str, bytes]:
    subject = site.lived(name)
    was = break_a_fact(site, subject)
    site.one_more_fact(name, which)
    assert site.timeline(name)["complete"] is False
    return subject, was


def test_where_all_is_well_it_says_so(site: Site) -> None:
    assert site.run("letters", "list").stdout == "no dead letters\n"
    assert site.run("subjects", "list").stdout == "every subject is well\n"
    assert site.document("subjects", "list") == {"causes": [], "subjects": [], "next": None}
    assert site.run("subjects", "retry", "--all").stdout == "nothing to try again\n"
    assert site.run("subjects", "list", "--skipped").exit_code == 0


def test_a_subject_that_cannot_be_folded_is_told_tried_and_mended(site: Site) -> None:
    subject, was = failing(site, "unreadable", "1")
    listed = site.document("subjects", "list", code=1)
    (group,) = [one for one in listed["causes"] if one["reader"] == "projections"]
    assert (group["kind"], group["count"], group["example"]) == ("fold", 1, subject)
    assert group["cause"].startswith("UnreadableFactError: pathways.hired.vN, number N in pathways")
    shown = site.document("subjects", "show", subject, code=1)["readers"]
    (trouble,) = shown["projections"]["troubles"]
    assert "pathways.hired.v1" in trouble["message"]
    assert shown["agrement"]["troubles"] == []
    assert {fact["type"] for fact in shown["projections"]["facts"]} >= {
        "pathways.hired.v1",
        "placements.hours_worked.v1",
    }
    still = site.document("subjects", "retry", subject, code=1)
    assert (still["still"], still["subjects"][0]["outcome"]) == (1, "still")
    other = site.lived("served meanwhile")
    assert site.run("subjects", "retry", other).exit_code == 0, "one that is well is worked up again, and stays so"
    mend_the_fact(site, subject, was)
    done = site.document("subjects", "retry", "--cause", "UnreadableFactError")
    assert (done["tried"], done["applied"]) == (1, 1)
    timeline = site.timeline("unreadable")
    assert timeline["complete"] is True
    assert len(timeline["steps"]) == 3
    assert site.run("subjects", "list").exit_code == 0


def test_a_skip_leaves_a_trace_and_holds_until_it_fails_anew(site: Site) -> None:
    subject, was = failing(site, "accepted", "2")
    before = site.positions()
    assert before["failed_subjects"] == 1
    assert site.run("subjects", "skip", subject, "--reason", " ").exit_code == 2
    assert site.run("subjects", "skip", subject).exit_code == 2
    first = site.document("subjects", "skip", subject, "--reason", "ticket 12", "--by", "anna")
    assert first == {"skipped": 1, "already_skipped": 0, "by": "anna", "reason": "ticket 12"}
    again = site.document("subjects", "skip", subject, "--reason", "another", "--by", "ben")
    assert again["already_skipped"] == 1
    assert site.document("subjects", "list") == {"causes": [], "subjects": [], "next": None}
    (listed,) = site.document("subjects", "list", "--skipped")["subjects"]
    assert (listed["skip"]["by"], listed["skip"]["reason"], listed["subject"]) == ("anna", "ticket 12", subject)
    assert (site.positions()["failed_subjects"], site.positions()["skipped"]["failed_subjects"]) == (0, 1)
    assert site.timeline("accepted")["complete"] is False
    assert accepted_in_bi(site, subject) == [("fold_failed", True)]
    assert len(site.timeline("accepted")["steps"]) == 3, "its last good rows"
    mend_the_fact(site, subject, was)
    assert site.run("subjects", "retry", subject).exit_code == 0
    break_a_fact(site, subject)
    site.one_more_fact("accepted", "3")
    assert site.positions()["failed_subjects"] == 1, "it failed anew, which nobody has accepted"
    mend_the_fact(site, subject, was)
    assert site.run("subjects", "retry", "--all").exit_code == 0
    trace = "SELECT by, reason, at <= now() FROM projections.skips WHERE name = %s"
    assert site.sql(trace, subject) == [("anna", "ticket 12", True)]


def lose(site: Site, subject: str, version: int, schema: str = "projections") -> Callable[[], None]:
    """A fact of pathways that neither a reader nor the store has any more: what a store holds, readers fetch by
    themselves before anybody can look. Return what gives it back to the store."""
    taken = site.sql(
        "DELETE FROM pathways.facts WHERE originator_id = %s AND originator_version = %s RETURNING *", subject, version
    )
    site.sql(
        f"DELETE FROM {schema}.history WHERE subject = %s AND service = 'pathways' AND streamversion = %s",
        subject,
        version,
    )
    site.sql(f"UPDATE {schema}.subjects SET version = version + 1 WHERE subject = %s", subject)

    def give_back() -> None:
        for row in taken:
            site.sql(f"INSERT INTO pathways.facts VALUES ({', '.join(['%s'] * len(row))})", *row)

    return give_back


def with_a_hole(site: Site, name: str, which: str) -> tuple[str, Callable[[], None]]:
    subject = site.lived(name)
    give_back = lose(site, subject, 2)
    site.one_more_fact(name, which)
    assert site.timeline(name)["missing"] is not None
    return subject, give_back


def accepted_in_bi(site: Site, subject: str) -> list[tuple[str, bool]]:
    view = "SELECT reason, accepted FROM bi.incomplete_subjects WHERE subject_kind || '/' || subject_id = %s"
    return site.sql(view, subject)


def test_a_hole_that_is_accepted_counts_until_more_is_missing_and_bi_says_so(site: Site) -> None:
    subject, give_back = with_a_hole(site, "accepted hole", "5")
    site.document("subjects", "skip", "--cause", "facts missing", "--reason", "lost for good", "--by", "anna")
    site.one_more_fact("accepted hole", "6")
    assert (site.positions()["incomplete_subjects"], site.positions()["skipped"]["incomplete_subjects"]) == (0, 1)
    assert accepted_in_bi(site, subject) == [("facts_missing", True)]
    give_back_too = lose(site, subject, 3)
    site.one_more_fact("accepted hole", "7")
    assert site.positions()["incomplete_subjects"] == 1
    assert accepted_in_bi(site, subject) == [("facts_missing", False)]
    give_back()
    give_back_too()
    assert site.run("subjects", "retry", subject).exit_code == 0


QUIET = tuple(f"quiet {number}" for number in range(4))


@pytest.fixture(scope="module")
def quiet(postgres_server: str) -> Iterator[Site]:
    """Persons of whom all was applied, and nobody who runs: running readers fetch by themselves what they lack, before
    anybody could type a command."""
    with postgres.fresh_database(postgres_server) as url:
        with suite_on(url) as suite:
            for event in (*bodies(), *(event for name in QUIET for event in life(name))):
                suite.post(event)
            suite.get("alerts", limit="1")
        yield Site(url)


def forget_here(site: Site, schema: str, name: str, version: int) -> str:
    """A fact of pathways that the store has and a reader does not."""
    subject = f"person/{an_id(name)}"
    where = "subject = %s AND service = 'pathways' AND streamversion = %s"
    site.sql(f"DELETE FROM {schema}.history WHERE {where}", subject, version)
    site.sql(
        f"UPDATE {schema}.subjects SET version = version + 1, missing = 'pathways: 1 of 6' WHERE subject = %s", subject
    )
    return subject


def is_well(site: Site, schema: str, subject: str) -> bool:
    (row,) = site.sql(f"SELECT error IS NULL AND missing IS NULL FROM {schema}.subjects WHERE subject = %s", subject)
    (known,) = site.sql(f"SELECT count(*) FROM {schema}.history WHERE subject = %s AND service = 'pathways'", subject)
    return bool(row[0]) and known == (6,)


def test_a_hole_is_filled_from_the_store(quiet: Site) -> None:
    subject = forget_here(quiet, "projections", QUIET[0], 2)
    shown = quiet.document("subjects", "show", subject, code=1)["readers"]["projections"]
    assert shown["missing"] == {"pathways": [2]}
    assert [(one["service"], one["streamversion"]) for one in shown["missing_and_in_the_store"]] == [("pathways", 2)]
    assert quiet.document("subjects", "list", code=1)["causes"][0]["cause"] == "facts missing: pathways: N"
    assert quiet.document("subjects", "retry", subject)["applied"] == 1
    assert is_well(quiet, "projections", subject)
    behind = "SELECT s.version - f.version FROM projections.subjects s JOIN read_1.folded f ON f.root = s.subject"
    assert quiet.sql(f"{behind} WHERE s.subject = %s", subject) == [(0,)]


def test_two_operators_at_once_mend_everybody_once(quiet: Site, tmp_path: Path) -> None:
    subjects = [forget_here(quiet, "projections", name, 3) for name in QUIET]
    settings = {"PARCOURS_DATABASE_URL": quiet.url, "PARCOURS_REFERENCE_KEY": "of these tests alone"}
    with processes_in(tmp_path) as processes:
        operators = [processes.start(*PARCOURS, "subjects", "retry", "--all", env=settings, cwd=ROOT) for _ in range(2)]
        assert [operator.wait() for operator in operators] == [0, 0], processes.logs()
    assert all(is_well(quiet, "projections", subject) for subject in subjects)


def test_what_somebody_wrote_into_copies_and_rows_of_a_person_is_put_right(quiet: Site) -> None:
    """And nobody else's: no rebuild of everything for one person."""
    subject = f"person/{an_id(QUIET[2])}"
    where = "subject = %s AND service = 'pathways' AND type = 'pathways.hired.v1'"
    for reader in ("projections", "agrement_reading", "placements_reading"):
        spoilt = "convert_to(replace(convert_from(envelope, 'UTF8'), 'CDDI', 'CDI'), 'UTF8')"
        quiet.sql(f"UPDATE {reader}.history SET envelope = {spoilt} WHERE {where}", subject)
    person = an_id(QUIET[2])
    quiet.sql("DELETE FROM read_1.steps WHERE person_id = %s AND step = 1", person)
    quiet.sql("UPDATE read_1.contracts SET starts_on = starts_on - 3 WHERE person_id = %s", person)
    assert quiet.document("verify", "--subject", subject, code=1)["differences"] > 0
    assert quiet.document("subjects", "retry", subject)["still"] == 0
    assert quiet.document("verify", "--subject", subject)["differences"] == 0


def test_what_came_of_a_request_is_listed(quiet: Site) -> None:
    ((request, count),) = quiet.sql(
        "SELECT convert_from(envelope, 'UTF8')::jsonb ->> 'correlationid', count(*) FROM projections.history"
        " GROUP BY 1 HAVING count(DISTINCT service) > 1 ORDER BY 2 DESC, 1 LIMIT 1"
    )
    found = quiet.document("events", "of-request", request)["facts"]
    assert len(found) == count
    assert {one["service"] for one in found} >= {"pathways", "agrement"}, "what followed from it too"
    assert quiet.document("events", "of-request", 'of "nobody"', code=1)["facts"] == []


HIRED = 4
"""The number of a hire in the life's stream of pathways: exits are said first."""


def test_a_parked_person_gets_what_the_store_has_and_its_effects(quiet: Site) -> None:
    subject = forget_here(quiet, "agrement_reading", QUIET[1], HIRED)
    links = "SELECT count(*) FROM agrement.facts WHERE originator_id = %s AND topic = 'agrement.hire_linked.v1'"
    before = quiet.sql(links, subject)
    error = "UPDATE agrement_reading.subjects SET error = 'IncompleteError: facts have not come', since = now()"
    quiet.sql(f"{error} WHERE subject = %s", subject)
    rows = quiet.document("subjects", "list", "--reader", "agrement", code=1)["subjects"]
    assert {(row["subject"], row["kind"]) for row in rows} == {(subject, "policy"), (subject, "hole")}
    assert quiet.document("subjects", "retry", "--all", "--reader", "agrement")["applied"] == 1
    assert is_well(quiet, "agrement_reading", subject)
    assert quiet.sql(links, subject) == before


@pytest.mark.parametrize("reader", READERS)
def test_who_is_not_known_or_not_in_trouble_is_said_so(site: Site, reader: str) -> None:
    nobody = f"person/{an_id('nobody')}"
    assert site.run("subjects", "show", nobody, "--reader", reader).exit_code == 2
    assert "no reader knows" in site.run("subjects", "retry", nobody, "--reader", reader).stderr
    assert "nothing is wrong with" in site.run("subjects", "skip", nobody, "--reader", reader, "--reason", "x").stderr
    assert site.run("letters", "show", f"{reader}:999").exit_code == 2
    assert site.run("letters", "retry", f"{reader}:999").exit_code == 2


@pytest.mark.parametrize(
    "args",
    [
        ["letters", "show", "7"],
        ["letters", "show", "nobody:7"],
        ["letters", "show", "projections:seven"],
        ["letters", "show", "projections:" + "9" * 40],
        ["letters", "show", "projections:٣"],
        ["letters", "retry"],
        ["letters", "retry", "projections:1", "--all"],
        ["letters", "list", "--after", "agrement:1", "--reader", "projections"],
        ["letters", "list", "--reader", "pathways"],
        ["letters", "list", "--limit", "0"],
        ["subjects", "show", "somebody"],
        ["subjects", "retry", "--all", "--cause", "x"],
        ["subjects", "skip", "--all", "--reason", "x" * 501],
        ["subjects", "list", "--after", "nowhere"],
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_do(site: Site, args: list[str]) -> None:
    result = site.run(*args)
    assert result.exit_code == 2
    assert result.stderr
    assert "Traceback" not in result.output


def test_a_database_that_is_away_is_said_so(site: Site) -> None:
    for command in (["letters", "list"], ["subjects", "retry", "--all"]):
        result = site.run(*command, PARCOURS_DATABASE_URL="postgresql://127.0.0.1:1/nothing")
        assert result.exit_code == 2
        assert "database does not answer" in result.stderr


def spoil_the_store(site: Site, person: str) -> tuple[int, bytes]:
    """A fact whose envelope has no id, at the end of the log of pathways. Return its sequence and what it should be."""
    event = {**life(person)[0], "id": f"spoilt {person}", "subject": f"person/{an_id(person)}"}
    good = {**event, "recordedtime": "2026-01-05T11:00:00.000000Z"}
    ((sequence,),) = site.sql(
        "INSERT INTO pathways.facts (originator_id, originator_version, topic, state) VALUES (%s, 1, %s, %s)"
        " RETURNING notification_id",
        event["subject"],
        event["type"],
        json.dumps({**good, "id": ""}).encode(),
    )
    return sequence, json.dumps(good).encode()


def test_a_letter_of_a_store_is_shown_skipped_and_applied_once_it_can_be_read(site: Site) -> None:
    sequence, good = spoil_the_store(site, "spoilt")
    site.lived("after it")
    letters = "SELECT count(*) FROM {}.dead_letters"
    for reading in ("agrement_reading", "placements_reading"):
        wait_until(lambda reading=reading: site.sql(letters.format(reading)) == [(1,)], "they have it too")  # type: ignore[misc]
    listed = site.document("letters", "list", code=1)
    ids = {one["reader"]: one["id"] for one in listed["letters"]}
    assert set(ids) == set(READERS)
    assert {one["cause"] for one in listed["causes"]} == {"id is not a text"}
    shown = site.document("letters", "show", ids["projections"])
    assert (shown["service"], shown["offset"], shown["now"]["readable"]) == ("pathways", sequence, False)
    assert '"id": ""' in shown["value"]["text"] or '"id":""' in shown["value"]["text"]
    assert sequence - 1 in [fact["sequence"] for fact in shown["facts"]]
    assert site.document("letters", "retry", "--all", code=1)["still"] == len(READERS)
    assert site.positions()["dead_letters"] == 1
    site.document("letters", "skip", ids["projections"], "--reason", "known", "--by", "anna")
    assert (site.positions()["dead_letters"], site.positions()["skipped"]["dead_letters"]) == (0, 1)
    assert [one["id"] for one in site.document("letters", "list", "--skipped")["letters"]] == [ids["projections"]]
    others = [ids[reader] for reader in READERS if reader != "projections"]
    assert [one["id"] for one in site.document("letters", "list", code=1)["letters"]] == others
    site.sql("UPDATE pathways.facts SET state = %s WHERE notification_id = %s", good, sequence)
    done = site.document("letters", "retry", *ids.values())
    assert (done["applied"], done["still"]) == (len(READERS), 0)
    assert len(site.timeline("spoilt")["items"]) == 1
    assert site.run("letters", "list").exit_code == 0


def test_a_letter_that_says_a_fact_which_the_log_does_not_hold_is_never_applied(site: Site) -> None:
    subject = site.lived("forged")
    forged = {**life("forged")[0], "id": "forged", "recordedtime": "2026-01-05T11:00:00.000000Z"}
    ((highest,),) = site.sql("SELECT max(notification_id) FROM pathways.facts")
    before = site.timeline("forged")
    for place, sequence in enumerate((1, highest + 1_000_000)):
        value = json.dumps({**forged, "sequence": sequence, "streamversion": 99}).encode()
        site.sql(
            "INSERT INTO projections.dead_letters (feed, service, topic_id, partition, record_offset, reason, value, headers)"
            " VALUES ('kafka', 'pathways', 'T', 0, %s, 'doubtful', %s, '[]')",
            place,
            value,
        )
    done = site.document("letters", "retry", "--all", code=1)
    assert done["still"] == 2
    assert all("not of the log" in one["reason"] for one in done["letters"])
    assert site.timeline("forged") == before
    assert site.sql("SELECT 1 FROM projections.history WHERE subject = %s AND id = 'forged'", subject) == []
    site.document("letters", "skip", "--cause", "not of the log", "--reason", "an attack", "--by", "anna")


def test_binary_and_huge_records_are_shown_bounded(site: Site) -> None:
    binary, huge = bytes(range(256)), b"x" * 1_500_000
    for place, value in enumerate((binary, huge, b"", None)):
        site.sql(
            "INSERT INTO placements_reading.dead_letters"
            " (feed, service, topic_id, partition, record_offset, reason, key, value, headers)"
            " VALUES ('kafka', 'structures', 'T', 1, %s, 'the value is not JSON: expected value at line 1', %s, %s, %s)",
            place,
            b"\x00\xff",
            value,
            json.dumps([["sequence", b"nonsense".hex()], ["a\u0007b", b"\xfe".hex()]]).encode(),
        )
    page = site.document("letters", "list", "--reader", "placements", "--limit", "3", code=1)
    assert (len(page["letters"]), page["next"]) == (3, page["letters"][-1]["id"])
    rest = site.document("letters", "list", "--reader", "placements", "--after", page["next"], code=1)
    assert (len(rest["letters"]), rest["next"]) == (1, None)
    first, second = (site.document("letters", "show", letter["id"]) for letter in page["letters"][:2])
    assert first["value"] == {"bytes": 256, "cut": False, "hex": binary.hex()}
    assert (second["value"]["bytes"], second["value"]["cut"], len(second["value"]["text"])) == (1_500_000, True, 4_096)
    assert site.run("letters", "show", page["letters"][0]["id"]).exit_code == 0
    assert len(site.document("letters", "show", page["letters"][1]["id"], "--full")["value"]["text"]) == 1_500_000
    assert site.run("letters", "list", "--reader", "placements").exit_code == 1
    assert site.document("letters", "skip", "--all", "--reader", "placements", "--reason", "noise")["skipped"] == 4
    assert site.run("letters", "list", "--reader", "placements").exit_code == 0


BEFORE = (
    "DROP TABLE {0}.identity",
    "DROP TABLE {0}.skips",
    "ALTER TABLE {0}.dead_letters DROP COLUMN number",
    "ALTER TABLE {0}.subjects DROP COLUMN traceback",
    "INSERT INTO {0}.dead_letters (feed, service, topic_id, partition, record_offset, reason, headers)"
    " VALUES ('kafka', 'pathways', 'T', 0, 1, 'the record has no value', '[]')",
    "INSERT INTO {0}.subjects (subject, root, error, since) VALUES ('person/x', 'person/x', 'Error: old', now())",
)
"""What makes a schema of this version one of the version before there were skips, with a letter and a parked person."""


def test_tables_of_the_version_before_keep_what_they_have(database_url: str) -> None:
    reader = reader_database(database_url, "placements")
    reader.create()
    with reader.connection() as connection:
        for statement in BEFORE:
            connection.execute(statement.format("placements_reading"))
    site = Site(database_url)
    (letter,) = site.document("letters", "list", code=1)["letters"]
    assert letter["id"] == "placements:1"
    assert site.document("subjects", "list", code=1)["subjects"][0]["message"] == "Error: old"
    reader.create()
    with reader.connection() as connection:
        bury(connection, "kafka", [Letter("pathways", 0, 2, "T", "no value", None, None)])
    reader.close()
    assert [one["id"] for one in site.document("letters", "list", code=1)["letters"]] == [
        "placements:1",
        "placements:2",
    ]


def test_in_a_database_without_readers_nothing_is_made(database_url: str) -> None:
    site = Site(database_url)
    result = site.run("letters", "list")
    assert result.exit_code == 2
    assert "nothing was ever read here" in result.stderr
    assert site.sql("SELECT 1 FROM pg_namespace WHERE nspname = 'projections'") == []

"""`agrement`, `check`, `alerts` and `clock` against a real suite in a process of its own, in the order of this file."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from parcours.cli import app
from parcours.client.http_client import Client
from tests.parts import postgres
from tests.parts.processes import Process, processes_in
from tests.services.scenario import uid

COMMAND = [sys.executable, "-m", "parcours"]
SOURCE = "urn:test:software"
PERSON, ACI, P = uid("somebody"), uid("aci"), uid("agrement of somebody")


@pytest.fixture(scope="module")
def database(postgres_server: str) -> Iterator[str]:
    with postgres.fresh_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def suite(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    environment = {"PARCOURS_DATABASE_URL": database, "PARCOURS_REFERENCE_KEY": "of this test alone"}
    with processes_in(tmp_path_factory.mktemp("suite")) as processes:
        process = processes.start(*COMMAND, "up", "--port", "0", env=environment, name="up")
        process.wait_logged("listening on http://", 60)
        yield process
        process.sigterm()
        assert process.wait() == 0, process.log_tail()


@pytest.fixture(scope="module")
def url(suite: Process, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The suite's address, with one person who was hired, got an agrément, and left without a suspension."""
    found = re.search(r"listening on (http://\S+)", suite.log_text())
    assert found
    file = tmp_path_factory.mktemp("events") / "lives.ndjson"
    write(file, *LIFE)
    told = document(run("events", "post", str(file), "--url", found[1], "--json"))
    assert told["not_recorded"] == []
    wait_for_reads(found[1])
    return found[1]


def run(*args: str, **environment: str) -> Result:
    others = {name: None for name in os.environ if name.startswith("PARCOURS_")}
    return CliRunner().invoke(app, list(args), env={**others, **environment}, catch_exceptions=False)


def document(result: Result, code: int = 0) -> Any:
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def event(kind: str, day: str, subject: str = f"person/{PERSON}", /, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{kind} {day}",
        "source": SOURCE,
        "type": f"{kind}.v1",
        "subject": subject,
        "time": f"{day}T10:00:00+00:00",
        "datacontenttype": "application/json",
        "data": {key: str(value) if not isinstance(value, bool) else value for key, value in data.items()},
    }


def suspended(starts_on: str, ends_on: str) -> dict[str, Any]:
    about = {"agrement_id": P, "suspension_id": uid(f"suspension {starts_on}"), "structure_id": ACI}
    return event(
        "agrement.suspended", starts_on, reason="FINISHED_CONTRACT", starts_on=starts_on, ends_on=ends_on, **about
    )


LIFE = [
    event("structures.structure_registered", "2015-01-01", f"structure/{ACI}", name="Les Jardins", kind="ACI",
          registered_on="2015-01-01"),
    event("agrement.agrement_granted", "2024-03-01", agrement_id=P, number="756010000001", origin="pe_approval",
          granted_on="2024-03-01", starts_on="2024-03-01"),
    event("pathways.hired", "2024-03-01", contract_id=uid("contract"), structure_id=ACI, contract_type="CDDI",
          starts_on="2024-03-01", ends_on="2024-08-31"),
    event("pathways.hired", "2024-01-01", f"person/{uid('without')}", contract_id=uid("other"), structure_id=ACI,
          contract_type="CDDI", starts_on="2024-01-01"),
]  # fmt: skip


def write(file: Path, *events: dict[str, Any]) -> None:
    file.write_text("".join(json.dumps(one) + "\n" for one in events))


def wait_for_reads(url: str) -> None:
    """Until what is recorded has been acted upon and applied."""
    client = Client(url)
    try:
        logs = {name: client.get(f"/{name}/v1/events", {"limit": 1000})["items"] for name in ("structures", "pathways")}
        after = ", ".join(f"{name}:{items[-1]['sequence']}" for name, items in logs.items())
        waiting = {"After-Position": after, "Prefer": "wait=20"}
        client.get(f"/agrement/v1/persons/{PERSON}", headers=waiting)
        own = client.get("/agrement/v1/events", {"limit": 1000})["items"][-1]["sequence"]
        client.get("/projections/v1/positions")
        client.get("/projections/v1/alerts", headers={**waiting, "After-Position": f"{after}, agrement:{own}"})
    finally:
        client.close()


def test_a_person_s_right_on_a_day(url: str) -> None:
    view = document(run("agrement", str(PERSON), "--on", "2024-09-15", "--url", url, "--json"))
    (agrement,) = view["agrements"]
    assert (agrement["state"], agrement["ends_on"], agrement["next_suspension"]["earliest_start"]) == (
        "valid",
        "2026-02-28",
        "2024-03-01",
    )
    text = run("agrement", f"person/{PERSON}", "--on", "2024-09-15", "--counting", "day_exact", "--url", url).stdout
    assert "Agrément (PASS IAE) 75601 00 00001 : en cours" in text
    assert "+ 730 jours" in text
    assert "Aucun agrément (PASS IAE) connu" in run("agrement", str(uid("nobody")), "--url", url).stdout


def test_a_day_that_is_none_is_said_so(url: str) -> None:
    result = run("agrement", str(PERSON), "--on", "soon", "--url", url)
    assert (result.exit_code, "--on soon is no day" in result.stderr) == (2, True)
    assert run("clock", "--day", "soon").exit_code == 2


def test_what_would_be_refused_is_told_with_what_would_be_allowed(url: str, tmp_path: Path) -> None:
    file = tmp_path / "asked.ndjson"
    stranger = event("elsewhere.happened", "2024-09-02")
    write(file, suspended("2024-09-02", "2024-10-31"), suspended("2024-09-03", "2028-10-31"), stranger, LIFE[1])
    result = run("check", str(file), "--url", url)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "ligne 1: agrement.suspended.v1: accepté"
    assert lines[1] == "ligne 2: agrement.suspended.v1: refusé"
    assert "suspension_too_long" in lines[2]
    assert "2 septembre 2027" in result.stdout  # the last day that would be allowed
    assert "ligne 3: elsewhere.happened.v1: non vérifié" in result.stdout
    assert lines[-1] == "1 accepté(s), 1 déjà enregistré(s), 1 refusé(s), 1 non vérifié(s)"
    told = document(run("check", str(file), "--url", url, "--json"), 1)
    assert [one["verdict"] for one in told["events"]] == ["allowed", "refused", "unchecked", "recorded_already"]
    assert told["events"][1]["refusals"][0]["code"] == "suspension_too_long"


def test_events_of_every_service_are_judged(url: str, tmp_path: Path) -> None:
    file = tmp_path / "asked.ndjson"
    backwards = event("placements.placement_agreed", "2024-09-02", placement_id=uid("placement"), structure_id=ACI,
                      client_id=uid("client"), starts_on="2024-09-02", ends_on="2024-09-01")  # fmt: skip
    again = {**LIFE[2], "id": "the same contract under another id"}
    unknown = event("structures.painted", "2024-09-02", f"structure/{ACI}")
    write(file, backwards, again, LIFE[0], unknown)
    told = document(run("check", str(file), "--url", url, "--json"), 1)["events"]
    assert [one["verdict"] for one in told] == ["refused", "refused", "recorded_already", "refused"]
    assert [one["refusals"][0]["code"] for one in told if one["refusals"]] == [
        "placement_ends_before_start",
        "contract_id_used",
        "malformed",
    ]


def test_a_check_records_nothing_and_a_broken_event_is_refused(url: str, tmp_path: Path) -> None:
    file = tmp_path / "asked.ndjson"
    write(file, suspended("2024-09-02", "2024-10-31"))
    assert run("check", str(file), "--url", url).exit_code == 0
    assert (
        document(run("agrement", str(PERSON), "--on", "2024-09-15", "--url", url, "--json"))["agrements"][0][
            "suspensions"
        ]
        == []
    )
    file.write_text('{"type": "agrement.suspended.v1"}\nnot json\n')
    result = run("check", str(file), "--url", url)
    assert (result.exit_code, result.stdout.count("refusé")) == (1, 3)
    assert run("check", str(tmp_path / "nothing"), "--url", url).exit_code == 2


def test_alerts_name_who_does_what(url: str) -> None:
    found = document(run("alerts", "--on", "2024-10-01", "--url", url, "--json"))["alerts"]
    assert {(row["kind"], row["person_id"], row["since"], row["suspend_from"]) for row in found} == {
        ("gap_without_suspension", str(PERSON), "2024-09-01", "2024-09-01"),
        ("hired_without_agrement", str(uid("without")), "2024-01-01", None),
    }
    text = run("alerts", "--on", "2024-10-01", "--kind", "gap_without_suspension", "--url", url).stdout
    assert "suspendre" in text
    assert text.rstrip().endswith(
        "1 alerte\n       1  sans employeur et agrément (PASS IAE) non suspendu (gap_without_suspension)"
    )
    both = ("--kind", "gap_without_suspension", "--kind", "hired_without_agrement")
    assert "2 alertes" in run("alerts", "--on", "2024-10-01", *both, "--url", url).stdout
    assert (
        run("alerts", "--on", "2024-10-01", "--group", str(uid("nobody's")), "--url", url).stdout == "Aucune alerte.\n"
    )
    about = run("alerts", "--on", "2024-10-01", "--subject", f"person/{PERSON}", "--url", url).stdout
    assert "1 alerte\n" in about
    one = ("alerts", "--person", str(PERSON), "--on", "2027-01-01", "--url", url)
    assert run(*one).stdout == "Aucune alerte.\n"
    assert (
        "2 alertes" in run("alerts", "--all", *both, "--structure", str(ACI), "--on", "2027-01-01", "--url", url).stdout
    )


def test_hours_left_with_companies(url: str, tmp_path: Path) -> None:
    ai, company, placement, person = uid("ai"), uid("company"), uid("placement"), f"person/{PERSON}"
    file = tmp_path / "lent.ndjson"
    agreed = {"placement_id": placement, "structure_id": ai, "client_id": company}
    write(
        file,
        event("structures.structure_registered", "2015-01-02", f"structure/{ai}", name="Coup de Main", kind="AI",
              registered_on="2015-01-01"),
        event("structures.client_registered", "2015-01-03", f"client/{company}", kind="company",
              registered_on="2015-01-01"),
        event("placements.placement_agreed", "2024-02-10", person, starts_on="2024-02-10", **agreed),
        {**(worked := event("placements.hours_worked", "2024-03-31", person, entry_id=uid("march"), structure_id=ai,
              placement_id=placement, month="2024-03")), "data": {**worked["data"], "hours": 400}},
    )  # fmt: skip
    assert document(run("events", "post", str(file), "--url", url, "--json"))["not_recorded"] == []
    asked = ("hours", str(PERSON), "--on", "2024-04-01", "--url", url)
    (cap,) = document(run(*asked, "--json"))["caps"]
    assert (cap["structure_id"], cap["hours_left"]) == (str(ai), 80)
    text = run(*asked, "--structure", f"structure/{ai}").stdout
    assert "Coup de Main (AI)\n  reste 80 h d'ici au 09/02/2026, sur 480 h (L5132-9)" in text
    assert "seuil d'alerte atteint : 384 h" in text
    assert "Aucune association" in run("hours", str(uid("nobody")), "--url", url).stdout


def test_what_a_group_asks_of_one_another(url: str, tmp_path: Path) -> None:
    """Who is proposed to a member, who is ready, whom to ask what became of them."""
    group, to, somebody = uid("group"), uid("the next structure"), f"person/{uid('somebody else')}"
    file = tmp_path / "relay.ndjson"
    write(
        file,
        event("structures.membership_started", "2020-01-01", f"group/{group}", structure_id=ACI, started_on="2020-01-01"),
        event("pathways.hired", "2024-01-15", somebody, contract_id=uid("relay"), structure_id=ACI,
              contract_type="CDDI", starts_on="2024-01-15", ends_on="2024-07-14"),
        event("pathways.handover_proposed", "2024-06-20", somebody, handover_id=uid("h"), from_structure_id=ACI,
              to_structure_id=to, proposed_on="2024-06-20"),
        event("pathways.exited", "2024-07-14", somebody, exit_id=uid("e"), structure_id=ACI, exited_on="2024-07-14",
              reason="8"),
    )  # fmt: skip
    assert document(run("events", "post", str(file), "--url", url, "--json"))["not_recorded"] == []
    wait_for_reads(url)
    asked = ("handovers", f"structure/{to}", "--on", "2024-07-01", "--url", url)
    (proposal,) = document(run(*asked, "--json"))["handovers"]
    assert (proposal["state"], proposal["days_open"]) == ("proposed", 11)
    assert "1 proposition : 1 proposée" in run(*asked).stdout
    assert run(*asked, "--direction", "from").stdout == "Aucune proposition.\n"
    judged = ("ready", str(group), "--on", "2024-07-01", "--url", url)
    told = document(run(*judged, "--json"))
    assert (told["criteria"]["stage_max"], {row["ready"] for row in told["items"]}) == (3, {False})
    assert "Critères : au moins 122 jours" in run(*judged).stdout
    relaxed = ("--agrement-days", "none", "--trainings", "0", "--only-ready")
    assert "2 personnes, dont 2 pour l'étape suivante" in run(*judged, *relaxed).stdout
    due = ("follow-ups", str(ACI), "--on", "2024-11-30", "--url", url)
    assert [row["milestone_months"] for row in document(run(*due, "--json"))["follow_ups"]] == [3]
    assert "1 suivi à faire, dont 1 en retard" in run(*due, "--overdue").stdout
    assert "suivi" in run("follow-ups", "--on", "2024-11-30", "--url", url).stdout
    nobody = run("ready", str(uid("no group")), "--url", url)
    assert (nobody.exit_code, "no group" in nobody.stderr) == (2, True)


def test_the_timeline_shows_the_right(url: str) -> None:
    assert "75601 00 00001  du 01/03/2024 au 28/02/2026" in run("person", str(PERSON), "--url", url).stdout


def test_the_clock_strikes_once_for_a_day_and_then_has_nothing_to_do(url: str, database: str) -> None:
    told = document(run("clock", "--day", "2026-03-01", "--json", PARCOURS_DATABASE_URL=database))
    assert told["day"] == "2026-03-01"
    again = run("clock", "--once", "--day", "2026-03-01", PARCOURS_DATABASE_URL=database)
    assert (again.exit_code, again.stdout) == (0, "nothing is due\n")
    client = Client(url)
    try:
        items = client.get("/agrement/v1/events", {"subject": f"person/{PERSON}", "limit": 1000})["items"]
    finally:
        client.close()
    assert [one["data"]["ended_on"] for one in items if one["type"] == "agrement.agrement_expired.v1"] == ["2026-02-28"]


def test_a_clock_of_its_own_stops_like_every_process(database: str, tmp_path: Path) -> None:
    environment = {"PARCOURS_DATABASE_URL": database, "PARCOURS_LOG_LEVEL": "info"}
    with processes_in(tmp_path) as processes:
        process = processes.start(*COMMAND, "clock", "--port", "0", env=environment, name="clock")
        process.wait_logged("listening on http://", 60)
        process.sigterm()
        assert process.wait() == 0, process.log_tail()

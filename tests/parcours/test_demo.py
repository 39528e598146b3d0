import hashlib
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

import pytest

from parcours.client.event_files import item
from parcours.client.posting import WRITE_SERVICES, Refusal, Tally
from parcours.demo.bodies import BODIES
from parcours.demo.groups import GROUP_ID, GROUPS, PLATEAU_ID
from parcours.demo.journal import FIRST_DAY, LAST_DAY
from parcours.demo.lives import SHOWCASE_PERSON
from parcours.demo.merging import MERGED_PERSON, SPLIT_PERSON
from parcours.demo.names import given_names
from parcours.demo.show import Loaded, posted
from parcours.demo.story import generate
from services.agrement.facts import HireLinked, SuspensionLifted
from services.agrement.model.person_file import PersonFile
from services.agrement.model.reckoning import reckon
from services.agrement.model.states import state
from services.identities.folding import match_texts
from services.identities.names import Names, names_of
from services.placements.facts import CapReached
from services.projections.alerts.alert import PersonAlert
from services.projections.catalogue import CATALOGUE
from services.projections.law.tables import law_on
from shared.facts.fact import FactVoided, Recorded
from shared.facts.merging import targets_in
from tests.parcours.as_posted import Book, recorded
from tests.services.projections.facts import rows_of

HOURS_OF_A_POST = {"ACI": 1820, "AI": 1607, "EI": 1505, "ETTI": 1600}
FULL_TIME_EQUIVALENTS = {"ACI": 0.24, "AI": 0.14, "EI": 0.28, "ETTI": 0.26}
"""Per employee and year, over the country."""


@cache
def events() -> tuple[dict[str, Any], ...]:
    return tuple(generate())


@cache
def standing() -> tuple[dict[str, Any], ...]:
    """Without what was voided or replaced."""
    gone = {(event["source"], event.get("replaces") or event["data"].get("fact_id")) for event in events()}
    return tuple(event for event in events() if (event["source"], event["id"]) not in gone)


def of(kind: str) -> list[dict[str, Any]]:
    return [event for event in standing() if event["type"] == f"{kind}.v1"]


def digest(lines: str) -> str:
    return hashlib.sha256(lines.encode()).hexdigest()


def test_another_process_with_other_hashes_gives_the_same_bytes() -> None:
    program = (
        "import hashlib, json; from parcours.demo.story import generate;"
        "print(hashlib.sha256('\\n'.join(map(json.dumps, generate())).encode()).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == digest("\n".join(map(json.dumps, events())))


@cache
def book() -> Book:
    return recorded(events())


def standing_about(subject: str) -> Sequence[Recorded]:
    return book().settled("agrement", subject)


def test_every_event_is_well_formed_and_none_is_refused() -> None:
    assert book().refused == []


def test_ids_are_used_once() -> None:
    assert len({(event["source"], event["id"]) for event in events()}) == len(events())


def test_it_is_about_three_years_and_comes_in_the_order_in_which_it_was_sent() -> None:
    times = [datetime.fromisoformat(event["time"]) for event in events()]
    assert times == sorted(times)
    assert FIRST_DAY <= times[0].date() <= date(2023, 1, 3)
    assert date(2025, 12, 29) <= times[-1].date() <= LAST_DAY
    assert 8_000 <= len(events()) <= 15_000


def test_structures_groups_and_clients_come_before_persons() -> None:
    kinds = [event["subject"].partition("/")[0] for event in events()]
    registered = [place for place, event in enumerate(events()) if event["type"].endswith("_registered.v1")]
    bodies = [place for place in registered if kinds[place] != "person"]
    assert max(bodies) < kinds.index("person")


def test_instants_have_the_offset_of_paris_on_their_day() -> None:
    offsets = {(event["time"][5:7], event["time"][-6:]) for event in events()}
    assert ("01", "+01:00") in offsets
    assert ("07", "+02:00") in offsets
    assert {offset for month, offset in offsets if month in ("06", "07", "08")} == {"+02:00"}


def test_each_structure_sends_with_its_own_software() -> None:
    for event in of("pathways.hired"):
        body = next(body for body in BODIES.values() if body.id == event["data"]["structure_id"])
        assert event["source"] == body.source


def test_the_group_has_the_kinds_it_should_have() -> None:
    members = {body.kind for body in BODIES.values() if body.member_from}
    outside = [body for body in BODIES.values() if not body.member_from]
    assert members == {"ACI", "AI", "ETTI", "EI", "OASP", "TRAINING"}
    assert len(outside) >= 3
    assert any(event["subject"] == f"group/{GROUP_ID}" for event in events())


def test_two_groups_agree_for_two_purposes_persons_are_told_and_some_object() -> None:
    terms: dict[str, set[tuple[str, str]]] = {}
    parties = Counter[str]()
    for event in of("structures.sharing_agreed"):
        terms.setdefault(event["subject"], set()).add((event["data"]["purpose"], event["data"]["profile"]))
        parties[event["subject"]] += 1
        body = next(body for body in BODIES.values() if body.id == event["data"]["structure_id"])
        assert event["source"] == body.source
    assert terms == {
        f"group/{GROUP_ID}": {("pathway_continuity", "pathway")},
        f"group/{PLATEAU_ID}": {("caps", "minimum")},
    }
    assert min(parties.values()) >= 3
    assert [event["subject"] for event in of("structures.sharing_withdrawn")] == [f"group/{GROUP_ID}"]
    for group in GROUPS:
        told = [one for one in of("pathways.sharing_informed") if one["data"]["agreement_id"] == group.agreement.id]
        assert len(told) > 10
        assert {one["data"]["structure_id"] for one in told} <= {body.id for body in group.agreement.members}
        objects = Counter(
            one["subject"]
            for kind in ("sharing_objected", "objection_lifted")
            for one in of(f"pathways.{kind}")
            if one["data"]["agreement_id"] == group.agreement.id
        )
        assert {1, 2} == set(objects.values()), "one objects for good, one no more"
        assert objects.keys() <= {one["subject"] for one in told}


def test_voids_and_replacements_name_earlier_facts_of_their_sender() -> None:
    seen: set[tuple[str, str]] = set()
    mended = 0
    for event in events():
        named = event.get("replaces") or event["data"].get("fact_id")
        if named is not None:
            assert (event["source"], named) in seen
            mended += 1
        seen.add((event["source"], event["id"]))
    assert mended >= 20


# Calibration: pathways.md §7


def test_there_are_about_three_hundred_persons_with_the_shares_of_the_sector() -> None:
    people = [event["data"] for event in of("pathways.person_registered")]
    assert 280 <= len(people) <= 320
    assert share(people, lambda one: one["sex"] == "F") == pytest.approx(0.62, abs=0.03)
    assert share(people, lambda one: "benefits" in one) == pytest.approx(0.34, abs=0.03)
    assert share(people, lambda one: 2024 - one["birth_year"] < 26) == pytest.approx(0.21, abs=0.03)
    assert share(people, lambda one: 2024 - one["birth_year"] > 45) == pytest.approx(0.25, abs=0.03)
    long_without = share(people, lambda one: one.get("unemployed_months", 99) > 24)
    assert long_without == pytest.approx(0.56, abs=0.03)


def share(rows: list[Any], is_one: Any) -> float:
    return sum(map(bool, map(is_one, rows))) / len(rows)


def test_exits_have_the_shares_of_the_published_measures() -> None:
    exits = [event["data"] for event in of("pathways.exited")]
    rows = [law_on(date.fromisoformat(exit["exited_on"])).exit_reasons.get(exit["reason"]) for exit in exits]
    counted = [row for row in rows if row is not None and row.category != "withdrawn"]
    assert len(exits) > 250
    assert share(counted, lambda row: row.code == "8") == pytest.approx(0.30, abs=0.03)
    assert share(counted, lambda row: row.category in ("durable", "transition", "positive")) == pytest.approx(
        0.43, abs=0.04
    )
    assert share(counted, lambda row: row.category == "durable") == pytest.approx(0.206, abs=0.03)
    assert share(counted, lambda row: row.code == "2") == pytest.approx(0.08, abs=0.04)


def test_employees_work_about_as_much_as_over_the_country() -> None:
    kinds = {body.id: body.kind for body in BODIES.values()}
    heads: dict[str, set[tuple[str, str]]] = defaultdict(set)
    hours: Counter[str] = Counter()
    for event in of("placements.hours_worked"):
        kind = kinds[event["data"]["structure_id"]]
        heads[kind].add((event["subject"], event["data"]["month"][:4]))
        hours[kind] += event["data"]["hours"]
    for kind, expected in FULL_TIME_EQUIVALENTS.items():
        assert hours[kind] / len(heads[kind]) / HOURS_OF_A_POST[kind] == pytest.approx(expected, rel=0.35), kind


def test_about_a_third_is_in_lasting_work_after_a_year() -> None:
    due = [event for event in of("pathways.exited") if event["data"]["exited_on"] <= "2024-12-01"]
    after = [event["data"] for event in of("pathways.followed_up") if event["data"]["milestone_months"] == 12]
    lasting = [one for one in after if one.get("contract_type") == "CDI" or one.get("contract_months", 0) > 6]
    assert len(lasting) / len(due) == pytest.approx(1 / 3, abs=0.05)
    assert {"unreachable", "refused", "job_seeking"} <= {one["situation"] for one in after}


# What a demonstration is for


def test_nothing_is_missing_that_a_pathway_may_hold() -> None:
    shown = {fact.type for facts in book().recorded.values() for fact in facts}
    by_the_clock = {"agrement.agrement_expiring.v1", "agrement.agrement_expired.v1"}
    not_shown = CATALOGUE.facts.keys() - shown - by_the_clock
    # Contests and successions are between callers with rights of their own; who posts the demonstration has them all.
    between_callers = {
        f"{service}.{name}" for service in WRITE_SERVICES for name in ("fact_contested.v1", "contest_settled.v1")
    }
    between_callers.add("structures.succession_confirmed.v1")
    # Who is forgotten is so once everything is recorded; nothing lifts the limitation.
    between_callers |= {name for name in CATALOGUE.facts if name.endswith(".person_erased.v1")}
    between_callers |= {"pathways.limitation_lifted.v1"}
    assert not_shown - between_callers == {"structures.fact_voided.v1", "structures.network_left.v1"}


def test_one_registered_twice_is_merged_and_one_merged_by_mistake_is_split() -> None:
    settled = [
        fact for subject in (MERGED_PERSON, SPLIT_PERSON) for fact in book().settled("pathways", f"person/{subject}")
    ]
    into = targets_in(settled)
    assert into.keys() == {f"person/{MERGED_PERSON}"}
    ids = [into[f"person/{MERGED_PERSON}"], f"person/{MERGED_PERSON}"]
    of_both = [fact for subject in ids for fact in book().facts_about(subject)]
    kinds = Counter(row.kind for row in rows_of(of_both)["person_alerts"])
    assert kinds["hired_under_two_ids"] >= 2
    assert not any(row.kind == "hired_under_two_ids" for row in alerts())


def test_some_exits_without_news_were_permanent_contracts_known_four_months_later() -> None:
    by_id = {(event["source"], event["id"]): event for event in events()}
    mended = [
        (by_id[event["source"], event["replaces"]], event)
        for event in events()
        if event["type"] == "pathways.exited.v1" and "replaces" in event
    ]
    assert len(mended) >= 5
    for first, then in mended:
        assert (first["data"]["reason"], then["data"]["reason"]) == ("8", "3")
        assert 110 <= (datetime.fromisoformat(then["time"]) - datetime.fromisoformat(first["time"])).days <= 130


def test_hand_overs_are_accepted_declined_and_left_without_answer() -> None:
    proposed = {event["data"]["handover_id"] for event in of("pathways.handover_proposed")}
    answers = {event["data"]["handover_id"]: event["data"]["answer"] for event in of("pathways.handover_answered")}
    assert {"accepted", "declined", "withdrawn"} == set(answers.values())
    assert proposed - answers.keys()


def test_some_worked_more_with_companies_than_the_cap_of_an_association_allows() -> None:
    companies = {
        event["subject"].partition("/")[2]
        for event in of("structures.client_registered")
        if event["data"]["kind"] == "company"
    }
    associations = {body.id for body in BODIES.values() if body.kind == "AI"}
    at_company = {
        event["data"]["placement_id"]
        for event in of("placements.placement_agreed")
        if event["data"]["client_id"] in companies and event["data"]["structure_id"] in associations
    }
    hours: Counter[str] = Counter()
    for event in of("placements.hours_worked"):
        if event["data"].get("placement_id") in at_company:
            hours[event["subject"]] += event["data"]["hours"]
    beyond = [subject for subject, amount in hours.items() if amount > 480]
    assert 1 <= len(beyond) <= 5


def test_hours_typed_wrong_seemed_to_pass_the_cap_until_they_were_corrected() -> None:
    said = [fact for (service, _), facts in book().recorded.items() if service == "placements" for fact in facts]
    taken_back = {fact.data.fact_id for fact in said if isinstance(fact.data, FactVoided)}
    about_the_cap = Counter((fact.type, fact.id in taken_back) for fact in said if isinstance(fact.data, CapReached))
    for kind in ("placements.cap_approaching.v1", "placements.cap_exceeded.v1"):
        assert about_the_cap[kind, True] >= 1, kind
        assert about_the_cap[kind, False] >= 1, kind


def test_some_clients_became_the_employer() -> None:
    placed: dict[str, set[str]] = defaultdict(set)
    for event in of("placements.placement_agreed"):
        placed[event["subject"]].add(event["data"]["client_id"])
    hired_by = [
        event["subject"]
        for event in of("pathways.exited")
        if event["data"].get("next", {}).get("client_id") in placed[event["subject"]]
    ]
    assert len(hired_by) >= 5


def test_permanent_contracts_of_inclusion_are_given_in_time_too_young_and_too_early() -> None:
    given = Counter(
        row.kind for row in alerts() if row.kind.startswith("cdi_inclusion") and "ACI" in row.structure_kinds
    )
    contracts = [event for event in of("pathways.hired") if event["data"]["contract_type"] == "CDI_INCLUSION"]
    assert len(contracts) == 3
    assert given == {"cdi_inclusion_too_young": 1, "cdi_inclusion_too_early": 1}


def test_what_somebody_should_look_at_is_of_many_kinds() -> None:
    assert {row.kind for row in alerts()} >= {
        "bridge_too_long",
        "cap_approaching",
        "cap_exceeded",
        "contract_too_long",
        "diagnosis_taken_back",
        "follow_up_overdue",
        "gap_without_suspension",
        "handover_unanswered",
        "hired_without_agrement",
        "weekly_hours_below_floor",
    }


@cache
def alerts() -> tuple[PersonAlert, ...]:
    rows = []
    for subject in sorted({subject for _, subject in book().recorded if subject.startswith("person/")}):
        facts = [fact for (_, about), its in book().recorded.items() if about == subject for fact in its]
        rows += rows_of(facts)["person_alerts"]
    return tuple(rows)


def test_the_pathway_shown_first_goes_from_aci_over_ai_and_etti_to_a_job() -> None:
    mine = [event for event in standing() if event["subject"] == f"person/{SHOWCASE_PERSON}"]
    kinds = {body.id: body.kind for body in BODIES.values()}
    hires = sorted(
        (event["data"]["starts_on"], kinds[event["data"]["structure_id"]])
        for event in mine
        if event["type"] == "pathways.hired.v1"
    )
    assert list(dict.fromkeys(kind for _, kind in hires)) == ["ACI", "AI", "ETTI"]
    last = max(
        (event["data"] for event in mine if event["type"] == "pathways.exited.v1"), key=lambda one: one["exited_on"]
    )
    assert last["reason"] == "3"
    assert any(event["type"] == "pathways.pathway_closed.v1" for event in mine)


# The right to work


@cache
def people() -> list[str]:
    return sorted({event["subject"] for event in events() if event["type"] == "agrement.agrement_granted.v1"})


@cache
def files() -> dict[str, PersonFile]:
    return {subject: reckon(standing_about(subject)) for subject in people()}


def test_hires_lift_most_suspensions_of_those_who_went_on() -> None:
    lifted = [
        fact for subject in people() for fact in standing_about(subject) if isinstance(fact.data, SuspensionLifted)
    ]
    assert len(lifted) >= 40
    reasons = {event["data"]["reason"] for event in of("agrement.suspended")}
    assert reasons == {"CONTRACT_SUSPENDED", "CONTRACT_BROKEN", "FINISHED_CONTRACT", "APPROVAL_BETWEEN_CTA_MEMBERS"}


def test_some_agrements_have_ended_and_some_stand_still_at_the_end() -> None:
    states = Counter(state(one, LAST_DAY) for file in files().values() for one in file.agrements)
    assert states["expired"] >= 10
    assert states["suspended"] >= 10
    assert states["valid"] >= 50


def test_prolongations_are_granted_denied_given_at_once_and_waited_for() -> None:
    requests = Counter(request.state for file in files().values() for one in file.agrements for request in one.requests)
    assert set(requests) == {"granted", "denied", "pending"}
    at_once = of("agrement.prolonged")
    assert {event["data"]["reason"] for event in at_once} == {"COMPLETE_TRAINING"}


def test_some_use_up_their_right_without_work_and_a_few_are_hired_without_one() -> None:
    without = {
        subject
        for (service, subject) in book().recorded
        if service == "agrement"
        for fact in standing_about(subject)
        if isinstance(fact.data, HireLinked) and fact.data.agrement_id is None
    }
    assert 1 <= len(without) <= 10


def test_numbers_are_given_to_all_and_to_none_twice() -> None:
    numbers = [one.number for file in files().values() for one in (*file.agrements, *file.cancelled)]
    assert None not in numbers
    assert len(set(numbers)) == len(numbers) == len(people())


def test_the_right_of_the_person_shown_first_was_suspended_lifted_and_prolonged() -> None:
    (agrement,) = files()[f"person/{SHOWCASE_PERSON}"].agrements
    assert len(list(agrement.standing_suspensions())) == 2
    assert len(agrement.prolongations) == 1
    assert agrement.ends_on > date(2025, 4, 30)


def test_no_structure_or_person_is_named_after_a_real_one() -> None:
    real = ("1000 Services", "A.I.D.E.R", "Entrain", "Acemus", "Accès Emploi")
    names = [event["data"].get("name", "") for event in events()]
    assert not [name for name in names if any(one in name for one in real)]
    assert all(event["source"].startswith("https://logiciel.example/") for event in events())


def test_another_version_of_the_demonstration_posted_before_is_said() -> None:
    tally = Tally()
    tally.add("pathways", {"recorded": 1, "refused": 1})
    other = Refusal(item(1, b"{}"), "pathways", "refused", {"code": "id_reused"})
    assert "another --data-dir" in posted(Loaded(2, tally, [other], {}, 1.0))
    assert "another --data-dir" not in posted(Loaded(2, tally, [], {}, 1.0))


def test_facts_of_who_is_forgotten_are_known_no_more_and_nothing_is_wrong() -> None:
    tally = Tally()
    tally.add("pathways", {"duplicate": 5, "refused": 2})
    assert "nothing new" in posted(Loaded(7, tally, [], {}, 1.0, known_no_more=2))
    assert "2 not recorded" in posted(Loaded(7, tally, [], {}, 1.0))


# Names


def test_everybody_has_a_name_that_is_taken_and_one_is_called_like_another_whom_others_know() -> None:
    names = list(given_names(generate()))
    assert names == list(given_names(generate()))
    subjects = {event["subject"] for event in generate() if event["subject"].startswith("person/")}
    assert {f"person/{name.person_id}" for name in names} == subjects
    assert all(isinstance(names_of(name.json(), LAST_DAY), Names) for name in names)
    by_text: dict[str, set[str]] = {}
    for name in names:
        for text in match_texts(name.family_name, name.given_names, name.birth_date):
            by_text.setdefault(text, set()).add(name.person_id)
    alike = {frozenset(persons) for persons in by_text.values() if len(persons) > 1}
    assert len(alike) == 2
    assert any(MERGED_PERSON in persons for persons in alike)


def test_names_are_said_by_structures_that_know_the_person() -> None:
    known: dict[str, set[str]] = {}
    sources = {body.id: body.source for body in BODIES.values()}
    for event in generate():
        known.setdefault(event["subject"], set()).add(event["source"])
    assert all(sources[name.structure_id] in known[f"person/{name.person_id}"] for name in given_names(generate()))

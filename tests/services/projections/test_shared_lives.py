"""Lives of three structures that share, or do not: agreements, information, objections, leaving, in any order of arrival. Of
the person each gets, in its timeline and in its lists, what the fold of the facts gives that it may see.

The judge is written down a second time, slowly, from the sentences of docs/access.md: no party, no SQL, no table of profiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from fastapi.encoders import jsonable_encoder
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.pathways.facts import (
    FactContested,
    HandoverAnswered,
    HandoverProposed,
    Hired,
    ObjectionLifted,
    SharingInformed,
    SharingObjected,
)
from services.projections.api.list_rights import LISTS
from services.projections.folding.project import project
from services.projections.read_tables import READ_TABLES
from services.structures.facts import MembershipEnded, SharingAgreed, SharingWithdrawn
from shared.facts.fact import Recorded
from shared.facts.relations import relations_of
from shared.facts.sayers import sayer_of
from shared.facts.settle import settle
from tests.services.projections.facts import ACI, AI, EI, GROUP, ORDER, PERSON, recorded
from tests.services.projections.seeing import TODAY, Suite, running_suite
from tests.services.projections.streams import SETTINGS
from tests.services.projections.test_own_lists import BETWEEN, BY, LIVES, Between, bodies, listed, told_by_all
from tests.services.scenario import like, uid

X, Y = uid("agreement X"), uid("agreement Y")
NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def suite(postgres_server: str) -> Iterator[Suite]:
    with running_suite(postgres_server) as one:
        yield one


# What is said about sharing


@dataclass(frozen=True)
class Deed:
    kind: str
    by: UUID
    day: date
    agreement: UUID
    is_any: bool
    profile: str


NEAR = st.sampled_from([date(2020, 5, 1), date(2024, 6, 3), date(2024, 6, 28), TODAY, date(2024, 7, 20)])
KINDS = ["agree"] * 6 + ["inform"] * 4 + ["withdraw", "leave", "object", "lift"]
DEEDS = st.lists(
    st.builds(
        Deed,
        kind=st.sampled_from(KINDS),
        by=st.sampled_from(BY),
        day=NEAR,
        agreement=st.sampled_from([X, X, X, Y]),
        is_any=st.booleans(),
        profile=st.sampled_from(["pathway", "pathway", "minimum"]),
    ),
    max_size=6,
)
ALL_AGREE = [Deed("agree", by, date(2024, 6, 3), X, False, "pathway") for by in (ACI, AI)]
TOLD = Deed("inform", ACI, date(2024, 6, 10), X, False, "pathway")
STARTS = st.sampled_from([[], [*ALL_AGREE], [*ALL_AGREE, TOLD], [*ALL_AGREE, TOLD]])


def said_of(number: int, deed: Deed) -> Recorded:
    """As recorded in this place."""
    day, agreement = str(deed.day), str(deed.agreement)
    fact: Any
    if deed.kind == "agree":
        around = {"until": None, "document_hash": None, "profile": deed.profile, "agreed_on": day}
        fact = like(SharingAgreed, agreement_id=agreement, structure_id=str(deed.by), **around)
    elif deed.kind == "withdraw":
        fact = like(SharingWithdrawn, agreement_id=agreement, structure_id=str(deed.by), withdrawn_on=day)
    elif deed.kind == "leave":
        fact = MembershipEnded(structure_id=deed.by, ended_on=deed.day)
    elif deed.kind == "inform":
        fact = like(SharingInformed, agreement_id=agreement, structure_id=str(deed.by), informed_on=day)
    elif deed.kind == "object":
        fact = like(SharingObjected, agreement_id=None if deed.is_any else agreement, objected_on=day)
    else:
        fact = like(ObjectionLifted, agreement_id=None if deed.is_any else agreement, lifted_on=day)
    told = recorded(fact, id=f"deed {number}", at=NOON + timedelta(minutes=number))
    subject = f"group/{GROUP}" if "structures." in fact.type else f"person/{PERSON}"
    return told.model_copy(update={"saidfor": f"structure/{deed.by}", "subject": subject})


# What each may see, written down a second time

MINIMUM = {
    "hired": "contract_id structure_id contract_type starts_on ends_on in_pathway renews_contract_id",
    "contract_changed": "contract_id changed_on starts_on ends_on",
    "contract_suspended": "contract_id starts_on ends_on",
    "contract_ended": "contract_id ended_on",
    "exited": "exit_id structure_id contract_id exited_on",
    "skill_validated": "structure_id skill_code level validated_on",
}
PATHWAY = {
    **MINIMUM,
    "exited": f"{MINIMUM['exited']} reason next",
    "training_started": (
        "training_id kind started_on structure_id contract_id planned_hours level certifying provider_id"
    ),
    "training_ended": "training_id ended_on hours result",
    "handover_proposed": "handover_id from_structure_id to_structure_id proposed_on",
    "handover_answered": "handover_id answer answered_on",
    "followed_up": "exit_id milestone_months observed_on situation",
}
TELLING = {"16", "17", "18", "20", "21", "22"}
"""Reasons of leaving that tell of the person, or of which a gap would."""


def holding(deeds: list[Recorded], by: UUID, agreement: UUID) -> list[Recorded]:
    """What a structure agreed to that holds today."""
    left = [
        fact.data.ended_on for fact in deeds if isinstance(fact.data, MembershipEnded) and fact.data.structure_id == by
    ]
    found = []
    for fact in deeds:
        data = fact.data
        if not isinstance(data, SharingAgreed) or (data.structure_id, data.agreement_id) != (by, agreement):
            continue
        withdrawn = any(
            isinstance(other.data, SharingWithdrawn)
            and (other.data.structure_id, other.data.agreement_id) == (by, agreement)
            and other.data.withdrawn_on <= TODAY
            and (other.data.withdrawn_on > data.agreed_on or other.recordedtime > fact.recordedtime)
            for other in deeds
        )
        if data.agreed_on <= TODAY and not withdrawn and all(day >= TODAY for day in left):
            found.append(fact)
    return found


def objects(deeds: list[Recorded], agreement: UUID) -> bool:
    for fact in deeds:
        data = fact.data
        if isinstance(data, SharingObjected) and data.agreement_id in (None, agreement):
            lifted = [
                other
                for other in deeds
                if isinstance(other.data, ObjectionLifted)
                and other.data.agreement_id in (None, data.agreement_id)
                and data.objected_on <= other.data.lifted_on <= TODAY
                and other.recordedtime > fact.recordedtime
            ]
            if not lifted:
                return True
    return False


def agree(deeds: list[Recorded], mine: Recorded, theirs: Recorded) -> bool:
    """To the same, and the person has been told since both did."""
    told = any(
        isinstance(fact.data, SharingInformed)
        and fact.data.agreement_id == mine.data.agreement_id  # type: ignore[attr-defined]
        and fact.data.informed_on <= TODAY
        and fact.recordedtime > max(mine.recordedtime, theirs.recordedtime)
        for fact in deeds
    )
    return told and mine.data.profile == theirs.data.profile  # type: ignore[attr-defined]


def profiles(deeds: list[Recorded], settled: list[Recorded], by: UUID) -> dict[UUID, dict[str, str]]:
    """By other structure, what it shares."""
    running = [
        one for one in relations_of(settled, SETTINGS.handover_days) if one.structure_id == by and one.runs_on(TODAY)
    ]
    found: dict[UUID, dict[str, str]] = {}
    for agreement in (X, Y):
        for other in BY:
            for mine in holding(deeds, by, agreement) if other != by else ():
                for theirs in holding(deeds, other, agreement):
                    runs = any(
                        one.kind != "proposed"
                        or any(
                            agree(deeds, mine, like_mine)
                            for like_mine in holding(deeds, one.proposed_by or by, agreement)
                        )
                        for one in running
                    )
                    if runs and agree(deeds, mine, theirs) and not objects(deeds, agreement):
                        wide = theirs.data.profile == "pathway"  # type: ignore[attr-defined]
                        if wide or other not in found:
                            found[other] = PATHWAY if wide else MINIMUM
    return found


def narrowed(fact: Recorded, names: str) -> Recorded:
    hidden: dict[str, Any] = {name: None for name in type(fact.data).model_fields if name not in names.split()}
    if getattr(fact.data, "reason", None) in TELLING:
        hidden["reason"] = None
    return fact.model_copy(update={"data": fact.data.model_copy(update=hidden)})


def visible(
    settled: list[Recorded], by: UUID, shared: dict[UUID, dict[str, str]], related: bool, with_proposals: bool
) -> list[Recorded]:
    """Its own facts, answers to what it asked and proposed, contests of what it said; of others' what they share.
    `related`: by more than a proposal, which opens what is shared alone. `with_proposals`: and what is proposed to it, which
    lists alone tell."""
    me = f"structure/{by}" if related else None
    own = [fact for fact in settled if sayer_of(fact) == me]
    asked = {
        getattr(fact.data, name)
        for fact in own
        for name in ("handover_id", "request_id")
        if hasattr(fact.data, name) and not isinstance(fact.data, HandoverAnswered)
    }
    names = {(fact.source, fact.id) for fact in own}
    seen = []
    for fact in settled:
        data, short = fact.data, fact.type.split(".")[1]
        table = next((table for other, table in shared.items() if sayer_of(fact) == f"structure/{other}"), {})
        is_answer = short in ("handover_answered", "prolongation_granted", "prolongation_denied")
        if sayer_of(fact) == me or (is_answer and (getattr(data, "handover_id", None) or data.request_id) in asked):  # type: ignore[attr-defined]
            seen.append(fact)
        elif short in table:
            seen.append(narrowed(fact, table[short]))
        elif (isinstance(data, FactContested) and data.names in names) or (
            with_proposals and isinstance(data, HandoverProposed) and data.to_structure_id == by
        ):
            seen.append(fact)
    return seen


FROM_ALL = {"agrements", "prolongation_requests", "person_alerts"}
"""Reckoned on everybody's facts, or told to one side: judged in `test_own_lists.py`."""


def rows_of(facts: list[Recorded]) -> dict[str, list[dict[str, Any]]]:
    by_table = project("person", facts, SETTINGS, PERSON)
    return {
        name: [
            jsonable_encoder(dict(zip([column.name for column in READ_TABLES[name].columns], row, strict=True)))
            for row in rows
        ]
        for name, rows in by_table.items()
    }


@given(lives=LIVES, between=BETWEEN, first=STARTS, more=DEEDS, seed=st.integers(0, 1_000))
@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink three lives takes longer than to read them
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
def test_each_sees_the_fold_of_what_is_its_own_and_what_is_shared(
    suite: Suite,
    lives: dict[UUID, list[Recorded]],
    between: list[Between],
    first: list[Deed],
    more: list[Deed],
    seed: int,
) -> None:
    deeds = [said_of(number, deed) for number, deed in enumerate([*first, *more])]
    told = told_by_all(lives, between, decided=False)
    everything = [*told, *deeds]
    Random(seed).shuffle(everything)
    suite.clear()
    suite.tell(*bodies(), *everything)
    of_person = [fact for fact in everything if fact.subject == f"person/{PERSON}"]
    settled = list(settle(of_person, ORDER))
    # What is drawn of a life holds objections and information too.
    about_sharing = [*(fact for fact in deeds if fact.subject.startswith("group/")), *settled]
    for by in BY:
        judge(suite, settled, about_sharing, by)


def judge(suite: Suite, settled: list[Recorded], deeds: list[Recorded], by: UUID) -> None:
    shared = profiles(deeds, settled, by)
    related = any(
        one.structure_id == by and one.kind != "proposed" for one in relations_of(settled, SETTINGS.handover_days)
    )
    answer = suite.get(f"/persons/{PERSON}/timeline", own=by)
    assert answer.status_code == (200 if related or shared else 404), answer.text
    if not (related or shared):
        return
    timeline = answer.json()
    assert timeline["error"] is None
    seen = visible(settled, by, shared, related, with_proposals=False)
    assert [item["id"] for item in timeline["items"]] == [
        fact.id for fact in seen if not (isinstance(fact.data, FactContested) and sayer_of(fact) != f"structure/{by}")
    ]
    expected = rows_of(seen)
    for name in expected.keys() - FROM_ALL:
        assert timeline[name] == [row for row in expected[name] if "alerts" not in name or is_told(row, by)], name
    if not related:
        return
    listed_rows = rows_of(visible(settled, by, shared, related, with_proposals=True))
    for name in ("contracts", "steps", "exits", "hours_entries", "handovers"):
        compare_list(suite, deeds, name, by, listed_rows[name], bool(shared))


MENDED_BY_OTHERS = [
    "hired_without_agrement",
    "contract_beyond_agrement",
    "diagnosis_taken_back",
    "gap_without_suspension",
    "suspension_too_long",
    "work_while_suspended",
    "cdi_inclusion_too_early",
    "bridge_too_early",
]


def is_told(alert: dict[str, Any], by: UUID) -> bool:
    return alert["structure_id"] in (None, str(by)) and alert["kind"] not in MENDED_BY_OTHERS


OWNER = {"contracts": ["structure_id"], "handovers": ["from_structure_id", "to_structure_id"]}


def inside(deeds: list[Recorded], row: dict[str, Any]) -> bool:
    """Whether both were members of the group on the day: what others propose is told to nobody."""
    parties = (row["from_structure_id"], row["to_structure_id"])
    left = [fact.data for fact in deeds if isinstance(fact.data, MembershipEnded)]
    return not any(str(one.structure_id) in parties and str(one.ended_on) < row["proposed_on"] for one in left)


def compare_list(
    suite: Suite, deeds: list[Recorded], name: str, by: UUID, rows: list[dict[str, Any]], shares: bool
) -> None:
    found = listed(name, by, lambda path, **asked: suite.items(path, own=by, **asked))
    key = READ_TABLES[name].key_columns
    # Lists show codes that tell nothing, and of others nothing, whoever said them.
    by_value = {column.name for column in READ_TABLES[name].columns if column.plain is not None}
    mine = [row for row in rows if str(by) in (row[owner] for owner in OWNER.get(name, ["structure_id"]))]
    if name == "handovers":
        mine = [row for row in mine if row["to_structure_id"] != str(by) or inside(deeds, row)]
    if not shares and name == "steps":
        mine = [row | {"step": number} for number, row in enumerate(mine, start=1)]
    expected = {tuple(row[column] for column in key): row for row in mine}
    assert found.keys() == expected.keys(), name
    for place, row in found.items():
        for column, value in row.items():
            moved = column in LISTS[name].not_whole and not (shares and column == LISTS[name].step)
            may_be_null = moved or column in by_value
            if value != expected[place][column]:
                assert value is None and may_be_null, (name, place, column, value, expected[place][column])  # noqa: PT018


def test_the_judge_sees_what_it_is_to_judge(suite: Suite) -> None:
    """Sharing happens at all in what it draws, and its sentences tell it."""
    deeds = [said_of(number, deed) for number, deed in enumerate([*ALL_AGREE, TOLD])]
    life = [
        recorded(fact, id=f"life {place}").model_copy(update={"saidfor": f"structure/{by}"})
        for place, (by, fact) in enumerate(((ACI, hire(ACI)), (AI, hire(AI)), (EI, hire(EI))))
    ]
    assert profiles(deeds, life, ACI) == {AI: PATHWAY}
    assert profiles(deeds, life, EI) == {}
    suite.clear()
    suite.tell(*bodies(), *life, *deeds)
    judge(suite, [*life, deeds[-1]], deeds, ACI)
    contracts = suite.get(f"/persons/{PERSON}/timeline", own=ACI).json()["contracts"]
    assert {row["structure_id"] for row in contracts} == {str(ACI), str(AI)}


def hire(by: UUID) -> Any:
    return like(Hired, contract_id=str(uid(f"hire {by}")), structure_id=str(by), ends_on="2024-12-31")

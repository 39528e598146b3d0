"""Lives of three structures beside each other: of each person a structure gets, in its timeline and in every list, what the
fold of the facts that it may see gives, and nothing else, whatever the others said.

The judge is a second query API that was told nothing but these facts, asked by somebody who sees everything it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.agrement.facts import (
    AgrementGranted,
    ProlongationDenied,
    ProlongationGranted,
    ProlongationRequested,
    Suspended,
)
from services.pathways.facts import (
    Exited,
    FactContested,
    HandoverAnswered,
    HandoverProposed,
    Hired,
    PathwayClosed,
    PersonRegistered,
    PersonsMerged,
    PersonsSplit,
)
from services.placements.facts import PlacementAgreed
from services.projections.api.list_rights import LISTS, NOTHING, OWN_ALERTS
from services.projections.catalogue import CATALOGUE
from services.projections.read_tables import READ_TABLES
from services.structures.facts import ClientRegistered, GroupFormed
from shared.facts.fact import Fact, FactVoided, Recorded
from shared.facts.merging import is_about_merges
from shared.facts.relations import Relation, relations_of
from shared.facts.sayers import sayer_of
from shared.facts.settle import settle
from tests.services.projections.any_facts import DAYS, LIMITING, facts_about, histories
from tests.services.projections.facts import (
    ACI,
    AI,
    CLIENT,
    EI,
    GROUP,
    ORDER,
    PERSON,
    membership_started,
    structure_registered,
)
from tests.services.projections.seeing import TODAY, Suite, running_suite, said
from tests.services.projections.streams import SETTINGS, moved_to
from tests.services.projections.test_api import of
from tests.services.scenario import day, uid

BY = (ACI, AI, EI)
ORGANISATION = uid("organisation")


@pytest.fixture(scope="module")
def suite(postgres_server: str) -> Iterator[Suite]:
    with running_suite(postgres_server) as one:
        yield one


@pytest.fixture(scope="module")
def narrow(postgres_server: str) -> Iterator[Suite]:
    """Told what one structure may see."""
    with running_suite(postgres_server) as one:
        yield one


# What is said

SHARED_IDS = {
    *("structure_id", "from_structure_id", "to_structure_id", "host_id", "client_id", "agrement_id"),
    *("prescriber_id", "addressed_to", "provider_id", "successor_id"),
}


def as_said_by(by: UUID, fact: Recorded) -> Recorded:
    """The same life, lived in one structure: its contracts, exits, trainings are its own."""
    data = fact.data
    changes: dict[str, Any] = {}
    for name, value in data:
        if name in ("structure_id", "from_structure_id"):
            changes[name] = by
        elif name == "next_client_id" and value is not None:
            changes[name] = CLIENT
        elif isinstance(value, UUID) and name not in SHARED_IDS:
            changes[name] = uuid5(by, str(value))
    if isinstance(data, FactVoided):
        changes["fact_id"] = f"{by} {data.fact_id}"
    if getattr(data, "reason", None) == "17" and "exited" in fact.type:
        changes["reason"] = "8"  # a death ends what is asked of everybody, whoever tells it
    return fact.model_copy(
        update={
            "id": f"{by} {fact.id}",
            "replaces": f"{by} {fact.replaces}" if fact.replaces else None,
            "saidfor": f"structure/{by}",
            "data": data.model_copy(update=changes),
        }
    )


ABOUT_OTHERS = (
    "fact_contested",
    "contest_settled",
    "prolongation_granted",
    "prolongation_denied",
    "handover_",
    "person_erased",
)
SPOKEN = [
    fact
    for fact in CATALOGUE.facts.values()
    if not issubclass(fact, FactVoided | PersonsMerged | PersonsSplit | LIMITING)
    and not any(part in fact.type for part in ABOUT_OTHERS)
]
DENSE: list[type[Fact]] = [
    *(Hired, Exited, PathwayClosed, PersonRegistered, PlacementAgreed),
    *(AgrementGranted, Suspended, ProlongationRequested),
]
"""What most rows that several tables make follow from: drawn twice as often as all there is together."""
LIVES = st.fixed_dictionaries(
    {
        one: histories("person", st.one_of(*[facts_about("person", DENSE)] * 2, facts_about("person", SPOKEN)))
        for one in BY
    }
)


@dataclass(frozen=True)
class Between:
    """What one of them says to another: a proposal with its answer, a contest of something said."""

    by: UUID
    to: UUID
    on: date
    answer: Literal["accepted", "declined"] | None
    contests: int | None


BETWEEN = st.lists(
    st.builds(
        Between,
        by=st.sampled_from(BY),
        to=st.sampled_from(BY),
        on=DAYS,
        answer=st.sampled_from([None, "accepted", "declined"]),
        contests=st.none() | st.integers(0, 5),
    ),
    max_size=4,
)


def told_by_all(lives: dict[UUID, list[Recorded]], between: list[Between], decided: bool) -> list[Recorded]:
    facts = [as_said_by(by, fact) for by, life in lives.items() for fact in life]
    requests = [fact.data for fact in facts if isinstance(fact.data, ProlongationRequested)]
    for number, one in enumerate(between):
        if one.by != one.to:
            handover_id = uid(f"between {number}")
            proposal = HandoverProposed(
                handover_id=handover_id, from_structure_id=one.by, to_structure_id=one.to, proposed_on=one.on
            )
            facts.append(said(one.by, proposal, id=f"proposal {number}"))
            if one.answer is not None:
                answer = HandoverAnswered(
                    handover_id=handover_id, answer=one.answer, answered_on=one.on + timedelta(days=3)
                )
                facts.append(said(one.to, answer, id=f"answer {number}"))
        of_other = [fact for fact in facts if fact.saidfor == f"structure/{one.to}" and fact.service == "pathways"]
        if one.contests is not None and one.contests < len(of_other):
            named = of_other[one.contests]
            contest = FactContested(fact_id=named.id, fact_source=named.source, contested_on=one.on, reason="wrong")
            facts.append(said(one.by, contest, id=f"contest {number}"))
    for number, request in enumerate(requests if decided else ()):
        around: dict[str, Any] = {"agrement_id": request.agrement_id, "request_id": request.request_id}
        day_of = request.requested_on + timedelta(days=2)
        answered = (
            ProlongationGranted(
                **around, prolongation_id=uid(f"prolongation {number}"), decided_on=day_of,
                prescriber_id=ORGANISATION, authorised=True,
            )
            if number % 2
            else ProlongationDenied(**around, decided_on=day_of, prescriber_id=ORGANISATION, authorised=True, deny_reason="IAE")
        )  # fmt: skip
        facts.append(said(ORGANISATION, answered, id=f"decision {number}"))
    return facts


def bodies() -> list[Recorded]:
    client = ClientRegistered(name="A", kind="company", structure_id=EI, registered_on=day("2015-01-01"))
    return [
        *(
            of(f"structure/{one}", structure_registered(kind, "2015-01-01"))
            for one, kind in zip(BY, ("ACI", "AI", "EI"), strict=True)
        ),
        of(f"group/{GROUP}", GroupFormed(name="A", formed_on=day("2015-01-01"))),
        *(of(f"group/{GROUP}", membership_started(one, "2020-01-01")) for one in BY),
        of(f"client/{CLIENT}", client),
    ]


OTHER_ID = uid("another id of the person")


@st.composite
def merging(draw: st.DrawFn, told: int = 200) -> Callable[[list[Recorded]], list[Recorded]]:
    """Some of the facts said of another id of the person; and what a steward says of the two, merged in the end."""
    is_other = draw(st.lists(st.booleans(), min_size=1, max_size=told))
    again = draw(st.booleans())

    def of_two_ids(facts: list[Recorded]) -> list[Recorded]:
        halves = [
            moved_to(fact, f"person/{OTHER_ID}") if is_other[place % len(is_other)] else fact
            for place, fact in enumerate(facts)
        ]
        return [*halves, *merges(again)]

    return of_two_ids


def merges(again: bool) -> list[Recorded]:
    merged = PersonsMerged(into=PERSON, merged_on=day("2024-03-01"))
    if not again:
        return [by_steward(merged, "merge")]
    split = PersonsSplit(merge_id="merge", split_on=day("2024-03-02"))
    return [by_steward(merged, "merge"), by_steward(split, "split"), by_steward(merged, "merge again")]


def by_steward(fact: Fact, name: str) -> Recorded:
    return of(f"person/{OTHER_ID}", fact, id=name).model_copy(update={"saidfor": "role/data_steward"})


# What each may see, written down a second time


def visible(settled: list[Recorded], by: UUID) -> list[Recorded]:
    """Its own facts; the answers to what it asked and proposed; what is proposed to it, and contests of what it said. Which
    ids are one person a steward says, to everybody."""
    me = f"structure/{by}"
    own = [fact for fact in settled if sayer_of(fact) == me]
    asked = {
        getattr(fact.data, name) for fact in own for name in ("handover_id", "request_id") if hasattr(fact.data, name)
    }
    names = {(fact.source, fact.id) for fact in own}

    def is_seen(fact: Recorded) -> bool:
        data = fact.data
        if is_about_merges(fact):
            return True
        if isinstance(data, HandoverProposed):
            return data.to_structure_id == by
        if isinstance(data, HandoverAnswered):
            return data.handover_id in asked
        if isinstance(data, ProlongationGranted | ProlongationDenied):
            return data.request_id in asked
        return isinstance(data, FactContested) and (data.fact_source, data.fact_id) in names

    seen = [fact for fact in settled if sayer_of(fact) == me or is_seen(fact)]
    return [fact.model_copy(update={"replaces": None}) for fact in seen]


@dataclass(frozen=True)
class Caller:
    by: UUID
    relations: list[Relation]

    @property
    def is_related(self) -> bool:
        return any(one.structure_id == self.by and one.kind != "proposed" for one in self.relations)

    @property
    def is_running(self) -> bool:
        return any(
            one.structure_id == self.by and one.kind != "proposed" and one.runs_on(TODAY) for one in self.relations
        )


VIEWS: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "alerts": ("/alerts", ("subject", "kind", "about_id", "since"), {"on": TODAY}),
    "group_alerts": ("/alerts", ("subject", "kind", "about_id", "since"), {"on": TODAY, "group_id": GROUP}),
    "bridges": ("/bridges", ("person_id", "employer_id"), {}),
    "follow_ups_due": ("/follow-ups", ("person_id", "exit_id", "milestone_months"), {"on": TODAY}),
    "handovers_today": ("/handovers", ("person_id", "handover_id"), {"on": TODAY}),
    "ready": (f"/groups/{GROUP}/ready", ("group_id", "person_id", "step"), {"on": TODAY}),
    "group_pathways": (f"/groups/{GROUP}/pathways", ("group_id", "person_id", "step", "joined_on"), {}),
    "lineage_steps": ("/structures/{by}/pathways", ("asked_id", "person_id", "step"), {"with_predecessors": True}),
}
"""By view: its address, its key, what is asked."""

Rows = dict[tuple[Any, ...], dict[str, Any]]


def listed(name: str, by: UUID, get: Callable[..., list[dict[str, Any]]]) -> Rows:
    path, key, asked = VIEWS.get(name) or (f"/tables/{name}", READ_TABLES[name].key_columns, {})
    rows = get(path.format(by=by), **asked)
    found = {tuple(row[column] for column in key): row for row in rows}
    assert len(found) == len(rows), f"{name}: a key stands twice"
    return found


BY_PARTY = ("handovers", "handovers_today")
REQUESTED = ("prolongation_requests",)
OF_AGREMENT = ("agrements", "agrement_periods", "agrements_by_day")
OF_PERSONS = [
    name
    for name, rights in LISTS.items()
    if rights is not NOTHING and (name in VIEWS or READ_TABLES[name].subject_kind == "person")
]
AGREMENT_OF_READY = {"agrement_id", "agrement_state", "agrement_days_left", "ready", "unmet"}


def expected(name: str, caller: Caller, whole: Suite, narrow: Suite) -> Rows:
    """What the list holds of the person for the caller; columns that it may see null are judged by `compare`."""
    me = str(caller.by)
    if name in OF_AGREMENT:
        return _of_agrement(name, caller, whole)
    rows = listed(name, caller.by, narrow.everything)
    if name in BY_PARTY:
        mine = {key: row for key, row in rows.items() if me in (row["from_structure_id"], row["to_structure_id"])}
        if caller.is_related:
            return mine
        # Somebody proposed, with whom it has nothing to do yet: one line while that is open.
        open_to_me = [one for one in caller.relations if one.structure_id == caller.by and one.runs_on(TODAY)]
        return {
            key: row
            for key, row in mine.items()
            if name == "handovers_today" and open_to_me and row["to_structure_id"] == me and row["inside"]
        }
    if not caller.is_related:
        return {}
    if name in REQUESTED:
        rows = listed(name, caller.by, whole.everything)
    if "alerts" in name:
        # Whether a steward has answered what it contests is told to it, of a fact that is not its to see.
        of_all = listed(name, caller.by, whole.everything)
        rows |= {key: row for key, row in of_all.items() if row["kind"] == "contest_unanswered"}
        rows = {key: row for key, row in rows.items() if row["kind"] in OWN_ALERTS and row["structure_id"] == me}
        if name in VIEWS and caller.is_running:
            rows |= {
                key: row
                for key, row in of_all.items()
                if row["kind"] == "agrements_at_once" and row["current"] and row["structure_id"] == me
            }
    if name == "ready":
        rows = {
            key: row
            | _agrement_of_ready(caller, whole)
            | {"trainings_finished": row["trainings_finished"] - _begun_by_nobody(row, narrow)}
            for key, row in rows.items()
        }
    if name == "contracts_by_day":
        own = {row["contract_id"] for row in narrow.everything("/tables/contracts") if row["structure_id"] == me}
        return {key: row for key, row in rows.items() if row["contract_id"] in own}
    return {key: row for key, row in rows.items() if row.get("structure_id", me) == me}


def _of_agrement(name: str, caller: Caller, whole: Suite) -> Rows:
    """Reckoned on everybody's facts, while the relation runs: the latest, and the caller's own suspensions and more."""
    rows = listed(name, caller.by, whole.everything) if caller.is_running else {}
    if name == "agrement_periods":
        return {key: row for key, row in rows.items() if row["structure_id"] == str(caller.by)}
    if name == "agrements_by_day":
        latest = {row["agrement_id"] for row in _of_agrement("agrements", caller, whole).values()}
        today = TODAY.isoformat()
        said_today = [
            row | {"said_from": row["starts_on"]}
            for row in rows.values()
            if row["agrement_id"] in latest and row["said_from"] <= today <= (row["said_until"] or today)
        ]
        return {(row["person_id"], row["agrement_id"], row["starts_on"]): row for row in said_today}
    standing = [row for row in rows.values() if row["cancelled_on"] is None]
    standing.sort(key=lambda row: (row["starts_on"], row["granted_on"], row["agrement_id"]))
    return {(row["person_id"], row["agrement_id"]): row for row in standing[-1:]}


def _begun_by_nobody(row: dict[str, Any], narrow: Suite) -> int:
    """Trainings of which only the end was said: whose they are no row says, so that they are in no structure's list."""
    pathway = next(one for one in narrow.everything("/tables/pathways") if one["pathway"] == row["pathway"])
    return sum(
        training["structure_id"] is None
        and training["result"] in ("completed", "qualified")
        and pathway["starts_on"] <= training["ended_on"] <= TODAY.isoformat()
        for training in narrow.everything("/tables/trainings")
    )


def _agrement_of_ready(caller: Caller, whole: Suite) -> dict[str, Any]:
    """As everybody's facts make it; what it leaves unmet is judged by the row itself."""
    nothing = dict.fromkeys(AGREMENT_OF_READY)
    if not caller.is_running:
        return nothing
    latest = next(iter(_of_agrement("agrements", caller, whole).values()), None)
    row = next(iter(listed("ready", caller.by, whole.everything).values()), nothing)
    same = latest is not None and row["agrement_id"] == latest["agrement_id"]
    return {name: row[name] if same else None for name in AGREMENT_OF_READY}


@given(lives=LIVES, between=BETWEEN, decided=st.booleans())
@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink three lives takes longer than to read them
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
def test_each_sees_the_fold_of_the_facts_it_may_see_whatever_the_others_said(
    suite: Suite, narrow: Suite, lives: dict[UUID, list[Recorded]], between: list[Between], decided: bool
) -> None:
    judge(suite, narrow, told_by_all(lives, between, decided))


@given(lives=LIVES, between=BETWEEN, of_two_ids=merging())
@settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
def test_of_a_person_under_two_ids_each_sees_the_same(
    suite: Suite,
    narrow: Suite,
    lives: dict[UUID, list[Recorded]],
    between: list[Between],
    of_two_ids: Callable[[list[Recorded]], list[Recorded]],
) -> None:
    judge(suite, narrow, of_two_ids(told_by_all(lives, between, True)))


@given(lives=LIVES, of_two_ids=merging())
@settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
def test_once_they_are_split_lists_are_those_of_two_persons(
    suite: Suite,
    narrow: Suite,
    lives: dict[UUID, list[Recorded]],
    of_two_ids: Callable[[list[Recorded]], list[Recorded]],
) -> None:
    merged = of_two_ids(told_by_all(lives, [], False))
    halves = [fact for fact in merged if not is_about_merges(fact)]
    split = by_steward(PersonsSplit(merge_id=merged[-1].id, split_on=day("2024-03-05")), "split at last")
    for one, told in ((suite, [*merged, split]), (narrow, halves)):
        one.clear()
        one.tell(*bodies(), *told)
    for by in BY:
        for name in OF_PERSONS:
            found, expected = (
                listed(name, by, lambda path, by=by, one=one, **asked: one.items(path, own=by, **asked))
                for one in (suite, narrow)
            )
            assert found == expected, name


def judge(suite: Suite, narrow: Suite, told: list[Recorded]) -> None:
    suite.clear()
    suite.tell(*bodies(), *told)
    settled = list(settle(told, ORDER))
    relations = list(relations_of(settled, SETTINGS.handover_days))
    for by in BY:
        caller = Caller(by, relations)
        seen = visible(settled, by)
        narrow.clear()
        narrow.tell(*bodies(), *seen)
        answer = suite.get(f"/persons/{PERSON}/timeline", own=by)
        assert answer.status_code == (200 if caller.is_related else 404), answer.text
        if caller.is_related:
            compare_timeline(answer.json(), [fact for fact in settled if sayer_of(fact) == f"structure/{by}"])
        for name in OF_PERSONS:
            found = listed(name, by, lambda path, by=by, **asked: suite.items(path, own=by, **asked))
            compare(name, found, expected(name, caller, suite, narrow))


def compare_timeline(told: dict[str, Any], own: list[Recorded]) -> None:
    assert (told["complete"], told["error"], told["missing"]) == (True, None, None)
    shown = [item["id"] for item in told["items"]]
    assert [name for name in shown if name in {fact.id for fact in own}] == [fact.id for fact in own]


def compare(name: str, found: Rows, expected: Rows) -> None:
    assert found.keys() == expected.keys(), name
    may_be_null = LISTS[name].not_whole
    for key, row in found.items():
        for column, value in row.items():
            if name == "ready" and column in ("ready", "unmet"):
                continue
            if value != expected[key][column]:
                hidden = value is None and column in may_be_null
                assert hidden, (name, key, column, value, expected[key][column])

"""A structure that took over another, as the administration confirmed: it says and reads for that one from the next day.

Over HTTP, in all write services, on one real database; what others recorded is read by hand (`World.read`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.agrement import main as agrement
from services.pathways import main as pathways
from services.placements import main as placements
from shared.facts.fact import paris_day
from shared.feeds.store_feed import StoreFeed
from shared.intake.write_service import WriteService
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.rights.caller import Caller
from shared.rights.successions import TakenOver, predecessors
from shared.web.serving import Suite as Served
from tests.parts.postgres import fresh_database
from tests.services.agrement.suite import settled
from tests.services.pathways.test_api import Named
from tests.shared.intake.running import asked_again, over_http
from tests.shared.intake.serve_one import REFERENCE_KEY, real_service

OLD, NEW, STAFF = "https://old.example", "https://new.example", "urn:staff"
NAMES = ("structures", "pathways", "agrement", "placements")
TODAY = paris_day(datetime.now(UTC))
YESTERDAY = -1
_numbers = count(1)


def day(offset: int) -> str:
    return (TODAY + timedelta(days=offset)).isoformat()


@dataclass
class World:
    """`callers`: by the name that stands for a token. Each test has structures and a person of its own."""

    url: str
    client: httpx2.Client
    services: dict[str, WriteService]
    callers: dict[str, Caller] = field(default_factory=dict)

    def structure(self, *more: str, sources: tuple[str, ...] = (NEW,)) -> str:
        """A new one, whose id is the name of its token; `more`: others that the token names."""
        structure_id = str(uuid4())
        self.callers[structure_id] = Caller("structure", frozenset(sources), frozenset([structure_id, *more]))
        registered = {"name": "a structure", "kind": "AI", "registered_on": "2015-01-01"}
        self.said("staff", "structures.structure_registered", f"structure/{structure_id}", **registered)
        return structure_id

    def ask(self, who: str, method: str, path: str, acting_for: str = "", **how: Any) -> httpx2.Response:
        headers = {"Authorization": who}
        # Looked for at once, not within a second: who says what it comes after may know of a succession.
        headers["After-Position"] = "structures:0"
        if acting_for:
            headers["Acting-For"] = f"structure/{acting_for}"
        return asked_again(lambda: self.client.request(method, path, headers=headers, **how))[-1]

    def say(self, who: str, fact: str, subject: str, saidfor: str = "", source: str = "", **data: Any) -> Any:
        around = {"saidfor": f"structure/{saidfor}"} if saidfor else {}
        name = data.pop("name_of_event", "") or f"event-{next(_numbers)}"
        event = {
            "specversion": "1.0",
            "id": name,
            "source": source or min(self.callers[who].sources),
            "type": f"{fact}.v1",
            "subject": subject,
            "time": f"{day(YESTERDAY)}T12:00:00Z",
            **around,
            "data": data,
        }
        if "replaces" in data:
            event["replaces"] = data.pop("replaces")
        return self.ask(who, "POST", f"/{fact.partition('.')[0]}/v1/events", json=event)

    def said(self, *what: Any, **data: Any) -> Any:
        answer = self.say(*what, **data)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def taken_over(self, before: str, after: str, closed: int = -9, confirmed: int = YESTERDAY) -> None:
        subject = f"structure/{before}"
        self.said(before, "structures.structure_closed", subject, closed_on=day(closed), successor_id=after)
        self.said("staff", "structures.succession_confirmed", subject, successor_id=after, confirmed_on=day(confirmed))
        self.read()

    def read(self) -> None:
        """What others recorded, by those that read it."""
        for service in (pathways.service(REFERENCE_KEY), agrement.service(), placements.service()):
            with ExitStack() as stack:

                def feed(database: Any, reads: tuple[str, ...] = service.reads, stack: ExitStack = stack) -> StoreFeed:
                    stores = [FactStore(self.url, name) for name in reads]
                    for store in stores:
                        stack.callback(store.close)
                    return StoreFeed(stores, *database.places_of("store"), max_records=10_000)

                settled(service.create_reconciler(self.url, feed, stack))


@pytest.fixture(scope="module")
def world(postgres_server: str) -> Iterator[World]:
    callers = {"staff": Caller("staff", frozenset([STAFF]))}
    with fresh_database(postgres_server) as url, ExitStack() as stack:
        services = {name: real_service(name, url, Named(callers), look_s=0.0) for name in NAMES}
        for service in services.values():
            stack.callback(service.stop)
            service.start()
        address = stack.enter_context(over_http(Served({n: s.app for n, s in services.items()}, Metrics())))
        client = stack.enter_context(httpx2.Client(base_url=address, timeout=30))
        yield World(url, client, services, callers)


@dataclass
class Story:
    """A structure that hired somebody, and the one that takes it over."""

    before: str
    after: str
    person: str
    contract: str


@pytest.fixture
def story(world: World) -> Story:
    return a_story(world)


def a_story(world: World) -> Story:
    one = Story(world.structure(sources=(OLD,)), world.structure(), f"person/{uuid4()}", str(uuid4()))
    hire = {"structure_id": one.before, "contract_type": "CDD_USAGE", "starts_on": day(-100), "ends_on": day(100)}
    world.said(one.before, "pathways.hired", one.person, contract_id=one.contract, **hire)
    return one


def what_it_says(story: Story) -> dict[str, dict[str, Any]]:
    """In each service something that only the structure itself may say, each time another."""
    number = next(_numbers)
    return {
        "structures.workforce_reported": {
            "subject": f"structure/{story.before}", "as_of": day(-30), "permanent_staff": number % 100,
        },
        "pathways.contract_changed": {
            "subject": story.person, "saidfor": story.before, "contract_id": story.contract,
            "changed_on": day(-20), "weekly_hours": 20 + number % 10,
        },
        "agrement.eligibility_diagnosed": {
            "subject": story.person, "diagnosis_id": str(uuid4()), "made_on": day(-20), "author_kind": "employer",
            "structure_id": story.before, "criteria": ["RSA"],
        },
        "placements.hours_worked": {
            "subject": story.person, "entry_id": str(uuid4()), "structure_id": story.before,
            "month": day(-60)[:7], "hours": 3.5,
        },
    }  # fmt: skip


def answers(world: World, story: Story, who: str) -> set[tuple[int, str]]:
    found = set()
    for fact, data in what_it_says(story).items():
        answer = world.say(who, fact, data.pop("subject"), **data)
        found.add((answer.status_code, answer.json().get("code", "")))
    return found


IT_SAYS, IT_MAY_NOT = {(201, "")}, {(403, "not_yours")}


@pytest.mark.parametrize(
    ("closed", "confirmed", "wanted"),
    [
        (-9, -1, IT_SAYS),
        (-9, 0, IT_MAY_NOT),  # the day itself; the day before:
        (-9, 1, IT_MAY_NOT),
        (-1, -9, IT_SAYS),  # confirmed before it closes: it speaks for itself until then
        (0, -9, IT_MAY_NOT),
        (1, -9, IT_MAY_NOT),
    ],
)
def test_it_says_in_every_service_from_the_next_day(
    world: World, story: Story, closed: int, confirmed: int, wanted: set[tuple[int, str]]
) -> None:
    assert answers(world, story, story.after) == IT_MAY_NOT
    world.taken_over(story.before, story.after, closed, confirmed)
    assert answers(world, story, story.after) == wanted
    assert answers(world, story, story.before) == IT_SAYS
    assert answers(world, story, world.structure()) == IT_MAY_NOT


def test_the_two_facts_that_make_a_successor_may_come_in_either_order(world: World, story: Story) -> None:
    subject = f"structure/{story.before}"
    confirmed = {"successor_id": story.after, "confirmed_on": day(-1)}
    world.said("staff", "structures.succession_confirmed", subject, **confirmed)
    world.read()
    assert answers(world, story, story.after) == IT_MAY_NOT  # nobody has said that it closed
    closed = {"closed_on": day(-9), "successor_id": story.after}
    world.said(story.before, "structures.structure_closed", subject, **closed)
    world.read()
    assert answers(world, story, story.after) == IT_SAYS


def test_a_closing_alone_gives_nothing_nor_another_than_who_was_confirmed(world: World, story: Story) -> None:
    subject, other = f"structure/{story.before}", world.structure()
    world.said(story.before, "structures.structure_closed", subject, closed_on=day(-9), successor_id=story.after)
    world.said("staff", "structures.succession_confirmed", subject, successor_id=other, confirmed_on=day(-9))
    world.read()
    assert answers(world, story, story.after) == answers(world, story, other) == IT_MAY_NOT


@pytest.mark.parametrize("taken_back", ["confirmation", "closing"])
def test_what_is_taken_back_gives_no_right_any_more(world: World, story: Story, taken_back: str) -> None:
    subject = f"structure/{story.before}"
    closed = {"closed_on": day(-9), "successor_id": story.after}
    confirmed = {"successor_id": story.after, "confirmed_on": day(-5)}
    closing = world.said(story.before, "structures.structure_closed", subject, **closed)
    confirmation = world.said("staff", "structures.succession_confirmed", subject, **confirmed)
    world.read()
    assert answers(world, story, story.after) == IT_SAYS
    match taken_back:
        case "confirmation":
            void = {"fact_id": confirmation["id"], "voided_on": day(0), "reason": "mistake"}
            world.said("staff", "structures.fact_voided", subject, **void)
        case "closing":
            void = {"fact_id": closing["id"], "voided_on": day(0), "reason": "mistake"}
            world.said(story.before, "structures.fact_voided", subject, **void)
    world.read()
    assert answers(world, story, story.after) == IT_MAY_NOT
    assert world.ask(story.after, "GET", "/pathways/v1/events", story.before).json()["code"] == "not_acting_for"


def log(world: World, who: str, service: str, acting_for: str = "") -> list[str]:
    answer = world.ask(who, "GET", f"/{service}/v1/events", acting_for)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def test_it_reads_the_log_of_before_and_its_own_apart(world: World, story: Story) -> None:
    assert answers(world, story, story.before) == IT_SAYS
    assert world.ask(story.after, "GET", "/pathways/v1/events", story.before).json()["code"] == "not_acting_for"
    world.taken_over(story.before, story.after)
    for service in NAMES:
        assert log(world, story.after, service, story.before) == log(world, story.before, service) != []
        assert not set(log(world, story.after, service)) & set(log(world, story.before, service))
    # What it says for the one before stands in that one's log, with its numbers.
    said = answers(world, story, story.after)
    assert said == IT_SAYS
    (*_, last) = world.ask(story.after, "GET", "/pathways/v1/events", story.before).json()["items"]
    assert (last["saidfor"], last["source"]) == (f"structure/{story.before}", NEW)
    assert last["streamversion"] == len(log(world, story.before, "pathways"))


def test_it_takes_back_and_corrects_as_the_one_before_might(world: World, story: Story) -> None:
    """With a token that names the source as well: the same source and the same sayer, as for everybody. A source's ids are
    its software's own, and the one before could not have spoken for another software either."""
    world.taken_over(story.before, story.after)
    both = f"{story.after} with both sources"
    world.callers[both] = Caller("structure", frozenset([OLD, NEW]), frozenset([story.after]))
    said = world.said(
        story.before, "pathways.contract_ended", story.person, contract_id=story.contract, ended_on=day(-3)
    )
    corrected = {"contract_id": story.contract, "ended_on": day(-2), "replaces": said["id"]}
    voided = {"fact_id": said["id"], "fact_source": OLD, "voided_on": day(0), "reason": "mistake"}

    def codes(who: str, **around: str) -> list[str]:
        facts = (("contract_ended", corrected), ("fact_voided", voided))
        answered = [world.say(who, f"pathways.{name}", story.person, **around, **data) for name, data in facts]
        return [answer.json().get("code", answer.json()["outcome"]) for answer in answered]

    assert codes(story.after, saidfor=story.before, source=OLD) == ["source_not_allowed"] * 2
    assert codes(both, source=OLD) == ["not_yours"] * 2  # for itself
    assert codes(both, saidfor=story.before, source=OLD) == ["recorded"] * 2


def test_it_has_the_relations_of_before_for_what_it_says_itself(world: World, story: Story) -> None:
    closes = {"closed_on": day(-1), "reason": "ordinary_job"}
    assert world.say(story.after, "pathways.pathway_closed", story.person, **closes).json()["code"] == "not_yours"
    world.taken_over(story.before, story.after)
    assert world.say(story.after, "pathways.pathway_closed", story.person, **closes).status_code == 201
    # About the contract of before it speaks for the one before, whichever of the two is known first.
    ends = {"contract_id": story.contract, "ended_on": day(-1)}
    assert world.say(story.after, "pathways.contract_ended", story.person, **ends).json()["code"] == "not_yours"
    unknown = {"contract_id": str(uuid4()), "ended_on": day(-1)}
    world.said(story.after, "pathways.contract_ended", story.person, saidfor=story.before, **unknown)
    hire = {"structure_id": story.before, "contract_type": "CDD_USAGE", "starts_on": day(-90)}
    world.said(story.before, "pathways.hired", story.person, contract_id=unknown["contract_id"], **hire)


def test_it_sees_what_the_one_before_saw(world: World, story: Story) -> None:
    person_id = story.person.removeprefix("person/")
    assert answers(world, story, story.before) == IT_SAYS
    reference = {"scheme": story.before, "reference": str(uuid4())}
    world.ask(story.before, "POST", f"/pathways/v1/persons/{person_id}/references", json=reference)
    routes: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", f"/agrement/v1/persons/{person_id}", {}),
        ("GET", f"/agrement/v1/persons/{person_id}/may-be-hired", {"params": {"by": story.after}}),
        ("GET", f"/placements/v1/persons/{person_id}/cap", {"params": {"structure_id": story.before}}),
        ("GET", "/pathways/v1/persons/by-reference", {"params": reference}),
    ]
    refused = [world.ask(story.after, method, path, **how).status_code for method, path, how in routes]
    assert refused == [404, 404, 403, 403]
    world.taken_over(story.before, story.after)
    assert [world.ask(story.after, method, path, **how).status_code for method, path, how in routes] == [200] * 4


def test_a_successor_of_a_successor_and_only_for_the_structure_it_acts_for(world: World, story: Story) -> None:
    last = world.structure(story.before)
    other = world.structure()
    world.callers["both"] = Caller("structure", frozenset([NEW]), frozenset([story.after, other]))
    world.taken_over(story.before, story.after)
    third = world.structure()
    world.taken_over(story.after, third)
    assert answers(world, story, third) == IT_SAYS
    assert answers(world, story, last) == IT_SAYS  # its token names it
    path = f"/placements/v1/persons/{story.person.removeprefix('person/')}/cap"
    seen = [world.ask("both", "GET", path, acting_for).status_code for acting_for in (story.after, other)]
    assert seen == [200, 404]


# Pure

DAYS = st.integers(-2, 2).map(lambda days: date(2026, 1, 10) + timedelta(days))
SUCCESSIONS = st.dictionaries(st.sampled_from("abcde"), st.tuples(st.sampled_from("abcde"), DAYS))


@given(SUCCESSIONS, st.sets(st.sampled_from("abcde")), DAYS)
def test_predecessors_are_those_from_whom_one_walks_here(
    successors: dict[str, tuple[str, date]], structures: set[str], today: date
) -> None:
    by_successor: dict[str, list[TakenOver]] = {}
    for before, (after, confirmed_on) in successors.items():
        by_successor.setdefault(after, []).append(TakenOver(before, confirmed_on))
    found = predecessors(structures, by_successor, today)

    def leads_to(start: str, end: str) -> bool:
        """Walked the other way round, one successor after the other."""
        place = start
        for _ in successors:
            after, confirmed_on = successors.get(place, ("", today))
            if confirmed_on >= today:
                return False
            if (place := after) == end:
                return True
        return False

    for structure in structures:
        assert found.get(structure, frozenset()) == {
            one for one in successors if one != structure and leads_to(one, structure)
        }

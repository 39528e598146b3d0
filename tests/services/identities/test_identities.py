"""Names over HTTP: who may give, see, find and take back which; every role × relation × route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from services.identities import names_table
from services.identities.keys import Box
from services.pathways.facts import FactContested, LimitationLifted, PersonsMerged, ProcessingLimited
from services.structures.facts import SuccessionConfirmed
from tests.services.identities.suite import CAMILA, CAMILLE, CLAIMS, Suite, running_suite, shown
from tests.services.projections.facts import ACI, AI, C3, EI, PERSON, exited, hired, recorded, structure_closed
from tests.services.projections.seeing import TODAY, said, world
from tests.services.projections.sharing import Clock
from tests.services.projections.streams import person_id
from tests.services.projections.test_api import of, person
from tests.services.projections.test_merged_api import merged, split
from tests.services.projections.test_sharing import lives
from tests.services.scenario import day

STRANGER = UUID(int=7)
NO_ROLE, HIDDEN = (403, "may_not_see"), (404, "not_found")


@pytest.fixture(scope="module")
def running(postgres_server: str) -> Iterator[Suite]:
    with running_suite(postgres_server) as one:
        yield one


@pytest.fixture
def suite(running: Suite) -> Suite:
    running.clear()
    return running


def contested(by: UUID = AI) -> list[Any]:
    exit = said(by, exited(by, "2023-06-30"), id="contested")
    contest = FactContested(
        fact_id="contested", fact_source=exit.source, contested_on=day("2024-06-01"), reason="wrong"
    )
    return [exit, said(ACI, contest)]


def test_what_a_structure_says_it_sees_and_nobody_else(suite: Suite) -> None:
    suite.tell(*world())
    suite.give("aci", PERSON, CAMILLE)
    assert shown(suite.names("aci", PERSON)) == CAMILLE
    for who in ("ai", "ei", "prescriber"):
        assert suite.names(who, PERSON) is None
        assert suite.found(who, "exemple") == []
    # Two structures may spell a name differently; neither changes the other's.
    suite.give("ai", PERSON, CAMILA)
    assert shown(suite.names("aci", PERSON)) == CAMILLE
    assert shown(suite.names("ai", PERSON)) == CAMILA
    assert suite.names("aci", PERSON)["others"] == []  # type: ignore[index]


def test_given_again_it_is_what_was_said_last(suite: Suite) -> None:
    suite.give("aci", PERSON, CAMILLE)
    suite.give("aci", PERSON, CAMILLE)
    suite.give("aci", PERSON, CAMILA)
    assert shown(suite.names("aci", PERSON)) == CAMILA
    assert [shown(one) for one in suite.found("aci", "camil")] == [CAMILA]


def test_taken_back_it_is_gone_with_its_key_and_its_digests(suite: Suite) -> None:
    suite.give("aci", PERSON, CAMILLE)
    suite.give("ai", PERSON, CAMILA)
    for _ in range(2):  # also where nothing is left
        answer = suite.ask("aci", "DELETE", f"/persons/{PERSON}")
        assert (answer.status_code, answer.content) == (204, b"")
    assert suite.names("aci", PERSON) is None
    assert shown(suite.names("ai", PERSON)) == CAMILA
    with psycopg.connect(suite.url) as connection:
        for table in ("names", "match_digests"):
            rows = connection.execute(f"SELECT DISTINCT structure_id FROM identities.{table}").fetchall()
            assert rows == [(AI,)]


def test_who_is_hidden_is_nobody_to_the_byte(suite: Suite) -> None:
    suite.tell(*world())
    suite.give("aci", PERSON, CAMILLE)
    for who in ("ai", "ei", "prescriber", "data_steward"):
        answers = [suite.ask(who, "GET", f"/persons/{one}") for one in (PERSON, STRANGER)]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        listed = [suite.ask(who, "POST", "/names", json={"person_ids": [str(one)]}) for one in (PERSON, STRANGER)]
        assert {answer.content for answer in listed} == {b'{"items":[]}'}


# Every role × route

GIVEN = {"json": CAMILLE}
ASKED = {"json": {"person_ids": [str(PERSON)]}}
ROUTES: dict[str, dict[str, Any]] = {
    "PUT /persons/{person_id}": GIVEN,
    "GET /persons/{person_id}": {},
    "DELETE /persons/{person_id}": {},
    "POST /names": ASKED,
    "POST /search": {"json": {"name": "exemple"}},
    "GET /matches": {},
    "PUT /distinct/{person_id}/{other_id}": {},
    "DELETE /distinct/{person_id}/{other_id}": {},
    "GET /accesses": {},
    "GET /persons/{person_id}/held": {},
}
GIVERS = {"aci": (204, None), "ai": (204, None), "prescriber": (204, None), "none": (403, "not_acting_for")}
SEEN = {
    "aci": (200, None),
    "ai": HIDDEN,
    "prescriber": HIDDEN,
    "none": HIDDEN,
    "data_steward": HIDDEN,
    "group_coordinator": HIDDEN,
}
ASKERS: dict[str, tuple[int, str | None]] = dict.fromkeys(("aci", "ai", "prescriber", "none"), (200, None))
ANSWERS: dict[str, dict[str, tuple[int, str | None]]] = {
    "PUT /persons/{person_id}": GIVERS,
    "GET /persons/{person_id}": SEEN,
    "DELETE /persons/{person_id}": GIVERS,
    "POST /names": {**ASKERS, "data_steward": (200, None), "group_coordinator": (200, None)},
    "POST /search": ASKERS,
    "GET /matches": {"data_steward": (200, None)},
    "PUT /distinct/{person_id}/{other_id}": {"data_steward": HIDDEN},
    "DELETE /distinct/{person_id}/{other_id}": {"data_steward": (204, None)},
    "GET /accesses": {"auditor": (200, None)},
    "GET /persons/{person_id}/held": {"data_steward": (200, None)},
}
"""By route who is answered otherwise than `403 may_not_see`."""


def test_every_role_and_route(suite: Suite) -> None:
    paths = suite.service.app.openapi()["paths"]
    routes = {f"{method.upper()} {path.removeprefix('/identities/v1')}" for path in paths for method in paths[path]}
    assert routes == ROUTES.keys() == ANSWERS.keys(), "a new route: say who may ask it"
    suite.tell(*world())
    for route, how in ROUTES.items():
        method, path = route.replace("{other_id}", str(STRANGER)).split()
        for who in CLAIMS.keys() - {"both", "ei"}:
            suite.empty()
            suite.give("aci", PERSON, CAMILLE)
            answer = suite.ask(who, method, path.format(person_id=PERSON), **how)
            code = answer.json().get("code") if answer.content else None
            assert (answer.status_code, code) == ANSWERS[route].get(who, NO_ROLE), (route, who, answer.text)
            if not answer.is_success:
                assert "xemple" not in answer.text
        assert suite.client.request(method, f"/identities/v1{path.format(person_id=PERSON)}", **how).status_code == 401
        codes = {
            suite.ask("both", method, path.format(person_id=PERSON), acting_for, **how).json().get("code")
            for acting_for in (None, EI)
        }
        assert codes == {"acting_for_missing", "not_acting_for"}, route


def test_a_token_of_several_structures_speaks_for_the_one_it_names(suite: Suite) -> None:
    suite.give("both", PERSON, CAMILLE, acting_for=ACI)
    assert shown(suite.names("aci", PERSON)) == CAMILLE
    assert suite.ask("both", "GET", f"/persons/{PERSON}", AI).status_code == 404


# Relations, of the query side


def test_a_steward_sees_the_names_of_a_case_while_rights_are_current(suite: Suite) -> None:
    suite.tell(*world())
    suite.give("aci", PERSON, CAMILLE)
    suite.give("ai", PERSON, CAMILA)
    assert suite.names("data_steward", PERSON) is None
    suite.tell(*contested())
    found = suite.names("data_steward", PERSON)
    assert found is not None
    assert [shown(one) for one in (found, *found["others"])] == [CAMILA, CAMILLE]  # the latest first
    assert {one["said_for"] for one in (found, *found["others"])} == {f"structure/{ACI}", f"structure/{AI}"}
    suite.behind = 11.0
    answer = suite.ask("data_steward", "GET", f"/persons/{PERSON}")
    assert (answer.status_code, answer.json()["code"]) == (503, "rights_not_current")
    assert shown(suite.names("aci", PERSON)) == CAMILLE  # its own needs no relation


def everywhere(suite: Suite, who: str) -> list[str]:
    """Family names that a caller sees of the person, the same by every route."""
    found = suite.names(who, PERSON)
    batch = suite.ask(who, "POST", "/names", json={"person_ids": [str(PERSON), str(STRANGER)]}).json()["items"]
    told = [] if found is None else [one["family_name"] for one in (found, *found["others"])]
    assert [one["family_name"] for row in batch for one in (row, *row["others"])] == told
    if who != "group_coordinator":
        searched = suite.found(who, "cam")
        assert [one["family_name"] for row in searched for one in (row, *row["others"])] == told
    return told


def test_members_that_share_a_person_see_one_anothers_names_until_they_do_not(suite: Suite) -> None:
    clock, mine, theirs = Clock(), CAMILLE["family_name"], CAMILA["family_name"]
    suite.tell(*lives())
    suite.give("aci", PERSON, CAMILLE)
    suite.give("ai", PERSON, CAMILA)
    suite.give("ei", PERSON, {**CAMILA, "family_name": "Stranger"})
    suite.tell(clock.agreed(ACI, coordinator=True), clock.agreed(AI))
    assert (everywhere(suite, "aci"), everywhere(suite, "ai")) == ([mine], [theirs])
    suite.tell(clock.informed())
    assert (everywhere(suite, "aci"), everywhere(suite, "ai")) == ([mine, theirs], [theirs, mine])
    assert (everywhere(suite, "ei"), everywhere(suite, "group_coordinator")) == (["Stranger"], [theirs, mine])
    suite.behind = 11.0
    for who in ("aci", "group_coordinator"):
        answer = suite.ask(who, "GET", f"/persons/{PERSON}")
        assert (answer.status_code, answer.json()["code"]) == (503, "rights_not_current")
    assert suite.ask("aci", "POST", "/search", json={"name": "cam"}).status_code == 503
    assert everywhere(suite, "ei") == ["Stranger"]  # shares nothing: its own it sees whoever is behind
    suite.behind = 0.0
    suite.tell(clock.objected())
    assert (everywhere(suite, "aci"), everywhere(suite, "ai")) == ([mine], [theirs])
    assert everywhere(suite, "group_coordinator") == []
    suite.tell(clock.lifted())
    assert everywhere(suite, "ai") == [theirs, mine]
    suite.tell(clock.withdrew(ACI))
    assert (everywhere(suite, "aci"), everywhere(suite, "ai")) == ([mine], [theirs])
    # What it sees of others it does not take back.
    assert suite.ask("aci", "DELETE", f"/persons/{PERSON}").status_code == 204
    assert everywhere(suite, "ai") == [theirs]


def test_of_a_merged_person_names_of_every_id_and_after_a_split_of_its_own(suite: Suite) -> None:
    a, b = person_id(901), person_id(902)
    suite.give("aci", a, CAMILLE)
    suite.give("ai", b, CAMILA)
    suite.tell(of(person(901), exited(ACI, "2023-06-30")), of(person(902), exited(AI, "2023-06-30")))
    assert suite.names("aci", b) is None
    suite.tell(merged(person(901), b, "2024-06-01"))
    for one in (a, b):
        found = suite.names("aci", one)
        assert found is not None
        assert (found["person_id"], shown(found), found["others"]) == (str(b), CAMILLE, [])
    assert [one["person_id"] for one in suite.found("aci", "camille")] == [str(b)]
    suite.tell(split(person(901), "2024-06-02"))
    assert suite.names("aci", b) is None
    assert suite.names("aci", a)["person_id"] == str(a)  # type: ignore[index]
    suite.tell(merged(person(901), b, "2024-06-03", "again"))
    assert suite.ask("aci", "DELETE", f"/persons/{b}").status_code == 204
    assert suite.names("aci", a) is None
    assert shown(suite.names("ai", a)) == CAMILA


def test_a_successor_sees_what_its_predecessor_said_from_the_next_day(suite: Suite) -> None:
    closed, confirmed = structure_closed("2024-06-30", EI), SuccessionConfirmed(successor_id=EI, confirmed_on=TODAY)
    suite.tell(*world(), of(f"structure/{ACI}", closed), of(f"structure/{ACI}", confirmed))
    suite.give("aci", PERSON, CAMILLE)
    assert suite.names("ei", PERSON) is None
    suite.today = day("2024-07-02")
    assert shown(suite.names("ei", PERSON)) == CAMILLE
    assert [shown(one) for one in suite.found("ei", "camille")] == [CAMILLE]


def test_a_successor_corrects_and_takes_back_what_its_predecessor_said(suite: Suite) -> None:
    closed, confirmed = structure_closed("2024-06-29", EI), SuccessionConfirmed(successor_id=EI, confirmed_on=TODAY)
    suite.tell(*world(), of(f"structure/{ACI}", closed), of(f"structure/{ACI}", confirmed))
    suite.give("aci", PERSON, CAMILLE)
    suite.give("ai", PERSON, CAMILA)
    refused = suite.ask("ei", "PUT", f"/persons/{PERSON}", ACI, json=CAMILA)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_acting_for")  # not before the next day
    assert suite.ask("ei", "DELETE", f"/persons/{PERSON}").status_code == 204
    assert shown(suite.names("aci", PERSON)) == CAMILLE
    suite.today = day("2024-07-02")
    # In the words of the one before, or in its own, which stand first then.
    corrected = {**CAMILLE, "given_names": "Camille"}
    suite.give("ei", PERSON, corrected, ACI)
    assert shown(suite.names("aci", PERSON)) == shown(suite.names("ei", PERSON)) == corrected
    suite.give("ei", PERSON, CAMILA)
    assert shown(suite.names("ei", PERSON)) == CAMILA
    assert [shown(one) for one in suite.names("ei", PERSON)["others"]] == [corrected]  # type: ignore[index]
    assert shown(suite.ask("ei", "GET", f"/persons/{PERSON}", ACI).json()) == corrected
    for stranger in (AI, STRANGER):
        assert suite.ask("ei", "GET", f"/persons/{PERSON}", stranger).status_code == 403
    # In the name of the one before only what that one said goes; in its own all that it is shown as its own.
    assert suite.ask("ei", "DELETE", f"/persons/{PERSON}", ACI).status_code == 204
    assert suite.names("aci", PERSON) is None
    assert shown(suite.names("ei", PERSON)) == CAMILA
    suite.give("aci", PERSON, CAMILLE)
    assert suite.ask("ei", "DELETE", f"/persons/{PERSON}").status_code == 204
    assert suite.names("ei", PERSON) is suite.names("aci", PERSON) is None
    assert shown(suite.names("ai", PERSON)) == CAMILA


def test_what_a_predecessor_said_stands_before_what_others_share(suite: Suite) -> None:
    clock = Clock()
    working = said(AI, hired(C3, AI, "2024-02-01", "2024-12-31"), id="works there")
    closed, confirmed = (
        structure_closed("2024-06-29", EI),
        SuccessionConfirmed(successor_id=EI, confirmed_on=day("2024-06-29")),
    )
    suite.tell(*world(), working, of(f"structure/{ACI}", closed), of(f"structure/{ACI}", confirmed))
    suite.tell(clock.agreed(ACI), clock.agreed(AI), clock.informed())
    suite.give("aci", PERSON, CAMILLE)
    suite.give("ai", PERSON, CAMILA)
    (found,) = suite.found("ei", "camil")
    for one in (suite.names("ei", PERSON), found):
        assert (shown(one), [shown(other) for other in one["others"]]) == (CAMILLE, [CAMILA])  # type: ignore[index]


def test_members_that_share_a_person_see_its_names_until_it_objects(suite: Suite) -> None:
    clock = Clock()
    working = said(AI, hired(C3, AI, "2024-02-01", "2024-12-31"), id="works there")
    suite.tell(*world(), working, clock.agreed(ACI), clock.agreed(AI))
    suite.give("aci", PERSON, CAMILLE)
    assert suite.names("ai", PERSON) is None
    suite.tell(clock.informed())
    assert shown(suite.names("ai", PERSON)) == CAMILLE
    # Seen, not its own: it takes back nothing, and what it says stands beside.
    assert suite.ask("ai", "DELETE", f"/persons/{PERSON}").status_code == 204
    assert shown(suite.names("ai", PERSON)) == CAMILLE
    assert suite.names("ei", PERSON) is None
    suite.give("ai", PERSON, CAMILA)
    suite.behind = 11.0
    assert suite.ask("ai", "GET", f"/persons/{PERSON}").status_code == 503
    # Its own is taken back however far behind that side is.
    assert suite.ask("ai", "DELETE", f"/persons/{PERSON}").status_code == 204
    suite.behind = 0.0
    assert suite.names("ai", PERSON)["others"] == []  # type: ignore[index]
    suite.tell(clock.objected(ACI))
    assert suite.names("ai", PERSON) is None
    assert shown(suite.names("aci", PERSON)) == CAMILLE


# Search


def test_found_by_any_beginning_without_accents_in_any_order(suite: Suite) -> None:
    suite.give("aci", PERSON, CAMILLE)
    for name in ("exem", "EXEMPLE martin", "mart jeanne", "Éxemple-Martin", "exemplemartin", "ca", "Jeanne Camille"):
        assert [shown(one) for one in suite.found("aci", name)] == [CAMILLE], name
    for name in ("xemple", "camille durand", "zz"):
        assert suite.found("aci", name) == [], name
    assert suite.found("aci", "camille", birth_date="1990-12-31")
    assert suite.found("aci", "camille", birth_date="1990-12-30") == []


def test_pages_are_in_the_order_of_names_and_bounded(suite: Suite) -> None:
    given = ["Alma", "Bea", "Cleo", "Dora", "Elsa", "Flora", "Gaia"]
    for name in reversed(given):
        suite.give("aci", uuid4(), {**CAMILLE, "given_names": name})
    found, following = [], None
    while True:
        answer = suite.ask("aci", "POST", "/search", json={"name": "exemple", "limit": 3, "next": following}).json()
        assert len(answer["items"]) <= 3
        found += [one["given_names"] for one in answer["items"]]
        if (following := answer["next"]) is None:
            break
    assert found == given
    for bad in ("x", "W10", "WyJtYXRjaGVzIiwxXQ"):
        answer = suite.ask("aci", "POST", "/search", json={"name": "exemple", "next": bad})
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


def test_no_page_of_a_hundred_thousand_and_nothing_short_of_two_letters(suite: Suite) -> None:
    bodies: tuple[Any, ...] = (
        {"name": "a"},
        {"name": "-"},
        {},
        {"name": "1900799123456"},
        {"name": "ab", "birth_date": "x"},
        {"name": "ab", "limit": 0},
        {"name": "ab", "all": True},
        {"birth_date": "1990-12-31"},
        [],
    )
    for body in bodies:
        answer = suite.ask("aci", "POST", "/search", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed"), body


# Batches


def test_many_are_asked_at_once(suite: Suite) -> None:
    ids = [uuid4() for _ in range(4)]
    for one in ids[:2]:
        suite.give("aci", one, CAMILLE)
    suite.give("ai", ids[2], CAMILA)
    answer = suite.ask("aci", "POST", "/names", json={"person_ids": [*map(str, ids), str(ids[0])]}).json()
    assert [one["asked_id"] for one in answer["items"]] == [str(one) for one in ids[:2]]
    for bad in ([], ["x"], [1], [str(uuid4())] * 501, None):
        refused = suite.ask("aci", "POST", "/names", json={"person_ids": bad})
        assert (refused.status_code, refused.json()["code"]) == (422, "malformed"), bad


# Matches


def test_a_steward_is_told_who_may_be_one_until_they_are(suite: Suite) -> None:
    a, b, c = (person_id(number) for number in (901, 902, 903))
    suite.tell(of(person(901), exited(ACI, "2023-06-30")), of(person(902), exited(AI, "2023-06-30")))
    suite.give("aci", a, CAMILLE)
    suite.give("ai", b, {**CAMILLE, "family_name": "MARTIN", "given_names": "Jeanne"})
    suite.give("ai", c, {**CAMILLE, "given_names": "Louise"})
    (match,) = matches(suite)
    assert {match["person_id"], match["other_person_id"]} == {str(a), str(b)}
    assert {one["family_name"] for one in match["names"]} == {"Éxemple-Martin", "MARTIN"}
    assert matches(suite, person_id=str(b)) == [match]
    assert matches(suite, person_id=str(c)) == []
    suite.tell(merged(person(901), b, "2024-06-01"))
    assert matches(suite) == []


def test_of_two_who_match_a_steward_says_that_they_are_two(suite: Suite) -> None:
    a, b, c = (person_id(number) for number in (901, 902, 903))
    for one in (a, b, c):
        suite.give("aci", one, CAMILLE)
    (ab, ac, bc) = sorted(matches(suite), key=lambda one: (one["person_id"], one["other_person_id"]))
    for path in (f"/distinct/{b}/{a}", f"/distinct/{a}/{b}"):  # in either order, and once
        assert suite.ask("data_steward", "PUT", path).status_code == 204
    assert matches(suite) == [ac, bc]
    assert matches(suite, person_id=str(a)) == [ac]
    assert matches(suite, distinct=True) == [ab]
    # What a structure says anew of one of them changes nothing of it.
    suite.give("aci", a, {**CAMILLE, "given_names": "Jeanne"})
    assert len(matches(suite)) == 2
    assert suite.ask("data_steward", "DELETE", f"/distinct/{b}/{a}").status_code == 204
    assert (len(matches(suite)), matches(suite, distinct=True)) == (3, [])
    # Of who is merged, or does not match, there is nothing to say.
    assert suite.ask("data_steward", "PUT", f"/distinct/{a}/{STRANGER}").status_code == 404
    suite.tell(of(person(901), exited(ACI, "2023-06-30")), of(person(902), exited(ACI, "2023-06-30")))
    suite.tell(merged(person(901), b, "2024-06-01"))
    for other in (a, b):
        refused = suite.ask("data_steward", "PUT", f"/distinct/{other}/{b}")
        assert (refused.status_code, refused.json()["code"]) == (409, "merged_persons")


def test_of_whom_no_name_is_left_nothing_is_kept(suite: Suite) -> None:
    a, b = (person_id(number) for number in (901, 902))
    for who in ("aci", "ai"):
        suite.give(who, a, CAMILLE)
    suite.give("ai", b, CAMILLE)
    assert suite.ask("data_steward", "PUT", f"/distinct/{a}/{b}").status_code == 204
    for who, is_kept in (("aci", True), ("ai", False)):
        assert suite.ask(who, "DELETE", f"/persons/{a}").status_code == 204
        with psycopg.connect(suite.url) as connection:
            assert bool(connection.execute("TABLE identities.distinct_persons").fetchall()) is is_kept


def matches(suite: Suite, **asked: Any) -> list[dict[str, Any]]:
    found, following = [], None
    while True:
        if following is not None:
            asked["next"] = following
        answer = suite.ask("data_steward", "GET", "/matches", params={"limit": 2, **asked})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if (following := answer.json()["next"]) is None:
            return found


def test_pages_of_matches_miss_nobody(suite: Suite) -> None:
    ids = [uuid4() for _ in range(5)]
    for one in ids:
        suite.give("aci", one, CAMILLE)
    pairs = {(one["person_id"], one["other_person_id"]) for one in matches(suite)}
    assert len(pairs) == len(matches(suite)) == 10


def test_whose_data_are_limited_is_in_no_list_of_names(suite: Suite) -> None:
    """Neither found by name nor among those who may be one, whatever id it has; by id as ever."""
    a, b, other = person_id(911), person_id(912), person_id(913)
    for one in (a, b, other):
        suite.give("aci", one, CAMILLE)
    suite.tell(recorded(PersonsMerged(into=b, merged_on=day("2024-01-10")), id="merge", subject=a))

    def listed() -> tuple[set[str], set[str]]:
        found = {one["person_id"] for one in suite.found("aci", "exemple")}
        return found, {row[side] for row in matches(suite) for side in ("person_id", "other_person_id")}

    assert listed() == ({str(b), str(other)}, {str(a), str(b), str(other)})
    suite.tell(recorded(ProcessingLimited(limited_on=day("2024-01-11")), id="limit", subject=a))
    assert listed() == ({str(other)}, set())
    assert suite.names("aci", a) is not None
    suite.tell(recorded(LimitationLifted(lifted_on=day("2024-01-12")), id="lifted", subject=a))
    assert listed() == ({str(b), str(other)}, {str(a), str(b), str(other)})


# Refusals, limits, the log of reads


def test_no_refusal_quotes_a_name(suite: Suite) -> None:
    sent = [
        {**CAMILLE, "family_name": "Secretname 7"},
        {**CAMILLE, "Secretname": "x"},
        {"family_name": "Secretname"},
        {**CAMILLE, "birth_date": "Secretname"},
        ["Secretname"],
        "Secretname",
    ]
    for body in sent:
        answer = suite.ask("aci", "PUT", f"/persons/{PERSON}", json=body)
        assert answer.status_code == 422, body
        assert "ecretname" not in answer.text
    raw = [
        b'{"Secretname": 1, "Secretname": 2}',
        b'{"family_name": "Secretname',
        b'{"family_name": "Secretname\\ud800"}',
        b"\xff",
    ]
    for content in raw:
        answer = suite.ask(
            "aci", "PUT", f"/persons/{PERSON}", content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 422, content
        assert "ecretname" not in answer.text
    assert suite.ask("aci", "PUT", f"/persons/{PERSON}", content=b"{}").status_code == 415
    assert suite.ask("aci", "PUT", f"/persons/{PERSON}", json={"family_name": "a" * 40_000}).status_code == 413
    assert suite.names("aci", PERSON) is None


def test_a_structure_keeps_so_many_names(suite: Suite) -> None:
    def written(structure_id: UUID, person: UUID) -> bool:
        box = Box(person, structure_id, "first", b"", b"")
        with suite.service.connections.connection() as connection:
            return names_table.write(connection, box, [], most=2)

    first, second, third = (uuid4() for _ in range(3))
    assert written(ACI, first)
    assert written(ACI, second)
    assert not written(ACI, third)
    assert written(ACI, second)  # said otherwise
    assert written(AI, third)  # another's count is its own


def test_every_answer_leaves_its_line(suite: Suite) -> None:
    suite.tell(*world(), *contested())
    suite.give("aci", PERSON, CAMILLE)

    def new(*asked: Any, **how: Any) -> list[tuple[Any, ...]]:
        before = lines(suite)
        assert suite.ask(*asked, **how).is_success
        return lines(suite)[len(before) :]

    of_aci = ("", "structure", f"structure/{ACI}")
    one = [str(PERSON)]
    continuity = "pathway_continuity"
    assert new("aci", "GET", f"/persons/{PERSON}") == [
        (*of_aci, continuity, "GET /identities/v1/persons/{person_id}", one, 1)
    ]
    assert new("aci", "POST", "/search", json={"name": "camille"}, headers={"Purpose": "caps"}) == [
        (*of_aci, "caps", "POST /identities/v1/search", one, 1)
    ]
    assert new("aci", "POST", "/search", json={"name": "nobody"}) == [
        (*of_aci, continuity, "POST /identities/v1/search", [], 0)
    ]
    assert new("aci", "POST", "/names", json={"person_ids": one}) == [
        (*of_aci, continuity, "POST /identities/v1/names", one, 2)
    ]
    assert new("data_steward", "GET", "/matches")[0][:5] == (
        "data_steward-1", "data_steward", None, "merging", "GET /identities/v1/matches",
    )  # fmt: skip
    assert new("aci", "PUT", f"/persons/{PERSON}", json=CAMILLE) == []
    told = suite.ask("auditor", "GET", "/accesses", params={"person_id": one[0], "reason": "case-7"}).json()["items"]
    routes = {line["route"].split("/v1")[1] for line in told}
    assert routes - {"/persons/{person_id}/held"} == {"/persons/{person_id}", "/search", "/names"}


def lines(suite: Suite) -> list[tuple[Any, ...]]:
    with psycopg.connect(suite.url) as connection:
        return connection.execute(
            "SELECT sub, role, acting_for, purpose, route, persons::text[], rows FROM access.reads ORDER BY number"
        ).fetchall()


def test_without_its_line_nothing_is_answered(suite: Suite) -> None:
    suite.give("aci", PERSON, CAMILLE)
    with psycopg.connect(suite.url, autocommit=True) as connection:
        connection.execute("ALTER TABLE access.reads RENAME TO elsewhere")
        try:
            answer = suite.ask("aci", "GET", f"/persons/{PERSON}")
        finally:
            connection.execute("ALTER TABLE access.elsewhere RENAME TO reads")
    assert (answer.status_code, answer.json()["reason"]) == (503, "reads")
    assert "xemple" not in answer.text

"""Corrections of facts that others have acted upon, from the post to the alert: what followed is taken back or done
anew, what was decided and no longer stands is told, and the fact that mends it clears that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from tests.end_to_end.one_process import Suite, suite_on
from tests.parts import postgres
from tests.services.agrement.suite import a_void, event
from tests.services.scenario import uid

NUMBERS = count(1)


@pytest.fixture(scope="module")
def suite(postgres_server: str) -> Iterator[Suite]:
    with postgres.fresh_database(postgres_server) as url, suite_on(url) as one:
        yield one


@dataclass
class Story:
    """One person, with structures and clients of its own; all named by words."""

    suite: Suite
    number: int = field(default_factory=lambda: next(NUMBERS))

    def id(self, name: str) -> str:
        return str(uid(f"{name} of story {self.number}"))

    @property
    def person(self) -> str:
        return f"person/{self.id('person')}"

    # Saying

    def says(self, kind: str, subject: str, data: dict[str, Any], **around: Any) -> dict[str, Any]:
        self.suite.post(sent := event(kind, subject, data, **around))
        return sent

    def takes_back(self, one: dict[str, Any]) -> dict[str, Any]:
        self.suite.post(void := a_void(one))
        return void

    def corrects(self, one: dict[str, Any], **data: Any) -> dict[str, Any]:
        """Says it again, otherwise."""
        kind = one["type"].removesuffix(".v1")
        return self.says(kind, one["subject"], {**one["data"], **data}, replaces=one["id"], time=one["time"])

    def structure(self, name: str, kind: str) -> dict[str, Any]:
        data = {"name": name, "kind": kind, "registered_on": "2010-01-01"}
        return self.says("structures.structure_registered", f"structure/{self.id(name)}", data)

    def client(self, name: str, kind: str) -> dict[str, Any]:
        data = {"kind": kind, "registered_on": "2010-01-01"}
        return self.says("structures.client_registered", f"client/{self.id(name)}", data)

    def hired(self, structure: str, starts_on: str, ends_on: str | None = None) -> dict[str, Any]:
        data = {
            "contract_id": self.id(f"contract {structure} {starts_on}"),
            "structure_id": self.id(structure),
            "contract_type": "CDDI",
            "starts_on": starts_on,
            **({"ends_on": ends_on} if ends_on else {}),
        }
        return self.says("pathways.hired", self.person, data, time=f"{starts_on}T12:00:00+02:00")

    def granted(self, starts_on: str, **data: Any) -> dict[str, Any]:
        whole = {"agrement_id": self.id("P"), "origin": "ai_stock", "granted_on": starts_on, "starts_on": starts_on}
        return self.says("agrement.agrement_granted", self.person, {**whole, **data})

    def placed(self, name: str, client: str, starts_on: str, planned_hours: float | None = None) -> dict[str, Any]:
        data = {
            "placement_id": self.id(name),
            "structure_id": self.id("AI"),
            "client_id": self.id(client),
            "starts_on": starts_on,
            **({} if planned_hours is None else {"planned_hours": planned_hours}),
        }
        time = f"{starts_on}T08:00:00+01:00"
        return self.says("placements.placement_agreed", self.person, data, time=time)

    def worked(self, name: str, month: str, hours: float) -> dict[str, Any]:
        data = {
            "entry_id": self.id(f"{name} {month}"),
            "structure_id": self.id("AI"),
            "placement_id": self.id(name),
            "month": month,
            "hours": hours,
        }
        return self.says("placements.hours_worked", self.person, data)

    def immersed(self, name: str, starts_on: str, ends_on: str) -> dict[str, Any]:
        data = {
            "immersion_id": self.id(name),
            "structure_id": self.id("A"),
            "contract_id": self.id("contract A 2026-01-01"),
            "host_id": self.id(f"host of {name}"),
            "object": "discover_trade",
            "starts_on": starts_on,
            "ends_on": ends_on,
        }
        return self.says("pathways.immersion_agreed", self.person, data)

    # Looking

    def alerts(self, kind: str, on: str) -> list[tuple[str, str | None]]:
        """Of a kind, begun by that day: since and until."""
        found = self.suite.get("alerts", person_id=self.id("person"), kind=kind, on=on)
        return [(one["since"], one["until"]) for one in found["items"]]

    def rows(self, table: str, **query: str) -> list[dict[str, Any]]:
        """The person's rows of a table; `known_at`: as they were known at that instant."""
        rows: list[dict[str, Any]] = self.suite.get(f"persons/{self.id('person')}/timeline", **query)[table]
        return rows

    def last_known(self) -> str:
        """The instant at which the last fact about the person was recorded."""
        items = self.suite.get(f"persons/{self.id('person')}/timeline")["items"]
        return max(str(one["recordedtime"]) for one in items)

    def facts(self, kind: str, **query: str) -> list[dict[str, Any]]:
        """Data of the person's facts of a type that stand."""
        items = self.rows("items", **query)
        return [one["data"] for one in items if one["type"] == f"{kind}.v1"]


@pytest.fixture
def story(suite: Suite) -> Story:
    return Story(suite)


def suspension_of(story: Story, **query: str) -> list[tuple[str, str]]:
    rows = story.rows("agrement_periods", **query)
    return [(row["starts_on"], row["ends_on"]) for row in rows if row["kind"] == "suspension"]


def test_a_hire_voided_after_it_lifted_a_suspension(story: Story) -> None:
    """The suspension is back, and after it the days that nothing covers; the hire given back mends both."""
    story.structure("A", "ACI")
    story.structure("B", "AI")
    story.granted("2026-01-01")
    story.hired("A", "2026-01-01", "2026-05-31")
    data = {
        "agrement_id": story.id("P"),
        "suspension_id": story.id("S"),
        "structure_id": story.id("A"),
        "reason": "FINISHED_CONTRACT",
        "starts_on": "2026-06-01",
        "ends_on": "2026-07-01",
        "declared_on": "2026-06-01",
    }
    story.says("agrement.suspended", story.person, data, time="2026-06-01T12:00:00+02:00")
    back = story.hired("B", "2026-06-11")
    lifted = story.last_known()
    assert suspension_of(story) == [("2026-06-01", "2026-06-10")]
    assert story.alerts("gap_without_suspension", "2026-08-01") == []

    void = story.takes_back(back)
    (agrement,) = story.rows("agrements")
    assert suspension_of(story) == [("2026-06-01", "2026-07-01")]
    assert story.alerts("gap_without_suspension", "2026-08-01") == [("2026-07-02", agrement["ends_on"])]
    assert suspension_of(story, known_at=lifted) == [("2026-06-01", "2026-06-10")]

    story.takes_back(void)
    assert suspension_of(story) == [("2026-06-01", "2026-06-10")]
    assert story.alerts("gap_without_suspension", "2026-08-01") == []
    assert len(story.facts("agrement.suspension_lifted")) == 1


def test_a_structure_s_kind_corrected_after_people_were_hired(story: Story) -> None:
    """Links follow the kind that stands, and so does the alert of a hire without agrément; a correction of a correction
    stands like any other."""
    registered = story.structure("A", "GEIQ")
    story.hired("A", "2026-01-01")
    assert story.facts("agrement.hire_linked") == []
    assert story.alerts("hired_without_agrement", "2026-03-01") == []
    corrected = story.corrects(registered, kind="ACI")
    assert [one["structure_kind"] for one in story.facts("agrement.hire_linked")] == ["ACI"]
    assert story.alerts("hired_without_agrement", "2026-03-01") == [("2026-01-01", None)]
    linked = story.last_known()
    story.granted("2026-01-01")
    assert story.alerts("hired_without_agrement", "2026-03-01") == []
    story.corrects(corrected, kind="GEIQ")
    assert story.facts("agrement.hire_linked") == []
    assert [one["structure_kind"] for one in story.facts("agrement.hire_linked", known_at=linked)] == ["ACI"]


def test_a_diagnosis_voided_after_the_grant(story: Story) -> None:
    data = {"diagnosis_id": story.id("D"), "made_on": "2025-12-15", "author_kind": "authorised_prescriber"}
    diagnosed = story.says("agrement.eligibility_diagnosed", story.person, data)
    story.granted("2026-01-01", origin="default")
    assert [one["diagnosis_id"] for one in story.rows("agrements")] == [story.id("D")]
    assert story.alerts("diagnosis_taken_back", "2026-03-01") == []
    void = story.takes_back(diagnosed)
    assert story.alerts("diagnosis_taken_back", "2026-03-01") == [("2026-01-01", "2027-12-31")]
    story.takes_back(void)
    assert story.alerts("diagnosis_taken_back", "2026-03-01") == []


@pytest.fixture
def lending(story: Story) -> tuple[Story, dict[str, Any]]:
    """An AI and a company, with the fact that says it is one."""
    story.structure("AI", "AI")
    return story, story.client("company", "company")


def test_a_client_s_kind_corrected_after_the_cap_was_passed(lending: tuple[Story, dict[str, Any]]) -> None:
    story, company = lending
    story.placed("placement", "company", "2024-02-10")
    story.worked("placement", "2024-03", 481)
    window = [("2024-03-31", "2026-02-09")]
    assert story.alerts("cap_exceeded", "2024-06-01") == window
    exceeded = story.last_known()
    corrected = story.corrects(company, kind="household")
    assert (story.alerts("cap_exceeded", "2024-06-01"), story.alerts("cap_approaching", "2024-06-01")) == ([], [])
    story.corrects(corrected, kind="public_industrial")
    assert story.alerts("cap_exceeded", "2024-06-01") == window
    kinds = [row["kind"] for row in story.rows("person_alerts", known_at=exceeded)]
    assert kinds == ["cap_approaching", "cap_exceeded"]


def test_hours_voided_after_the_cap_was_passed(lending: tuple[Story, dict[str, Any]]) -> None:
    story, _ = lending
    story.placed("placement", "company", "2024-02-10")
    story.worked("placement", "2024-03", 400)
    more = story.worked("placement", "2024-04", 81)
    assert story.alerts("cap_exceeded", "2024-06-01") == [("2024-04-30", "2026-02-09")]
    void = story.takes_back(more)
    assert story.alerts("cap_exceeded", "2024-06-01") == []
    assert story.alerts("cap_approaching", "2024-06-01") == [("2024-03-31", "2026-02-09")]
    story.takes_back(void)
    assert story.alerts("cap_exceeded", "2024-06-01") == [("2024-04-30", "2026-02-09")]


def test_a_placement_agreed_that_fits_no_more(lending: tuple[Story, dict[str, Any]]) -> None:
    """The client of an earlier one was no household: its hours count, and what was agreed since is too much."""
    story, _ = lending
    household = story.client("said to be a household", "household")
    story.placed("earlier", "said to be a household", "2024-02-10")
    story.worked("earlier", "2024-03", 300)
    story.placed("later", "company", "2024-05-01", planned_hours=200)
    assert story.alerts("placement_beyond_cap", "2024-06-01") == []
    story.corrects(household, kind="company")
    assert story.alerts("placement_beyond_cap", "2024-06-01") == [("2024-05-01", "2026-02-09")]
    data = {"placement_id": story.id("later"), "changed_on": "2024-06-01", "planned_hours": 180}
    story.says("placements.placement_changed", story.person, data, time="2024-06-01T08:00:00+02:00")
    assert story.alerts("placement_beyond_cap", "2024-06-01") == []


def test_an_immersion_agreed_that_fits_no_more(story: Story) -> None:
    """pathways.md §8: 30 days in a contract of 122 are accepted; the contract was shorter."""
    story.structure("A", "ACI")
    hired = story.hired("A", "2026-01-01", "2026-05-02")
    story.immersed("stay", "2026-02-01", "2026-02-28")
    assert story.alerts("immersion_beyond_limits", "2026-03-01") == []
    corrected = story.corrects(hired, ends_on="2026-04-20")
    assert story.alerts("immersion_beyond_limits", "2026-03-01") == [("2026-02-01", "2026-02-28")]
    story.corrects(corrected, ends_on="2026-05-02")
    assert story.alerts("immersion_beyond_limits", "2026-03-01") == []


def test_an_exit_s_reason_that_was_known_months_later(story: Story) -> None:
    """Both figures can be had again: what the exit was as known then, and what it is."""
    story.structure("A", "ACI")
    story.hired("A", "2026-01-01", "2026-05-31")
    data = {"exit_id": story.id("exit"), "structure_id": story.id("A"), "exited_on": "2026-05-31", "reason": "8"}
    left = story.says("pathways.exited", story.person, data)
    then = story.last_known()
    corrected = story.corrects(left, reason="3", next={"contract_type": "CDI", "starts_on": "2026-06-01"})
    shown = [(row["reason"], row["category"]) for row in story.rows("exits")]
    assert shown == [("3", "durable")]
    assert [(row["reason"], row["category"]) for row in story.rows("exits", known_at=then)] == [("8", "other")]
    story.takes_back(corrected)
    assert [(row["reason"], row["category"]) for row in story.rows("exits")] == [("8", "other")]

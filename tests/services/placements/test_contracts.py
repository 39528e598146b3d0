"""Hours on a day without contract are recorded, with a warning; what placements cannot know yet it does not doubt.

Before, placements read structures alone, and hours of nobody's contract passed without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest

from services.placements import main as placements
from shared.intake.write_service import Surroundings
from shared.process.metrics import Metrics
from shared.web.callers import LocalCallers
from shared.web.serving import Suite as Served
from tests.services.agrement.suite import a_hire, event, settled, subject
from tests.services.placements.suite import Suite, a_placement, a_void, some_hours
from tests.services.scenario import uid
from tests.shared.intake.running import over_http
from tests.shared.intake.serve_one import real_service


@pytest.fixture
def suite(database_url: str) -> Iterator[Suite]:
    """pathways beside placements; nothing acts."""
    with ExitStack() as stack:
        around = Surroundings(database_url, LocalCallers(), Metrics())
        services = {
            "structures": real_service("structures", database_url),
            "pathways": real_service("pathways", database_url),
            "placements": placements.service().create(around),
        }
        for service in services.values():
            stack.callback(service.stop)
            service.start()
        apps = {name: service.app for name, service in services.items()}
        address = stack.enter_context(over_http(Served(apps, Metrics())))
        client = stack.enter_context(httpx2.Client(base_url=address, timeout=30))
        yield Suite(database_url, "structure", services, client, stack)


def hours(month: str, **data: Any) -> dict[str, Any]:
    sent = some_hours(month, 30)
    kept = {name: value for name, value in sent["data"].items() if name != "placement_id"}
    return {**sent, "data": {**kept, **data}}


def told(suite: Suite, sent: dict[str, Any]) -> list[tuple[str, str]]:
    return [(warning["code"], warning["pointer"]) for warning in suite.post(sent).get("warnings", ())]


def test_hours_with_and_without_a_contract(suite: Suite) -> None:
    hire = a_hire("a", "AI", "2024-02-10", data={"ends_on": "2024-03-20"})
    suite.post(hire)
    settled(suite.reconciler())
    contract_id = hire["data"]["contract_id"]
    assert told(suite, hours("2024-02")) == []
    assert told(suite, hours("2024-01")) == [("hours_without_contract", "/data/month")]
    days = {"from_day": "2024-03-10", "to_day": "2024-03-25"}
    assert told(suite, hours("2024-03", **days)) == [("hours_without_contract", "/data/from_day")]
    inside = {"from_day": "2024-03-10", "to_day": "2024-03-20", "contract_id": contract_id}
    assert told(suite, hours("2024-03", entry_id=str(uid("inside")), **inside)) == []
    other = {"entry_id": str(uid("other")), "contract_id": str(uid("nobody's"))}
    assert told(suite, hours("2024-02", **other)) == [("contract_unknown", "/data/contract_id")]
    foreign = {"entry_id": str(uid("foreign")), "contract_id": contract_id, "structure_id": str(uid("B"))}
    assert told(suite, hours("2024-02", **foreign)) == [("contract_of_another_structure", "/data/structure_id")]


def test_an_end_counts_and_so_does_a_change(suite: Suite) -> None:
    hire = a_hire("a", "AI", "2024-02-10", data={"ends_on": "2024-02-20"})
    suite.post(hire)
    moved = {"contract_id": hire["data"]["contract_id"], "changed_on": "2024-02-20", "ends_on": "2024-06-30"}
    suite.post(event("pathways.contract_changed", subject("a"), moved))
    ended = {"contract_id": hire["data"]["contract_id"], "ended_on": "2024-04-15"}
    suite.post(event("pathways.contract_ended", subject("a"), ended))
    settled(suite.reconciler())
    assert told(suite, hours("2024-04")) == []
    assert told(suite, hours("2024-05")) == [("hours_without_contract", "/data/month")]


def left(structure: str, on: str, **data: str) -> dict[str, Any]:
    exit_id = str(uid(f"exit {structure} {on}"))
    whole = {"exit_id": exit_id, "structure_id": str(uid(structure)), "exited_on": on, "reason": "8", **data}
    return event("pathways.exited", subject("a"), whole)


def test_an_exit_ends_what_is_with_its_structure_alone(suite: Suite) -> None:
    """As pathways joins them: an exit from another structure ended the contract it named by mistake."""
    hire = a_hire("a", "AI", "2024-02-10", data={"ends_on": "2024-06-30"})
    suite.post(hire)
    suite.post(left("ACI", "2024-03-15", contract_id=hire["data"]["contract_id"]))
    settled(suite.reconciler())
    assert told(suite, hours("2024-05")) == []
    suite.post(left("AI", "2024-04-15", contract_id=hire["data"]["contract_id"]))
    settled(suite.reconciler())
    assert told(suite, hours("2024-05", entry_id=str(uid("after")))) == [("hours_without_contract", "/data/month")]


def test_an_exit_that_names_no_contract_cuts_what_runs_until_the_next_hire(suite: Suite) -> None:
    """Hours after the person had left passed without a word."""
    suite.post(a_hire("a", "AI", "2024-02-10"))
    suite.post(left("AI", "2024-03-15"))
    suite.post(a_hire("a", "AI", "2024-06-10", data={"ends_on": "2024-12-31"}))
    suite.post(left("AI", "2024-09-15"))
    settled(suite.reconciler())
    months = ("2024-03", "2024-04", "2024-07", "2024-10")
    assert [len(told(suite, hours(month))) for month in months] == [0, 1, 0, 1]


def test_an_end_restored_beside_another_is_not_the_last(suite: Suite) -> None:
    """Of two ends that stand the later counts, as everywhere: the first one was looked at."""
    placement = a_placement("2024-02-01", 10)
    suite.post(placement)
    ended = [
        event(
            "placements.placement_ended",
            subject("a"),
            {"placement_id": placement["data"]["placement_id"], "ended_on": on},
        )
        for on in ("2024-03-15", "2024-05-15")
    ]
    suite.post(ended[0])
    void = a_void(ended[0])
    suite.post(void)
    suite.post(ended[1])
    suite.post(a_void(void))
    assert "hours_outside_placement" not in dict(told(suite, some_hours("2024-04", 5)))
    assert "hours_outside_placement" in dict(told(suite, some_hours("2024-06", 5)))


def test_nothing_is_told_while_pathways_knows_more(suite: Suite) -> None:
    suite.post(a_hire("b", "AI", "2024-02-10"))
    assert told(suite, hours("2024-01")) == []
    settled(suite.reconciler())
    assert told(suite, hours("2024-02")) == [("hours_without_contract", "/data/month")]


def test_a_hire_then_at_once_hours(suite: Suite) -> None:
    with suite.acting():
        for number in range(10):
            suite.post(a_hire(f"p{number}", "AI", "2024-02-10"))
            sent = {**hours("2024-02", entry_id=str(uid(f"entry {number}"))), "subject": subject(f"p{number}")}
            assert told(suite, sent) == []

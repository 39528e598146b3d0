"""What would become of an event: over the service of the tests, and over the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from services.projections.catalogue import CATALOGUE
from shared.intake.check_route import Checked
from shared.intake.openapi import event_example
from tests.parts.postgres import fresh_database
from tests.shared.intake.running import Served, answered, new_event, served
from tests.shared.intake.serve_one import real_service

ACCEPTED = {"allowed": True, "recorded_already": False, "refusals": [], "effects": []}


def check(running: Served, sent: Any, wanted: int = 200, **headers: str) -> Any:
    path = f"/{running.service.name}/v1/check"
    answer = answered(lambda: running.client.post(path, json=sent, headers=headers), wanted)
    if wanted == 200:
        Checked.model_validate_json(answer.text)
    return answer.json()


@pytest.fixture(scope="module", params=["structures", "pathways", "placements"])
def real(request: pytest.FixtureRequest, postgres_server: str) -> Iterator[Served]:
    with fresh_database(postgres_server) as url, served(real_service(request.param, url)) as running:
        yield running


def an_example(service: str) -> dict[str, Any]:
    """The first of the service's facts, which needs no other."""
    return event_example(next(fact for name, fact in CATALOGUE.facts.items() if name.startswith(f"{service}.")))


def test_it_says_what_would_follow_and_records_nothing(intake: Served) -> None:
    sent = new_event(data={"starts_on": "2024-01-01", "kind": "big"})
    before = len(intake.log())
    closed = {"type": "tests.closed.v1", "data": {"ended_on": "2024-01-01"}}
    assert check(intake, sent) == {**ACCEPTED, "effects": [closed, closed]}
    assert len(intake.log()) == before
    assert intake.post(sent).status_code == 201
    assert check(intake, sent) == {**ACCEPTED, "recorded_already": True}


def test_it_says_which_rule_would_refuse_with_its_article(intake: Served) -> None:
    (refusal,) = check(intake, new_event(data={"starts_on": "2024-01-01", "hours": 1001}))["refusals"]
    assert (refusal["code"], refusal["article"], refusal["hours"]) == ("too_many_hours", "L1-1", 1001)


def test_a_rule_with_a_bug_is_said_to_be_ours(intake: Served) -> None:
    assert check(intake, new_event(data={"starts_on": "2024-01-01", "inside": {"note": "b"}}), 500)["code"] == "failed"


def test_it_comes_after_what_the_asker_wants_it_to(intake: Served) -> None:
    headers = {"After-Position": f"tests:{len(intake.log()) + 1_000}"}
    assert check(intake, new_event(), 503, **headers)["code"] == "not_yet_applied"


def test_every_service_judges_its_own_facts_and_no_others(real: Served) -> None:
    name = real.service.name
    sent = an_example(name)
    assert check(real, sent) == ACCEPTED
    assert real.log() == []
    assert check(real, {**sent, "type": "elsewhere.happened.v1"}, 422)["errors"][0]["code"] == "unknown_type"
    assert check(real, {**sent, "source": f"urn:parcours:{name}"}, 403)["code"] == "source_not_allowed"


def test_every_service_says_what_it_would_refuse(real: Served) -> None:
    """A void of itself is refused everywhere."""
    name = real.service.name
    void = {"fact_id": "itself", "voided_on": "2024-01-01", "reason": "mistake"}
    sent = new_event(id="itself", type=f"{name}.fact_voided.v1", subject=an_example(name)["subject"], data=void)
    found = check(real, sent)
    assert not found["allowed"]
    assert "names_itself" in [one["code"] for one in found["refusals"]]

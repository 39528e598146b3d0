"""What was answered, counted by route and status, whatever strangers ask for."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.shared.intake.running import PATH, Served, new_event


def samples(running: Served, name: str) -> dict[tuple[str, ...], float]:
    """By the values of the labels, in the order of their names."""
    families = text_string_to_metric_families(running.client.get("/metrics").text)
    found = (sample for family in families for sample in family.samples if sample.name == name)
    return {tuple(value for _, value in sorted(sample.labels.items())): sample.value for sample in found}


def grown(running: Served, name: str, before: dict[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    after = samples(running, name)
    differing = {labels: value - before.get(labels, 0.0) for labels, value in after.items()}
    return {labels: value for labels, value in differing.items() if value and "/metrics" not in labels}


def test_by_route_and_status(intake: Served) -> None:
    before = samples(intake, "parcours_http_requests_total")
    timed_before = samples(intake, "parcours_http_request_seconds_count")
    intake.post(new_event())
    intake.post(new_event())
    intake.post({"id": "x"})
    intake.client.get(f"{PATH}/?limit=1")
    intake.client.get(f"{PATH}?what=2")
    assert grown(intake, "parcours_http_requests_total", before) == {
        ("POST", PATH, "tests", "201"): 2,
        ("POST", PATH, "tests", "422"): 1,
        ("GET", PATH, "tests", "200"): 1,
        ("GET", PATH, "tests", "422"): 1,
    }
    assert grown(intake, "parcours_http_request_seconds_count", timed_before) == {
        ("POST", PATH, "tests"): 3,
        ("GET", PATH, "tests"): 2,
    }


def test_strangers_make_no_new_series(intake: Served) -> None:
    before = samples(intake, "parcours_http_requests_total")
    for number in range(20):
        intake.client.get(f"/tests/v1/{number}")
        intake.client.get(f"/{number}")
        intake.client.request(("PROPFIND", "MKCOL")[number % 2], PATH)
    assert grown(intake, "parcours_http_requests_total", before) == {
        ("GET", "other", "tests", "404"): 20,
        ("GET", "other", "process", "404"): 20,
        ("other", PATH, "tests", "405"): 20,
    }


@pytest.mark.parametrize(("path", "reason"), [(f"{PATH}?limit=1", "not_yet_applied")])
def test_what_is_told_to_come_again_is_counted_by_its_reason(intake: Served, path: str, reason: str) -> None:
    before = samples(intake, "parcours_http_unavailable_total")
    assert intake.client.get(path, headers={"After-Position": "tests:999999999"}).status_code == 503
    assert grown(intake, "parcours_http_unavailable_total", before) == {(reason, "tests"): 1}

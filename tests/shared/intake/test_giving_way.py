"""While a service does what takes long its threads give way soon; of an ordinary event they do not."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator

import pytest

from shared.intake.incoming import MAX_EVENT_BYTES
from shared.process.giving_way import SOON_S
from shared.rights.caller import Caller
from shared.web.quotas import FactQuota
from tests.parts.postgres import fresh_database
from tests.parts.waiting import wait_until
from tests.shared.events import event
from tests.shared.intake.running import BATCH, Served, a_service, answered, new_subject, served

USUAL_S = sys.getswitchinterval()


class Noting(FactQuota):
    """Asked once the body is parsed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen_s: list[float] = []

    def take(self, caller: Caller, sources: Iterable[str]) -> None:
        self.seen_s.append(sys.getswitchinterval())
        super().take(caller, sources)


@pytest.fixture(scope="module")
def quota() -> Noting:
    return Noting()


@pytest.fixture(scope="module")
def service(postgres_server: str, quota: Noting) -> Iterator[Served]:
    with fresh_database(postgres_server) as url, served(a_service(url, quota=quota)) as running:
        yield running


def test_a_large_body(service: Served, quota: Noting) -> None:
    answered(lambda: service.post(b"[" + b" " * MAX_EVENT_BYTES + b"]", BATCH), 200)
    assert quota.seen_s[-1] == pytest.approx(SOON_S)
    subject = new_subject()
    answered(lambda: service.post(event(subject=subject, id=subject)), 201)
    assert quota.seen_s[-1] == pytest.approx(USUAL_S)
    answered(lambda: service.post(b"[]", BATCH), 200)
    assert quota.seen_s[-1] == pytest.approx(USUAL_S)


def test_a_question(service: Served) -> None:
    assert asyncio.run(service.service.intake.ask(sys.getswitchinterval)) == pytest.approx(SOON_S)
    assert sys.getswitchinterval() == pytest.approx(USUAL_S)


def test_what_is_in_the_slow_lane(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    lane, seen_s = service.service.writer._lane, list[float]()
    take_turn = lane.take_turn

    def noted(answer: object) -> None:
        seen_s.append(sys.getswitchinterval())
        take_turn(answer)  # type: ignore[arg-type]

    monkeypatch.setattr(lane, "take_turn", noted)
    subjects = [new_subject() for _ in range(65)]  # more than an atomic batch that takes no longer than a group may
    told = answered(lambda: service.post([event(subject=one, id=one) for one in subjects], BATCH, atomic="true"), 200)
    assert {outcome["outcome"] for outcome in told.json()["outcomes"]} <= {"recorded", "duplicate"}
    assert seen_s
    assert seen_s == [pytest.approx(SOON_S)] * len(seen_s)
    # Its answer leaves in the turn.
    wait_until(lambda: sys.getswitchinterval() == pytest.approx(USUAL_S), "the turn is over")

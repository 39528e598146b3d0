"""What one request may ask at most, and what becomes of the work of a caller who left."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from shared.intake import lines as stream
from shared.intake import queue
from shared.intake.body_room import MOST_BYTES
from shared.intake.events_routes import MAX_BATCH_BYTES, MAX_BATCH_ITEMS
from shared.web.problems import MAX_FAULTS
from tests.parts.waiting import wait_until
from tests.shared.intake.running import BATCH, LINES, PATH, Served, lines, new_event, new_subject
from tests.shared.intake.test_lines import connected, head

MINIMAL = {**LINES, "Prefer": "return=minimal"}


def test_a_batch_has_at_most_so_many_items(intake: Served) -> None:
    sent = new_event()
    answer = intake.post([sent] + [0] * MAX_BATCH_ITEMS, BATCH)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["limit_items"] == MAX_BATCH_ITEMS
    assert answer.json()["detail"] == "At most 10,000 items at once."
    assert "éléments" in answer.json()["detail_fr"]
    assert intake.ids_of(sent["subject"]) == []


def test_the_largest_batch_tells_few_faults_and_counts_the_others(intake: Served) -> None:
    sent = new_event()
    answer = intake.post([{"id": "x", "a": 1}] * (MAX_BATCH_ITEMS - 1) + [sent], BATCH)
    *malformed, last = answer.json()["outcomes"]
    assert last["outcome"] == "recorded"
    assert {one["outcome"] for one in malformed} == {"malformed"}
    each = len(malformed[0]["errors"])
    assert sum(len(one["errors"]) for one in malformed) == MAX_FAULTS
    assert sum(one.get("errors_left_out", 0) for one in malformed) == each * len(malformed) - MAX_FAULTS


def test_one_event_tells_few_faults(intake: Served) -> None:
    answer = intake.post(new_event(data={"starts_on": "2024-01-01", **{f"f{n}": 1 for n in range(500)}}))
    assert (len(answer.json()["errors"]), answer.json()["errors_left_out"]) == (MAX_FAULTS, 400)
    answer = intake.post({**new_event(), **{f"f{n}": 1 for n in range(500)}})
    assert [fault["code"] for fault in answer.json()["errors"]] == ["too_many_attributes"]


@pytest.mark.parametrize("headers", [LINES, MINIMAL], ids=["all", "minimal"])
def test_a_stream_stops_after_so_many_malformed_lines(
    intake: Served, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    monkeypatch.setattr(stream, "MAX_MALFORMED", 300)
    first, behind = new_event(), new_event()
    body = lines(first) + b"{}\n" * 299 + b"\n" + b"nonsense\n" + lines(behind) + b"{}\n" * 100_000
    answer = intake.post(body, headers)
    *before, last = [json.loads(line) for line in answer.text.splitlines()]
    assert (last["code"], last["last_line"]) == ("too_many_malformed", 302)
    assert (last["summary"]["malformed"], last["summary"]["recorded"]) == (300, 1)
    assert len(before) == (300 if headers is MINIMAL else 301)
    assert intake.ids_of(behind["subject"]) == []
    # So many and no more: nothing is left unread.
    answer = intake.post(b"{}\n" * 300 + b"\n", headers)
    assert "too_many_malformed" not in answer.text


def test_large_bodies_have_so_much_room_together(intake: Served) -> None:
    """Each comes slowly, and never whole: what is held of them is no more for it."""
    part = MAX_BATCH_BYTES - 1_000_000
    begun = head(MAX_BATCH_BYTES).replace(b"application/x-ndjson", BATCH["Content-Type"].encode()) + b"[" + b" " * part
    with ExitStack() as stack:
        for _ in range(MOST_BYTES // part):
            stack.enter_context(connected(intake.url)).sendall(begun)
        large = json.dumps([new_event()]).encode() + b" " * part
        # What was sent last may still be on its way.
        refused = wait_until(
            lambda: answer if (answer := intake.post(large, BATCH)).status_code == 503 else None, "full"
        )
        assert (refused.json()["code"], refused.json()["reason"]) == ("unavailable", "overloaded")
        assert refused.headers["retry-after"] == "1"
        assert intake.post(new_event()).status_code == 201
        assert intake.post([new_event(), new_event()], BATCH).status_code == 200
    wait_until(lambda: intake.post(large, BATCH).status_code == 200, "there is room again")


@pytest.mark.parametrize("atomic", ["false", "true"])
def test_a_batch_whose_sender_left_is_not_judged_and_may_be_sent_again(
    intake: Served, monkeypatch: pytest.MonkeyPatch, atomic: str
) -> None:
    put = queue.Queue.put
    jobs: list[queue.Job] = []

    def noted(self: queue.Queue, job: queue.Job, *, is_import: bool) -> None:
        if is_import or job.atomic:
            jobs.append(job)
        put(self, job, is_import=is_import)

    subject = new_subject()
    sent: list[Any] = [new_event(subject=subject) for _ in range(2_000)]
    body = json.dumps(sent).encode()
    first = head(len(body)).replace(b"application/x-ndjson", BATCH["Content-Type"].encode())
    first = first.replace(PATH.encode(), f"{PATH}?atomic={atomic}".encode())
    with psycopg.connect(intake.service.store.database_url) as connection:
        # Nobody records meanwhile: the writer has at most one group under way, and the rest waits.
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('parcours tests', 0))")
        opening = threading.Thread(target=intake.post, args=(new_event(),))
        opening.start()
        monkeypatch.setattr(queue.Queue, "put", noted)
        with connected(intake.url) as sender:
            sender.sendall(first + body)
            wait_until(lambda: sum(len(job.events) for job in jobs) == len(sent), "the batch waits whole")
        wait_until(lambda: not any(job.is_waited_for for job in jobs), "nobody waits for it any more")
        connection.rollback()
    opening.join()
    assert intake.post(new_event()).status_code == 201
    recorded = len(intake.ids_of(subject))
    assert recorded < 1_024
    again = intake.post(sent, BATCH, atomic=atomic).json()["outcomes"]
    assert [one["outcome"] for one in again] == ["duplicate"] * recorded + ["recorded"] * (len(sent) - recorded)
    assert intake.ids_of(subject) == [one["id"] for one in sent]

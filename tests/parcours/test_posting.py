import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from parcours.cli import app
from parcours.client import http_client
from parcours.client.event_files import Item, item
from parcours.client.http_client import AnswerError, Client, UnreachableError
from parcours.client.posting import PIECE_EVENTS, Poster, Refusal, pieces
from tests.parcours.servers import Answer, Received, recorded, serving, unavailable
from tests.parts.ports import free_port

GRANT = "agrement.agrement_granted.v1"
RULE = {"code": "structure_closes_once", "title": "It is closed already", "status": 409, "closed_on": "2024-01-01"}


def event(number: int, kind: str = "pathways.hired.v1") -> dict[str, Any]:
    return {"id": f"e{number}", "type": kind}


def items(*events: dict[str, Any]) -> list[Item]:
    return [item(number, json.dumps(one).encode()) for number, one in enumerate(events, start=1)]


def post(url: str, given: list[Item], **client: Any) -> tuple[Poster, list[Refusal]]:
    refused: list[Refusal] = []
    with closing(Client(url, **client)) as one:
        poster = Poster(one, refused.append)
        for _ in poster.post(given):
            pass
    return poster, refused


def test_a_malformed_question_is_told_by_its_faults() -> None:
    faults = [{"pointer": "/query/on", "message": "a day between 1900-01-01 and 2199-12-31"}]
    problem = {"code": "malformed", "title": "Malformed; see `errors` for each place", "errors": faults}
    told = http_client.Answer(422, {}, json.dumps(problem).encode()).reason()
    assert told == "/query/on: a day between 1900-01-01 and 2199-12-31 (malformed)"


def test_each_event_goes_to_the_service_its_type_names() -> None:
    with serving(lambda got, _: recorded(got.lines)) as server:
        poster, refused = post(
            server.url,
            items(event(1), event(2, "structures.group_formed.v1"), event(3), event(4, "placements.hours_worked.v1")),
        )
    assert [(one.path, [line["id"] for line in one.lines]) for one in server.received] == [
        ("/structures/v1/events", ["e2"]),
        ("/pathways/v1/events", ["e1", "e3"]),
        ("/placements/v1/events", ["e4"]),
    ]
    assert {one.headers["Content-Type"] for one in server.received} == {"application/x-ndjson"}
    assert {one.headers["Prefer"] for one in server.received} == {"return=minimal"}
    assert poster.tally.total("recorded") == 4
    assert refused == []


def test_nothing_is_waited_for_by_hand() -> None:
    """Services that judge by what others recorded wait for it by themselves."""

    def respond(got: Received, number: int) -> Answer:
        return recorded(got.lines, position=f"{got.path.split('/')[1]}:{number}")

    with serving(respond) as server:
        poster, _ = post(server.url, items(event(1, "structures.group_formed.v1"), event(2), event(3, GRANT)))
    assert [one.headers.get("After-Position") for one in server.received] == [None, None, None]
    assert server.received[-1].headers["Prefer"] == "return=minimal"
    assert poster.positions == {"structures": "structures:1", "pathways": "pathways:2", "agrement": "agrement:3"}


def test_facts_judged_by_what_follows_from_earlier_ones_are_sent_one_by_one_for_a_subject() -> None:
    def granted(number: int, subject: str) -> dict[str, Any]:
        return {**event(number, GRANT), "subject": subject}

    given = [granted(1, "person/a"), granted(2, "person/b"), granted(3, "person/a"), granted(4, "person/A")]
    with serving(lambda got, _: recorded(got.lines, position="agrement:7")) as server:
        post(server.url, items(*given))
    assert [[line["id"] for line in one.lines] for one in server.received] == [["e1", "e2"], ["e3"], ["e4"]]


NOT_YET = {"code": "not_yet_known", "title": "Not yet", "status": 503, "missing": [{"service": "pathways"}]}


def test_what_could_not_be_judged_yet_is_sent_again_alone() -> None:
    def respond(got: Received, number: int) -> Answer:
        return recorded(got.lines, {"e2": NOT_YET} if number < 3 else {})

    with serving(respond) as server:
        poster, refused = post(server.url, items(event(1), event(2), event(3)))
    assert server.ids == ["e1", "e2", "e3", "e2", "e2"]
    assert (poster.tally.total("recorded"), poster.tally.total("refused"), refused) == (3, 0, [])


def test_what_cannot_be_judged_for_long_is_told() -> None:
    with serving(lambda got, _: recorded(got.lines, {"e1": NOT_YET})) as server:
        poster, (refusal,) = post(server.url, items(event(1), event(2)), retry_for_s=0.2)
    assert (refusal.item.number, refusal.answer["code"]) == (1, "not_yet_known")
    assert (poster.tally.total("recorded"), poster.tally.total("refused")) == (1, 1)


def test_a_piece_that_fails_twice_is_sent_a_third_time() -> None:
    def respond(got: Received, number: int) -> Answer | None:
        return {1: unavailable(), 2: unavailable()}.get(number) or recorded(got.lines)

    with serving(respond) as server:
        poster, _ = post(server.url, items(event(1), event(2)))
    assert server.ids == ["e1", "e2"] * 3
    assert poster.tally.counts == {"pathways": {"recorded": 2, "duplicate": 0, "refused": 0, "malformed": 0}}
    assert poster.client.retries == 2


def test_a_broken_connection_in_the_middle_is_tried_again() -> None:
    first = items(*(event(number) for number in range(PIECE_EVENTS)))
    second = items(*(event(number) for number in range(3)))
    with serving(lambda got, number: None if number == 2 else recorded(got.lines)) as server:
        poster, _ = post(server.url, first + second)
    assert [len(one.lines) for one in server.received] == [PIECE_EVENTS, 3, 3]
    assert poster.tally.total("recorded") == PIECE_EVENTS + 3


def test_an_answer_without_its_summary_does_not_count() -> None:
    def respond(got: Received, number: int) -> Answer:
        status, headers, content = recorded(got.lines)
        return status, headers, b"" if number == 1 else content

    with serving(respond) as server:
        poster, _ = post(server.url, items(event(1)))
    assert len(server.received) == 2
    assert poster.tally.total() == 1


def test_a_suite_that_stays_away_is_given_up() -> None:
    with serving(lambda got, number: recorded(got.lines) if number == 1 else unavailable()) as server:
        given = items(*(event(number) for number in range(PIECE_EVENTS + 1)))
        with pytest.raises(AnswerError, match="503"):
            post(server.url, given, retry_for_s=0.3)


def test_nobody_at_the_address_is_said_at_once() -> None:
    with pytest.raises(UnreachableError, match="start the suite with `parcours up`"):
        post(f"http://127.0.0.1:{free_port()}", items(event(1)))


def test_a_token_is_sent_along() -> None:
    with serving(lambda got, _: recorded(got.lines)) as server:
        post(server.url, items(event(1)), token="abc")
    assert server.received[0].headers["Authorization"] == "Bearer abc"


def test_refusals_come_in_the_order_of_the_file_with_their_numbers() -> None:
    def respond(got: Received, _: int) -> Answer:
        return recorded(got.lines, {"e1": RULE, "e4": RULE})

    with serving(respond) as server:
        _, refused = post(
            server.url,
            items(event(1), {"id": "e2", "type": "nothing.known.v1"}, event(3), event(4, "structures.group_formed.v1")),
        )
    assert [(one.item.number, one.service, one.outcome) for one in refused] == [
        (1, "pathways", "refused"),
        (2, "nowhere", "malformed"),
        (4, "structures", "refused"),
    ]
    assert refused[0].reason() == "It is closed already (structure_closes_once: closed_on 2024-01-01)"
    assert "nothing.known.v1" in refused[1].reason()


def test_pieces_are_made_as_the_file_is_read() -> None:
    taken = 0

    def endless() -> Iterator[Item]:
        nonlocal taken
        while True:
            taken += 1
            yield Item(taken, b"{}", "pathways.hired.v1")

    made = pieces(endless())
    assert len(next(made)) == len(next(made)) == PIECE_EVENTS
    assert taken == 2 * PIECE_EVENTS


def test_pieces_are_bounded_in_bytes_too() -> None:
    large = [Item(number, b"x" * 1024 * 1024, None) for number in range(20)]
    assert [len(piece) for piece in pieces(large)] == [9, 9, 2]


# The command


def test_the_command_ends_with_1_and_keeps_what_was_refused(tmp_path: Path) -> None:
    given, kept = tmp_path / "events.ndjson", tmp_path / "refused.ndjson"
    given.write_text("\n".join(json.dumps(event(number)) for number in range(1, 4)))
    with serving(lambda got, _: recorded(got.lines, {"e2": RULE})) as server:
        result = CliRunner().invoke(
            app, ["events", "post", str(given), "--url", server.url, "--refused", str(kept)], catch_exceptions=False
        )
    assert result.exit_code == 1
    assert "pathways: 2 recorded, 1 refused" in result.stdout
    assert "line 2: refused by pathways: It is closed already" in result.stderr
    (line,) = kept.read_text().splitlines()
    assert json.loads(line) == {
        "number": 2,
        "service": "pathways",
        "answer": {"id": "e2", "outcome": "refused", **RULE},
        "event": event(2),
    }


def test_the_command_reads_standard_input_and_answers_with_one_document() -> None:
    with serving(lambda got, _: recorded(got.lines)) as server:
        text = json.dumps([event(1), event(2)])
        result = CliRunner().invoke(app, ["events", "post", "-", "--url", server.url, "--json"], input=text)
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["events"] == 2
    assert document["services"]["pathways"]["recorded"] == 2
    assert document["not_recorded"] == []


def test_what_was_answered_before_the_suite_went_away_is_said(tmp_path: Path) -> None:
    given = tmp_path / "events.ndjson"
    given.write_text("\n".join(json.dumps(event(number)) for number in range(PIECE_EVENTS + 1)))
    with serving(lambda got, number: recorded(got.lines) if number == 1 else None) as server:
        result = CliRunner().invoke(app, ["events", "post", str(given), "--url", server.url, "--retry-for", "0.3"])
    assert result.exit_code == 2
    assert f"{PIECE_EVENTS:,} events were answered before; run the same command again" in result.stderr

"""What HTTP allows in the form of a request: headers on several lines, `HEAD`, a slash at the end, another method."""

from __future__ import annotations

import threading

import pytest

from tests.shared.intake.running import LINES, PATH, Served, lines, new_event


def test_positions_on_several_lines_are_all_waited_for(intake: Served) -> None:
    """Only the first line was read: the answer came before the fact that the second one named."""
    wanted = intake.service.store.last_sequence() + 1
    several = [("After-Position", "others:1"), ("After-Position", f"tests:{wanted}")]
    assert intake.client.get(PATH, headers=several).status_code == 503
    recording = threading.Timer(0.2, lambda: intake.post(new_event()))
    recording.start()
    answer = intake.client.get(PATH, headers=[*several, ("Prefer", "respond-async"), ("Prefer", 'WAIT="20"')])
    recording.join()
    assert answer.status_code == 200
    assert intake.service.store.last_sequence() >= wanted


def test_a_parameter_of_another_preference_is_no_wait(intake: Served) -> None:
    far = f"tests:{intake.service.store.last_sequence() + 1_000}"
    answer = intake.client.get(PATH, headers={"After-Position": far, "Prefer": 'x; wait=20, note="wait=20"'}, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (503, "not_yet_applied")


def test_the_shortest_answer_is_said_to_be_that(intake: Served) -> None:
    several = [*LINES.items(), ("Prefer", "wait=1"), ("Prefer", "Return=Minimal")]
    answer = intake.client.post(PATH, content=lines(new_event()), headers=several)
    assert list(answer.json()) == ["summary"]
    assert answer.headers["preference-applied"] == "return=minimal"
    assert "preference-applied" not in intake.post(lines(new_event()), LINES).headers


def test_versions_on_several_lines_are_one_list(intake: Served) -> None:
    """The second line was passed over, as if it had not been sent."""
    several = [("Content-Type", "application/json"), ("If-Match", '"0"'), ("If-Match", '"7"')]
    answer = intake.client.post(PATH, json=new_event(), headers=several)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "bad_if_match")


@pytest.mark.parametrize("path", [PATH, f"{PATH}?limit=1", "/healthz", "/readyz", "/"])
def test_head_is_get_without_the_body(intake: Served, path: str) -> None:
    """It was answered 405."""
    got, headed = intake.client.get(path), intake.client.head(path)
    assert headed.status_code == got.status_code == 200
    assert headed.content == b""
    assert headed.headers["content-type"] == got.headers["content-type"]
    assert headed.headers["content-length"] == str(len(got.content))
    assert intake.client.get(path).status_code == 200  # the connection is still in step


def test_head_of_what_is_not_there(intake: Served) -> None:
    answer = intake.client.head("/tests/v1/nothing")
    assert (answer.status_code, answer.content) == (404, b"")


def test_a_slash_at_the_end_loses_no_body(intake: Served) -> None:
    """It was answered with a redirect, after which many clients send no body, or a GET."""
    answer = intake.client.post(f"{PATH}/", json=new_event(), follow_redirects=False)
    assert (answer.status_code, answer.json()["outcome"]) == (201, "recorded")
    got = intake.client.get(f"{PATH}/?limit=1", follow_redirects=False)
    assert (got.status_code, len(got.json()["items"])) == (200, 1)
    assert intake.client.get("/healthz/", follow_redirects=False).status_code == 200
    assert intake.client.get(f"{PATH}//", follow_redirects=False).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", PATH, "GET, POST, HEAD"),
        ("PUT", f"{PATH}/", "GET, POST, HEAD"),
        ("GET", "/tests/v1/check", "POST"),
        ("HEAD", "/tests/v1/check", "POST"),
        ("OPTIONS", "/tests/v1/event-types/", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
def test_another_method_is_told_which_there_are(intake: Served, method: str, path: str, allowed: str) -> None:
    """`Allow` named the methods of one route of the address, and never HEAD."""
    answer = intake.client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert method == "HEAD" or answer.json()["code"] == "method_not_allowed"

"""By which name a suite is asked, and that no page of another site asks it: over one running suite, with raw requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from itertools import product
from urllib.parse import urlsplit

import pytest

from shared.process.metrics import Metrics
from shared.web.serving import Suite, service_app
from tests.shared.intake.running import over_http

Ask = tuple[HTTPResponse, bytes]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app = service_app("tests", "Tests <of> the edge")

    @app.get("/tests/v1/things")
    async def read() -> str:
        return "<script>"

    @app.post("/tests/v1/things")
    async def write() -> str:
        return "written"

    with over_http(Suite({"tests": app}, Metrics(), hosts=("Parcours.example", "2001:db8::1"))) as url:
        yield url


def asked(address: str, method: str, path: str, *headers: tuple[str, str]) -> Ask:
    connection = HTTPConnection(urlsplit(address).netloc)
    connection.putrequest(method, path, skip_host=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


OURS = ("127.0.0.1", "localhost:3", "LOCALHOST", "localhost.", "[::1]:8000", "parcours.EXAMPLE:443", "[2001:db8::1]")
OTHERS: tuple[str, ...] = (
    "evil.example",
    "127.0.0.1.evil.example",
    "evil.example:8000",
    "localhost@evil.example",
    "127.0.0.2",
    "",
)
OTHERS += ("parcours.example/x", "localhost:x", "evil.example, localhost", "xparcours.example", "localhost..")


def test_a_suite_answers_by_its_names_alone(address: str) -> None:
    for host in OURS:
        assert asked(address, "GET", "/tests/v1/things", ("Host", host))[0].status == 200, host
    for host, path in product(OTHERS, ("/tests/v1/things", "/", "/tests/v1/docs", "/nowhere")):
        response, body = asked(address, "GET", path, ("Host", host))
        assert response.status == 421, (host, path)
        assert b'"host_not_allowed"' in body
    twice = (("Host", "localhost"), ("Host", "evil.example"))
    assert asked(address, "GET", "/tests/v1/things", *twice)[0].status in (400, 421)


def test_who_asks_is_said_once(address: str) -> None:
    """Of two tokens a proxy may have looked at the other one."""
    named, token = ("Host", "localhost"), ("Authorization", "Bearer of-somebody")
    assert asked(address, "GET", "/tests/v1/things", named, token)[0].status == 200
    for second in (token, ("authorization", "")):
        response, body = asked(address, "GET", "/tests/v1/things", named, token, second)
        assert (response.status, b'"given_twice"' in body) == (401, True)


def test_health_is_answered_whatever_the_name(address: str) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert asked(address, "GET", path, ("Host", "10.1.2.3:8000"))[0].status == 200, path


def test_no_page_of_another_site_asks(address: str) -> None:
    foreign = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"), ("Origin", "null")]
    foreign += [("Origin", "https://evil.example"), ("Origin", "http://localhost.evil.example:8000")]
    foreign += [("Origin", "file://localhost"), ("Origin", "http://a@localhost")]
    own = [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "none"), ("Origin", "https://parcours.example")]
    for method, header in product(("GET", "POST", "OPTIONS"), [*foreign, *own]):
        response, body = asked(address, method, "/tests/v1/things", ("Host", "localhost"), header)
        assert (response.status == 403 and b'"cross_site"' in body) is (header in foreign), (method, header)
    for path in ("/", "/tests/v1/docs"):  # followed from a link
        assert asked(address, "GET", path, ("Host", "localhost"), foreign[0])[0].status == 200
        assert asked(address, "POST", path, ("Host", "localhost"), foreign[0])[0].status == 403


def test_no_answer_is_taken_for_what_it_is_not(address: str) -> None:
    for path in ("/tests/v1/things", "/", "/healthz", "/metrics", "/nowhere", "/tests/v1/nowhere", "/tests/v1/docs"):
        for host in ("localhost", "evil.example"):
            headers = asked(address, "GET", path, ("Host", host))[0].headers
            assert headers.get_all("X-Content-Type-Options") == ["nosniff"], path
            assert headers.get_all("Cache-Control") == ["no-store"], path
            if "html" in headers["Content-Type"]:
                assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_the_page_about_a_service_takes_nothing_from_elsewhere(address: str) -> None:
    page = asked(address, "GET", "/tests/v1/docs", ("Host", "localhost"))[1].decode()
    assert "POST /tests/v1/things" in page
    assert "Tests &lt;of&gt; the edge" in page
    assert not re.findall(r"<script|https?://|<of>", page)
    assert re.findall(r'href="([^"]*)"', page) == ["/tests/v1/openapi.json"]

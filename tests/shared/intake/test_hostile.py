"""Whatever is sent, no answer is a 5xx, and what is stored can be read by everybody who follows the log."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.structures.facts import CATALOGUE, StructureRegistered
from shared.log.envelope import read
from shared.log.place import Arrived
from tests.parts.postgres import fresh_database
from tests.shared.intake.running import BATCH, LINES, Served, answered, new_event, served
from tests.shared.intake.serve_one import real_service

UUID = "018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d"


@pytest.fixture(scope="module")
def structures(postgres_server: str) -> Iterator[Served]:
    """Structures have names: the only texts there are. At the end the whole log is read as a feed reads it."""
    with fresh_database(postgres_server) as url, served(real_service("structures", url)) as running:
        yield running
        entries = running.service.store.log(0, 1_000_000)
        assert len(entries) > 50
        for entry in entries:
            arrived = read("structures", 0, entry.wire)
            assert isinstance(arrived, Arrived)
            fact = CATALOGUE.decode(entry.type, entry.wire)
            assert fact is not None
            assert (fact.id, fact.subject, fact.sequence) == (arrived.id, arrived.subject, entry.sequence)
            assert running.client.get(running.path, params={"after": entry.sequence - 1}).status_code == 200


def registered(**changes: Any) -> dict[str, Any]:
    """An event about a structure that nobody has registered yet."""
    around = new_event()
    subject = around["subject"].replace("person", "structure")
    data = {**StructureRegistered.example, **changes.pop("data", {})}
    return {**around, "subject": subject, "type": StructureRegistered.type, "data": data, **changes}


def with_name(name: str) -> bytes:
    """The name as it stands in the JSON text, between its quotes."""
    return json.dumps(registered(data={"name": "NAME"})).replace("NAME", name).encode("utf-8", "surrogatepass")


def with_field(field: str, text: str) -> bytes:
    """The JSON text of one field of the event, however wrong."""
    return json.dumps({**registered(), field: "FIELD"}).replace('"FIELD"', text).encode()


def with_data(field: str, text: str) -> bytes:
    return json.dumps(registered(data={field: "FIELD"})).replace('"FIELD"', text).encode()


ACCEPTED = [
    with_name("é à ü œ 🧑‍🤝‍🧑 \\ud83e\\uddd1 \\u00e9"),
    with_name('\\"}\\\\{,NULL\\\\\\"'),
    with_name("'; DROP TABLE facts; --"),
    with_name("x" * 200),
    with_name("\\u200b\\u200f\\u2026\\ufeff\\uffff"),
    with_field("id", '"🧑🏽‍🚀"'),
    with_field("id", json.dumps("🧑" * 256)),
    with_field("id", '"../../etc/passwd"'),
    with_field("id", '"a\'b\\\\c\\"d{},NULL"'),
    with_field("source", json.dumps("u:" + "x" * 510)),
    with_field("subject", f'"structure/{UUID.upper()}"'),
    with_field("time", '"1900-01-01T00:00:00-23:59"'),
    with_field("time", '"2024-02-29t23:59:59.999999999z"'),
    with_field("expectedversion", "0"),
    with_field("correlationid", '"<script>"'),
    with_data("registered_on", '"2024-02-29"'),
    b" \n\t" + with_name("x") + b"\r\n",
]
MALFORMED = [
    with_name("\\u0000"),
    with_name("\x00"),
    with_name("\\ud800"),
    with_name("\\udc00\\ud800"),
    with_name("\ud800"),
    with_name("\\u001b[2J"),
    with_name("\\u009b2J"),
    with_name("\u009b2J"),
    with_name("\x7f"),
    with_name("\\u202Eetatsba"),
    with_name("\u202eetatsba"),
    with_name("\u2066a"),
    with_name("a\u2028b"),
    with_field("id", '"a\\u0085b"'),
    with_field("id", json.dumps("\u202eb", ensure_ascii=False)),
    with_field("correlationid", '"\\u2067x"'),
    with_name(""),
    with_name("   "),
    with_name("x" * 201),
    with_field("id", '""'),
    with_field("id", '"a\\r\\nSet-Cookie: x"'),
    with_field("id", '"\\ud800"'),
    with_field("id", json.dumps("x" * 257)),
    with_field("id", "7"),
    with_field("id", "null"),
    with_field("id", '["x"]'),
    with_field("source", '"https://exämple.org/🧑"'),
    with_field("source", '"a b"'),
    with_field("source", json.dumps("u:" + "x" * 511)),
    with_field("type", '"structures.nothing.v1"'),
    with_field("type", '"__class__"'),
    with_field("subject", f'"person/{UUID}"'),
    with_field("subject", f'"structure/{UUID}/.."'),
    with_field("subject", f'"structure/{UUID}\\n"'),
    with_field("subject", '"structure/../../x"'),
    with_field("time", '"2023-02-29T00:00:00Z"'),
    with_field("time", '"2024-01-01T00:00:00"'),
    with_field("time", '"2024-01-01T24:00:00Z"'),
    with_field("time", '"2024-01-01T00:00:00+99:99"'),
    with_field("time", '"0001-01-01T00:00:00+14:00"'),
    with_field("time", '"9999-12-31T23:59:59-14:00"'),
    with_field("time", "1e400"),
    with_field("time", "1704067200"),
    with_field("expectedversion", "-1"),
    with_field("expectedversion", "1.5"),
    with_field("expectedversion", "9007199254740993"),
    with_field("expectedversion", "9" * 400),
    with_field("expectedversion", "true"),
    with_field("data", "[]"),
    with_field("data", "null"),
    with_field("data", "{}"),
    with_field("data", '{"a":' * 30 + "1" + "}" * 30),
    with_field("specversion", '"0.3"'),
    with_field("datacontenttype", '"text/xml"'),
    with_field("unknown", "1"),
    with_field("__proto__", "{}"),
    with_data("registered_on", '"2023-02-29"'),
    with_data("registered_on", '"0000-00-00"'),
    with_data("registered_on", '"2024-01-01T00:00:00"'),
    with_data("registered_on", "1704067200"),
    with_data("registered_on", "1e400"),
    with_data("registered_on", "NaN"),
    with_data("convergence", '"false"'),
    with_data("convergence", "0"),
    with_data("sector_codes", json.dumps(["x"] * 51)),
    with_data("sector_codes", "[null]"),
    with_data("siret", "73282932000074"),
    with_data("siret", '"٧٣٢٨٢٩٣٢٠٠٠٠٧٤"'),
    with_data("siret", "-0"),
    with_field("data", '{"name":"a","name":"b"}'),
    b'{"id":"a","id":"b"}',
    b"\xef\xbb\xbf" + with_name("x"),
    with_name("x").decode().encode("utf-16"),
    b"null",
    b'"x"',
    b"-",
    b"[" * 60_000,
    b'{"a":' * 12_000,
    b"9" * 60_000,
    b'"' + b"\\ud800" * 10_000 + b'"',
    b"{" + b",".join(b'"k":1' for _ in range(10_000)) + b"}",
]


@pytest.mark.parametrize("raw", ACCEPTED, ids=range(len(ACCEPTED)))
def test_odd_but_good(structures: Served, raw: bytes) -> None:
    first = answered(lambda: structures.post(raw), 201)
    again = answered(lambda: structures.post(raw), 200)
    assert again.json() == {**first.json(), "outcome": "duplicate"}


@pytest.mark.parametrize("raw", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_in_every_way_of_posting(structures: Served, raw: bytes) -> None:
    before = structures.service.store.last_sequence()
    answer = structures.post(raw)
    assert (answer.status_code, answer.json()["outcome"]) == (422, "malformed"), answer.text
    assert all(set(fault) == {"pointer", "code", "message"} for fault in answer.json()["errors"])
    assert structures.post(b"[" + raw + b"]", BATCH).status_code in (200, 422)
    assert structures.post(b"[" + raw + b"]", BATCH, atomic="true").status_code == 422
    line = structures.post(raw.replace(b"\n", b" "), LINES)
    assert line.status_code == 200
    assert json.loads(line.text)["outcome"] == "malformed"
    assert structures.service.store.last_sequence() == before


def test_all_of_it_in_one_stream(structures: Served) -> None:
    good = [json.dumps(registered()).encode() for _ in range(len(MALFORMED) + 1)]
    body = b"\n".join(part for pair in zip(good, [*MALFORMED, b""], strict=True) for part in pair)
    answers = [json.loads(line) for line in structures.post(body, LINES).text.splitlines()]
    assert [one["outcome"] for one in answers].count("recorded") == len(good)
    assert {one["outcome"] for one in answers} == {"recorded", "malformed"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(value=json_values | st.dictionaries(st.sampled_from(sorted(registered())), json_values))
@settings(max_examples=150, deadline=None)
def test_any_json(structures: Served, value: Any) -> None:
    assert structures.post(value).status_code in (200, 422)
    one_field_wrong = {**registered(), **value} if isinstance(value, dict) else {**registered(), "data": value}
    assert structures.post(one_field_wrong).status_code in (201, 422)


@given(raw=st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes(structures: Served, raw: bytes) -> None:
    assert structures.post(raw).status_code in (200, 422)
    assert structures.post(raw, LINES).status_code == 200


@given(name=st.text(min_size=1, max_size=200), sender_id=st.text(min_size=1, max_size=256))
@settings(max_examples=150, deadline=None)
def test_any_text_is_refused_or_comes_back_as_it_was(structures: Served, name: str, sender_id: str) -> None:
    answer = structures.post(registered(id=sender_id, data={"name": name}))
    assert answer.status_code in (201, 409, 422)  # 409: an id that was drawn before
    if answer.status_code == 201:
        item = structures.client.get(structures.path, params={"after": before(answer), "limit": 1}).json()["items"][0]
        assert (item["id"], item["data"]["name"]) == (sender_id, name)


def before(answer: Any) -> int:
    return int(answer.json()["position"].partition(":")[2]) - 1


TARGETS = [
    "/structures/v1/events?limit=99999999999999999999",
    "/structures/v1/events?limit=" + "9" * 5_000,
    "/structures/v1/events?after=-1",
    "/structures/v1/events?after=%00",
    "/structures/v1/events?after=1%00",
    "/structures/v1/events?subject=%00&type=%00",
    "/structures/v1/events?subject=%ED%A0%80",
    "/structures/v1/events?subject=%FF%FE",
    "/structures/v1/events?subject=" + "x" * 20_000,
    "/structures/v1/events?type=" + "%F0%9F%A7%91" * 1_000,
    "/structures/v1/events?subject=a&subject=b&&==&%",
    "/structures/v1/events/../../etc/passwd",
    "/structures/v1/%2e%2e/%2e%2e/etc/passwd",
    "/structures/v1/events%00",
    "/structures/v1/events/",
    "//structures/v1/events",
    "/structures",
    "/structures/../pathways/v1/events",
    "/nothing/v1/events",
    "/%FF",
    "/?a=%0d%0aSet-Cookie:x",
]


@pytest.mark.parametrize("target", TARGETS, ids=range(len(TARGETS)))
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "NONSENSE"])
def test_any_address_with_any_method(structures: Served, method: str, target: str) -> None:
    status, headers = asked(structures, method, target, {})
    assert status < 500
    assert "set-cookie" not in headers


HEADERS = [
    {"After-Position": "structures:" + "9" * 18},
    {"After-Position": "\xff"},
    {"After-Position": "," * 1_000},
    {"After-Position": "a:1," * 500},
    {"Prefer": "wait=" + "9" * 400, "After-Position": "x:1"},
    {"Prefer": "\xff"},
    {"If-Match": "\xff"},
    {"If-Match": '"' * 300},
    {"Content-Type": "application/json;" * 100},
    {"Content-Type": "application/json; charset"},
    {"Content-Type": "\xff"},
    {"Content-Encoding": "br"},
    {"Authorization": "\xff"},
    {"X-Forwarded-For": "a\tb"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=range(len(HEADERS)))
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_odd_headers(structures: Served, method: str, headers: dict[str, str]) -> None:
    status, _ = asked(structures, method, structures.path, headers)
    assert status < 500 or (status == 503 and headers["After-Position"].startswith("structures"))


def asked(running: Served, method: str, target: str, headers: dict[str, str]) -> tuple[int, set[str]]:
    """Sent as it is: a client library would mend it first."""
    address = urlsplit(running.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        body = json.dumps(registered()).encode() if method in ("POST", "PUT", "PATCH") else b""
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders(body)
        response = connection.getresponse()
        response.read()
        return response.status, {name.lower() for name, _ in response.getheaders()}
    finally:
        connection.close()

"""Who calls, and for which sources they may speak."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from time import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from shared.process.unavailable import UnavailableError
from shared.rights.caller import LOCAL, Caller
from shared.web.callers import LocalCallers, TokenCallers, callers_of
from shared.web.keys import KeyLocation
from shared.web.problems import UnauthorizedError
from shared.web.trusted_keys import AGAIN_S, KEYS_LIVE_S, KEYS_SERVE_S
from tests.parts.clocks import SetClock
from tests.parts.log_lines import captured_lines
from tests.parts.postgres import fresh_database
from tests.shared.events import NOW, SOURCE
from tests.shared.intake.running import LINES, Served, a_service, lines, new_event, new_subject, served

KEYS: dict[str, Any] = {
    "rsa": RSAKey.generate_key(2048, {"kid": "rsa"}),
    "ec": ECKey.generate_key("P-256", {"kid": "ec"}),
    "ed": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
    "oct": OctKey.generate_key(256, {"kid": "oct"}),
}
ALGORITHMS = [("RS256", "rsa"), ("PS256", "rsa"), ("ES256", "ec"), ("EdDSA", "ed"), ("Ed25519", "ed"), ("HS256", "oct")]
NOW_S = NOW.timestamp()
CLAIMS = {"exp": NOW_S + 60, "role": "structure", "sources": [SOURCE], "structures": ["s-1"], "groups": "g-1 g-2"}
OTHER = "urn:test:other"


def token(claims: dict[str, Any] | None = None, alg: str = "RS256", key: Any = KEYS["rsa"], **header: Any) -> str:
    fields = {"alg": alg, "kid": key.kid, **header}
    return jwt.encode(fields, CLAIMS if claims is None else claims, key, algorithms=[alg])


def bearer(text: str) -> str:
    return f"Bearer {text}"


def public(*keys: Any) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=isinstance(key, OctKey)) for key in keys]}


class Clock:
    def __init__(self) -> None:
        self.now = NOW_S

    def __call__(self) -> float:
        return self.now


class Keys:
    """A key set that changes, or cannot be read."""

    def __init__(self, *keys: Any) -> None:
        self.keys = keys
        self.is_away = False
        self.reads = 0

    def __call__(self) -> KeySet:
        self.reads += 1
        if self.is_away:
            raise UnavailableError(reason="keys")
        return KeySet.import_key_set(public(*self.keys))  # type: ignore[arg-type]


@pytest.fixture
def callers() -> TokenCallers:
    return TokenCallers(Keys(*KEYS.values()), now=Clock())


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize(("alg", "key"), ALGORITHMS)
def test_a_token_says_what_is_allowed(callers: TokenCallers, alg: str, key: str) -> None:
    for _ in range(2):
        caller = callers.caller(bearer(token(alg=alg, key=KEYS[key])))
        assert caller == Caller("structure", frozenset([SOURCE]), frozenset(["s-1"]), frozenset(["g-1", "g-2"]))
        assert caller.speaks_for(SOURCE)
        assert not caller.speaks_for(OTHER)


@pytest.mark.parametrize("spelt", ["{}", "structure/{}", "urn:uuid:{}", "{{{}}}"])
def test_an_id_is_one_in_whatever_spelling(callers: TokenCallers, spelt: str) -> None:
    """A service that compares it with an id and one that compares texts must not differ."""
    structure_id = "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01"
    for text in (structure_id, structure_id.upper(), structure_id.replace("-", "")):
        caller = callers.caller(bearer(token({**CLAIMS, "structures": [spelt.format(text)]})))
        assert caller.structures == {structure_id}
        assert caller.acting_for(spelt.format(text)).structures == {structure_id}


def forged(header: dict[str, Any], secret: bytes) -> str:
    def part(value: bytes) -> bytes:
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    signed = part(json.dumps(header).encode()) + b"." + part(json.dumps(CLAIMS).encode())
    return (signed + b"." + (part(hmac.digest(secret, signed, sha256)) if secret else b"")).decode()


STRANGER = RSAKey.generate_key(2048, {"kid": "rsa"})
UNSIGNED_AND_FORGED = [
    forged({"alg": "none"}, b""),
    forged({"alg": "none", "kid": "rsa"}, b""),
    forged({"alg": "HS256", "kid": "rsa"}, KEYS["rsa"].as_pem(private=False)),
    forged({"alg": "HS256"}, b"secret"),
    forged({"alg": "HS256", "jwk": OctKey.import_key(b"secret" * 6).as_dict()}, b"secret" * 6),
]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic dTpw",
        "Bearer nonsense",
        "Bearer a.b.c",
        "Bearer \xe9.\xe9.\xe9",
        bearer(token({**CLAIMS, "exp": NOW_S - 31})),
        bearer(token({**CLAIMS, "nbf": NOW_S + 60})),
        bearer(token({name: value for name, value in CLAIMS.items() if name != "exp"})),
        bearer(token({**CLAIMS, "exp": "tomorrow"})),
        bearer(token({**CLAIMS, "sources": 7})),
        bearer(token(key=STRANGER)),
        bearer(token(key=RSAKey.generate_key(2048, {"kid": "unknown"}))),
        bearer(token()[:-4] + "AAAA"),
        *map(bearer, UNSIGNED_AND_FORGED),
    ],
)
def test_no_token_or_a_bad_one(callers: TokenCallers, text: str | None) -> None:
    for _ in range(2):
        with pytest.raises(UnauthorizedError):
            callers.caller(text)


def test_a_token_known_already_expires() -> None:
    clock = Clock()
    callers = TokenCallers(Keys(KEYS["rsa"]), now=clock)
    text = bearer(token())
    callers.caller(text)
    clock.now += 89
    callers.caller(text)
    clock.now += 2
    with pytest.raises(UnauthorizedError):
        callers.caller(text)


def test_issuer_and_audience_where_they_are_set() -> None:
    callers = TokenCallers(Keys(KEYS["rsa"]), issuer="https://id.example", audience="parcours", now=Clock())
    callers.caller(bearer(token({**CLAIMS, "iss": "https://id.example", "aud": ["parcours", "more"]})))
    for claims in ({}, {"iss": "https://id.example"}, {"iss": "https://other.example", "aud": "parcours"}):
        with pytest.raises(UnauthorizedError):
            callers.caller(bearer(token({**CLAIMS, **claims})))


def test_a_new_key_is_found_when_a_token_names_it() -> None:
    clock, keys = Clock(), Keys(KEYS["rsa"])
    callers = TokenCallers(keys, now=clock)
    callers.caller(bearer(token()))
    keys.keys = (KEYS["ec"],)
    clock.now += AGAIN_S
    callers.caller(bearer(token(alg="ES256", key=KEYS["ec"])))
    with pytest.raises(UnauthorizedError):  # the old key was withdrawn
        callers.caller(bearer(token({**CLAIMS, "role": "staff"})))


def test_unknown_keys_are_not_looked_for_all_the_time() -> None:
    keys = Keys(KEYS["rsa"])
    callers = TokenCallers(keys, now=Clock())
    for number in range(20):
        with pytest.raises(UnauthorizedError):
            callers.caller(bearer(token(kid=f"unknown-{number}")))
    assert keys.reads == 1


def test_a_withdrawn_key_is_forgotten_in_time() -> None:
    clock, keys = Clock(), Keys(KEYS["rsa"], KEYS["ec"])
    callers = TokenCallers(keys, now=clock)
    text = bearer(token({**CLAIMS, "exp": NOW_S + 10_000}))
    callers.caller(text)
    keys.keys = (KEYS["ec"],)
    clock.now += KEYS_LIVE_S
    with pytest.raises(UnauthorizedError):
        callers.caller(text)


def test_keys_that_cannot_be_read_serve_for_a_while() -> None:
    clock, keys = Clock(), Keys(KEYS["rsa"])
    callers = TokenCallers(keys, now=clock)
    text = bearer(token({**CLAIMS, "exp": NOW_S + 10_000}))
    callers.caller(text)
    keys.is_away = True
    clock.now += KEYS_LIVE_S
    callers.caller(text)
    clock.now += KEYS_SERVE_S
    with pytest.raises(UnavailableError):
        callers.caller(text)
    keys.is_away = False
    clock.now += AGAIN_S
    with pytest.raises(UnauthorizedError, match="token"):
        callers.caller(bearer("nonsense"))


@pytest.mark.parametrize("text", ["", "{}", '{"keys": [{"kty": "oct"}]}', "[]", '{"keys": 3}'])
def test_a_wrong_key_file_shows_at_start(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"PARCOURS_JWT_KEYS: .*keys\.json"):
        callers_of(str(path))


@pytest.mark.parametrize("location", ["/nowhere/keys.json", "http://id.example/keys", "file:///etc/passwd"])
def test_keys_come_from_a_file_or_https(location: str) -> None:
    with pytest.raises(ValueError, match="PARCOURS_JWT_KEYS"):
        callers_of(location)


def test_without_keys_everybody_is_the_local_caller() -> None:
    assert isinstance(callers_of(None), LocalCallers)
    assert callers_of(None).caller(None) is LOCAL


@pytest.fixture(scope="module")
def guarded(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    path.write_text(json.dumps(public(KEYS["rsa"])))
    with (
        fresh_database(postgres_server) as url,
        served(a_service(url, callers=callers_of(str(path)), clock=SetClock(lambda: NOW))) as running,
    ):
        yield running


STRUCTURE_ID = "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01"
FAR = 4_000_000_000
"""A day on which these tests are no longer run, in seconds."""


def speaking_for(*sources: str, structures: tuple[str, ...] = (STRUCTURE_ID,)) -> dict[str, str]:
    claims = {"exp": FAR, "role": "structure", "sources": list(sources), "structures": list(structures)}
    return {"Authorization": bearer(token(claims))}


MINE, THEIRS = speaking_for(SOURCE), speaking_for(OTHER)


def test_every_address_of_a_service_wants_a_token(guarded: Served) -> None:
    for answer in (
        guarded.post(new_event()),
        guarded.client.get(guarded.path),
        guarded.client.get("/tests/v1/event-types"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_nobody_posts_under_the_source_of_another(guarded: Served) -> None:
    answer = guarded.post(new_event(), THEIRS)
    assert (answer.status_code, answer.json()["code"], answer.json()["source"]) == (403, "source_not_allowed", SOURCE)
    assert answer.json()["outcome"] == "refused"
    assert guarded.post(new_event(), MINE).status_code == 201


def void(subject: str, **changes: Any) -> dict[str, Any]:
    data = {"fact_id": "x", "voided_on": "2024-01-01", "reason": "mistake", **changes}
    return new_event(type="tests.fact_voided.v1", subject=subject, data=data)


def test_nobody_voids_the_fact_of_another(guarded: Served) -> None:
    subject = new_subject()
    answer = guarded.post(void(subject, fact_source=OTHER), MINE)
    assert (answer.status_code, answer.json()["source"]) == (403, OTHER)
    assert guarded.post(void(subject, fact_source=SOURCE), MINE).status_code == 201
    assert guarded.post(void(subject, fact_source=OTHER), speaking_for(SOURCE, OTHER)).status_code == 201


def test_rights_are_asked_event_by_event(guarded: Served) -> None:
    events = [new_event(), new_event(source=OTHER), void(new_subject(), fact_source=OTHER), new_event()]
    outcomes = ["recorded", "refused", "refused", "recorded"]
    assert [one["outcome"] for one in guarded.post(events, MINE).json()["outcomes"]] == outcomes
    answer = guarded.post(lines(*events), {**MINE, **LINES})
    assert [json.loads(line)["outcome"] for line in answer.text.splitlines()] == [
        "duplicate", "refused", "refused", "duplicate"
    ]  # fmt: skip
    atomic = guarded.post([new_event(), new_event(source=OTHER)], MINE, atomic="true")
    assert atomic.status_code == 409
    assert [one["code"] for one in atomic.json()["outcomes"]] == ["not_recorded", "source_not_allowed"]


ODD_KEYS: list[Any] = [
    {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "post-quantum"},
    {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA", "kid": "curve"},
    {"kty": "RSA", "kid": "empty"},
    {"kty": "RSA", "n": "!!", "e": "AQAB", "kid": "not base64"},
    {"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "short"},
    {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA", "kid": "off the curve"},
    {**public(KEYS["ec"])["keys"][0], "kid": "use", "use": "banana"},
    {"kid": "no type"},
    {"kty": ["RSA"], "kid": "list"},
    None,
    "x",
]


@pytest.mark.parametrize("odd", ODD_KEYS, ids=lambda key: str(key.get("kid")) if isinstance(key, dict) else repr(key))
def test_one_odd_key_leaves_the_good_ones(odd: Any, database_url: str, tmp_path: Path) -> None:
    """The whole set was refused for it: nobody could start, or, once started, be known after five minutes."""
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [odd, *public(KEYS["rsa"])["keys"]]}))
    sent = {**CLAIMS, "exp": time() + 60}
    with (
        captured_lines() as logged,
        served(a_service(database_url, callers=callers_of(str(file)))) as by,
    ):
        answer = by.post(new_event(), {"Authorization": bearer(token(sent))})
    assert answer.status_code == 201
    assert [line["event"] for line in logged].count("key_left_out") == 1


def test_an_odd_key_is_told_once(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [*ODD_KEYS, *public(KEYS["rsa"])["keys"]]}))
    keys = KeyLocation(str(file))
    with captured_lines() as logged:
        assert [key.kid for key in (*keys.read(), *keys.read())] == ["rsa", "rsa"]
    assert len(logged) == len(ODD_KEYS)


def test_a_set_without_any_good_key_shows_at_start(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": ODD_KEYS}))
    with pytest.raises(ValueError, match=r"PARCOURS_JWT_KEYS: .* no key in it can be used"):
        callers_of(str(file))

"""Tokens made to deceive: whatever an attacker can write without a key of ours, and odd claims under a good signature."""

from __future__ import annotations

import base64
import hmac
import json
from hashlib import sha256
from typing import Any

import pytest
from joserfc.jwk import OctKey, RSAKey

from shared.rights.caller import ROLES, Caller
from shared.rights.refusals import RoleUnknownError
from shared.web.callers import LONGEST_TOKEN, TokenCallers
from shared.web.keys import KeyLocation
from shared.web.problems import UnauthorizedError
from tests.shared.events import SOURCE
from tests.shared.web.test_callers import CLAIMS, KEYS, NOW_S, Clock, Keys, bearer, public, token

RSA = KEYS["rsa"]


@pytest.fixture(scope="module")
def callers() -> TokenCallers:
    return TokenCallers(Keys(*KEYS.values()), issuer="https://id.example", audience="parcours", now=Clock())


GOOD = {**CLAIMS, "iss": "https://id.example", "aud": "parcours"}


def part(value: Any) -> bytes:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=")


def signed(header: Any, secret: bytes, claims: Any = GOOD) -> str:
    content = part(header) + b"." + part(claims)
    return (content + b"." + part(hmac.digest(secret, content, sha256))).decode()


def rsa_signed(header: Any, claims: Any = GOOD) -> str:
    """By the right key, whatever the header says."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    content = part(header) + b"." + part(claims)
    return (content + b"." + part(RSA.private_key.sign(content, PKCS1v15(), SHA256()))).decode()


PEM = RSA.as_pem(private=False)
DER = RSA.as_der(private=False)
HEADERS: dict[str, str] = {
    "none": (part({"alg": "none"}) + b"." + part(GOOD) + b".").decode(),
    "None": (part({"alg": "None", "kid": "rsa"}) + b"." + part(GOOD) + b".").decode(),
    "no alg": signed({"kid": "oct"}, b"x"),
    "HS256 with the public key, PEM": signed({"alg": "HS256", "kid": "rsa"}, PEM),
    "HS256 with the public key, PEM without its last line end": signed({"alg": "HS256", "kid": "rsa"}, PEM.rstrip()),
    "HS256 with the public key, DER": signed({"alg": "HS256", "kid": "rsa"}, DER),
    "HS256 with the modulus": signed({"alg": "HS256", "kid": "rsa"}, RSA.as_dict(private=False)["n"].encode()),
    "HS256 with nothing": signed({"alg": "HS256", "kid": "oct"}, b""),
    "HS256 without kid": signed({"alg": "HS256"}, PEM),
    "HS512": signed({"alg": "HS512", "kid": "oct"}, b"x"),
    "a key brought along": signed({"alg": "HS256", "jwk": OctKey.import_key(b"secret" * 6).as_dict()}, b"secret" * 6),
    "kid is a path": signed({"alg": "HS256", "kid": "../../../dev/null"}, b""),
    "kid is SQL": signed({"alg": "HS256", "kid": "' UNION SELECT 'x' --"}, b"x"),
    "kid is a number": signed({"alg": "HS256", "kid": 0}, b"x"),
    "kid is a list": signed({"alg": "HS256", "kid": ["oct"]}, b"x"),
    "kid is null": signed({"alg": "HS256", "kid": None}, b"x"),
    "an address for keys": signed({"alg": "HS256", "jku": "https://attacker.example/keys", "kid": "attacker"}, b"x"),
    "a certificate brought along": signed({"alg": "RS256", "kid": "rsa", "x5c": ["AAAA"]}, PEM),
    "critical and unknown": rsa_signed({"alg": "RS256", "kid": "rsa", "crit": ["parcours"], "parcours": True}),
    "critical, and absent": rsa_signed({"alg": "RS256", "kid": "rsa", "crit": ["exp"]}),
    "critical and empty": rsa_signed({"alg": "RS256", "kid": "rsa", "crit": []}),
    "not in base64": rsa_signed({"alg": "RS256", "kid": "rsa", "b64": False, "crit": ["b64"]}),
    "the key of another kind": rsa_signed({"alg": "ES256", "kid": "ec"}),
    "the key of another, by name": rsa_signed({"alg": "RS256", "kid": "ed"}),
    "header is a list": rsa_signed(["alg", "RS256"]),
    "header nests": rsa_signed(b'{"alg":"RS256","kid":"rsa","x":' + b"[" * 3_000 + b"]" * 3_000 + b"}"),
    "encrypted": "a.b.c.d.e",
    "four parts": rsa_signed({"alg": "RS256", "kid": "rsa"}) + ".AAAA",
    "spaces inside": rsa_signed({"alg": "RS256", "kid": "rsa"}).replace(".", " .", 1),
    "huge": "A" * (LONGEST_TOKEN + 1),
    "huge and signed": token({**GOOD, "more": "x" * LONGEST_TOKEN}),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_forged_token_is_refused(callers: TokenCallers, name: str) -> None:
    with pytest.raises(UnauthorizedError):
        callers.caller(bearer(HEADERS[name]))


ODD_CLAIMS: list[dict[str, Any]] = [
    {"exp": str(int(NOW_S) + 60)},
    {"exp": True},
    {"exp": None},
    {"exp": [NOW_S + 60]},
    {"exp": float("inf")},
    {"exp": float("nan")},
    {"exp": 1e300},
    {"exp": -1},
    {"nbf": NOW_S + 60},
    {"nbf": "0"},
    {"iat": "yesterday"},
    {"iss": "https://id.example.attacker"},
    {"iss": ["https://id.example"]},
    {"iss": None},
    {"sub": "a\x9b2Jb"},
    {"sub": "\u202eb"},
    {"aud": "another"},
    {"aud": ["another"]},
    {"aud": []},
    {"aud": {"parcours": True}},
    {"aud": "parcours2"},
    {"role": ["staff"]},
    {"role": {"name": "staff"}},
    {"role": True},
    {"sources": {"urn:test:software": 1}},
    {"sources": [["urn:test:software"]]},
    {"structures": [1]},
    {"structures": "s-1 " * 5 + " ".join(f"s-{n}" for n in range(101))},
    {"structures": [f"s-{n}" for n in range(101)]},
    {"groups": 7},
    {"authorised": "true"},
    {"authorised": 1},
]


@pytest.mark.parametrize("odd", ODD_CLAIMS, ids=lambda odd: f"{next(iter(odd))}={str(next(iter(odd.values())))[:20]}")
def test_an_odd_claim_allows_nothing(callers: TokenCallers, odd: dict[str, Any]) -> None:
    for alg, key in (("RS256", RSA), ("HS256", KEYS["oct"])):
        with pytest.raises(UnauthorizedError):
            callers.caller(bearer(token({**GOOD, **odd}, alg, key)))


@pytest.mark.parametrize("odd", [r"\ud800", r"a\udfff", r"\u0000", r"a\u0000b", r"\u001b[2J", r"\u202e"])
@pytest.mark.parametrize("name", ["sub", "role", "sources", "structures", "groups"])
def test_what_no_database_takes_as_text_is_in_no_claim(callers: TokenCallers, name: str, odd: str) -> None:
    """JSON's escapes spell it, and a signature holds whatever is signed."""
    word = json.loads(f'"{odd}"')
    for value in (word, [word]) if name not in ("sub", "role") else (word,):
        with pytest.raises(UnauthorizedError):
            callers.caller(bearer(rsa_signed({"alg": "RS256", "kid": "rsa"}, {**GOOD, name: value})))


def test_a_token_that_says_a_name_twice_is_read_once(callers: TokenCallers) -> None:
    """Of two values one counts, for every reader of it alike; no second parser looks at the token."""
    twice = json.dumps(GOOD)[:-1].encode() + b',"role":"federation"}'
    assert callers.caller(bearer(rsa_signed({"alg": "RS256", "kid": "rsa"}, twice))).role == "federation"


@pytest.mark.parametrize("role", ["", "local", "admin", "Staff", "staff ", "structure,staff", "LOCAL"])
def test_an_unknown_role_may_do_nothing(callers: TokenCallers, role: str) -> None:
    for claims in ({**GOOD, "role": role}, {name: value for name, value in GOOD.items() if name != "role"}):
        with pytest.raises(RoleUnknownError):
            callers.caller(bearer(token(claims)))


def test_a_hundred_structures_and_their_forms(callers: TokenCallers) -> None:
    many = [f"structure/S-{n}" for n in range(100)]
    caller = callers.caller(bearer(token({**GOOD, "structures": many, "groups": "group/G-1 g-2"})))
    assert caller.structures == {f"s-{n}" for n in range(100)}
    assert caller.groups == {"g-1", "g-2"}
    assert not caller.is_local


def test_every_role_is_known(callers: TokenCallers) -> None:
    for role in ROLES:
        assert callers.caller(bearer(token({**GOOD, "role": role, "authorised": True}))) == Caller(
            role, frozenset([SOURCE]), frozenset(["s-1"]), frozenset(["g-1", "g-2"]), authorised=True
        )


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_weak_keys_are_left_out(tmp_path: Any) -> None:
    file = tmp_path / "keys.json"
    short = RSAKey.generate_key(1024)
    weak = [
        {**short.as_dict(private=False), "kid": "short"},
        {"kty": "oct", "k": "MDEyMzQ1Njc4OWFiY2RlZg", "kid": "few"},
    ]
    file.write_text(json.dumps({"keys": [*weak, *public(RSA)["keys"]]}))
    assert [key.kid for key in KeyLocation(str(file)).read()] == ["rsa"]

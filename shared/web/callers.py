"""Who calls, from a request: a bearer JWT's claims, or, without keys, the one local caller."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from math import isfinite
from time import time
from typing import Any, Protocol

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from starlette.datastructures import Headers

from shared.facts.saying import STRUCTURE
from shared.process.control_characters import has_control
from shared.rights.caller import LOCAL, LOCAL_ROLE, MOST_STRUCTURES, Caller, bare_id
from shared.rights.refusals import NotActingForError
from shared.web.headers import listed
from shared.web.keys import KeyLocation
from shared.web.problems import UnauthorizedError
from shared.web.trusted_keys import MOMENT_S, TrustedKeys, keys_for

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519", "HS256"]
LEEWAY_S = 30
"""By how much the clocks of who signs and who checks may differ."""
LONGEST_TOKEN = 16 * 1024
"""Characters; a hundred structures and as many sources fit well. Longer ones are not even hashed."""
LAST_SECOND = 1e11
"""Year 5138: an instant later than this is none."""
CACHED_TOKENS = 10_000
"""Checking a signature is the slow part of knowing who calls, and the same token comes again and again."""


class Callers(Protocol):
    def caller(self, authorization: str | None) -> Caller:
        """From the Authorization header. Raise UnauthorizedError, RoleUnknownError."""
        ...


def reader(callers: Callers, headers: Headers) -> Caller:
    """Who reads, and for which one of its structures (`Acting-For`). Raise UnauthorizedError, RoleUnknownError,
    NotActingForError, ActingForMissingError."""
    return callers.caller(headers.get("authorization")).acting_for(listed(headers, "acting-for"))


async def reader_or_successor(
    callers: Callers, headers: Headers, acted_for: Callable[[Caller], Iterable[str]]
) -> Caller:
    """As `reader`, also for a structure that one of the caller's took over. `acted_for`: its structures and those, bare ids;
    asked beside the event loop, where it is no other way."""
    caller, named = callers.caller(headers.get("authorization")), listed(headers, "acting-for")
    try:
        return caller.acting_for(named)
    except NotActingForError:
        if not caller.structures:
            raise
        taken_over = frozenset(await asyncio.to_thread(acted_for, caller)) - caller.structures
        return replace(caller, taken_over=dict.fromkeys(caller.structures, taken_over)).acting_for(named)


class LocalCallers:
    """Without keys: whoever reaches the loopback address."""

    def caller(self, authorization: str | None) -> Caller:
        return LOCAL


class TokenCallers:
    """Callers with a JWT signed by one of the keys of a JWKS."""

    def __init__(
        self,
        keys: Callable[[], KeySet],
        *,
        issuer: str | None = None,
        audience: str | None = None,
        now: Callable[[], float] = time,
        moment_s: float = MOMENT_S,
    ) -> None:
        """`moment_s`: how long a request waits for keys that are read again."""
        self._keys = TrustedKeys(keys, now, moment_s)
        self._now = now
        wanted: dict[str, Any] = {"exp": {"essential": True}}
        wanted |= {
            name: {"essential": True, "value": value} for name, value in (("iss", issuer), ("aud", audience)) if value
        }
        self._claims = jwt.JWTClaimsRegistry(now=lambda: int(now()), leeway=LEEWAY_S, **wanted)
        # Guards what several threads write: the event loop's, and those that parse beside it.
        self._lock = threading.Lock()
        self._checked: OrderedDict[bytes, _Checked] = OrderedDict()
        """By digest of a token."""

    def caller(self, authorization: str | None) -> Caller:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnauthorizedError()
        if len(token) > LONGEST_TOKEN:
            raise UnauthorizedError(reason="too_long")
        digest = sha256(token.encode()).digest()  # a dump of the memory shows no token that can be used
        checked = self._checked.get(digest)
        # A token checked before lives no longer than the keys it was checked with: its key may be gone from the set.
        if checked is not None and checked.expires > self._now() and self._keys.are_still(checked.keys):
            return checked.caller
        checked = self._verified(token.strip())
        checked.caller.check_role()  # before it is kept: what may do nothing needs no place in memory
        with self._lock:
            self._checked[digest] = checked
            if len(self._checked) > CACHED_TOKENS:
                self._checked.popitem(last=False)
        return checked.caller

    def _verified(self, token: str) -> _Checked:
        try:
            claims, keys = self._decoded(token)
            _check_instants(claims)
            self._claims.validate(claims)
            return _Checked(float(claims["exp"]) + LEEWAY_S, _caller_of(claims), keys)
        # RecursionError: JSON nested deeper than Python reads, which a signed token may hold as well as a forged one.
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise UnauthorizedError(reason=getattr(error, "error", None) or "invalid_token") from None

    def _decoded(self, token: str) -> tuple[dict[str, Any], KeySet]:
        """With the keys it was checked with."""
        keys = self._keys.current()
        try:
            return _claims_by(token, keys), keys
        except InvalidKeyIdError:
            newer = self._keys.newer_than(keys)
            if newer is None:
                raise
            return _claims_by(token, newer), newer


@dataclass(frozen=True, slots=True)
class _Checked:
    """Whose a token is, until when it holds (seconds since 1970), and by which keys."""

    expires: float
    caller: Caller
    keys: KeySet


def _claims_by(token: str, keys: KeySet) -> dict[str, Any]:
    """Signed by one of them. Raise JoseError, as the last that may have signed it says."""
    *others, last = keys_for(token, keys)
    for key in others:
        with suppress(JoseError):
            return _claims_of(jwt.decode(token, key, algorithms=ALGORITHMS))
    return _claims_of(jwt.decode(token, last, algorithms=ALGORITHMS))


def _claims_of(token: jwt.Token) -> dict[str, Any]:
    """Raise ValueError for a token that has to be understood further than it is here (RFC 7515, 4.1.11): no extension is,
    and an empty list of them is no list."""
    if "crit" in token.header:
        raise ValueError("crit")
    return token.claims


def _check_instants(claims: Mapping[str, Any]) -> None:
    """Seconds as numbers: a text, a truth value or an infinity would be compared in some way or other. Raise ValueError."""
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name, 0)
        if type(value) not in (int, float) or not isfinite(value) or abs(value) > LAST_SECOND:
            raise ValueError(f"{name} is not a number of seconds")


def _caller_of(claims: Mapping[str, Any]) -> Caller:
    """Raise ValueError where a claim has another form than it should: what is not understood allows nothing."""
    role, authorised, sub = claims.get("role", ""), claims.get("authorised", False), claims.get("sub", "")
    if not _is_text(role) or not isinstance(authorised, bool) or not _is_text(sub):
        raise ValueError("role and sub are texts without control characters, authorised true or false")
    structures = frozenset(_ids(claims, "structures", STRUCTURE))
    if len(structures) > MOST_STRUCTURES:
        raise ValueError(f"structures: at most {MOST_STRUCTURES}")
    return Caller(
        role="" if role == LOCAL_ROLE else role,
        sources=frozenset(_words(claims, "sources")),
        structures=structures,
        groups=frozenset(_ids(claims, "groups", "group/")),
        authorised=authorised,
        sub=sub,
    )


def _words(claims: Mapping[str, Any], name: str) -> list[str]:
    """A list of texts, or words in one text."""
    value = claims.get(name, [])
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, list) or not all(map(_is_text, words)):
        raise ValueError(f"{name} is a list of texts without control characters")
    return words


def _is_text(value: object) -> bool:
    """One that can be kept, compared and shown: JSON's escapes spell halves of characters, and U+0000, which databases refuse.
    A line of the log of reads with one would take along the answers that share its commit."""
    if not isinstance(value, str) or has_control(value):
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _ids(claims: Mapping[str, Any], name: str, prefix: str) -> list[str]:
    """As facts have them, however a claim writes them."""
    return [bare_id(word, prefix) for word in _words(claims, name)]


def callers_of(jwt_keys: str | None, issuer: str | None = None, audience: str | None = None) -> Callers:
    """Local callers without keys, else token callers; the keys are read once here, so that a wrong file shows at
    start. Raise ValueError saying what is wrong with the key set."""
    if jwt_keys is None:
        return LocalCallers()
    keys = KeyLocation(jwt_keys)
    keys.read()
    return TokenCallers(keys.read_or_unavailable, issuer=issuer, audience=audience)

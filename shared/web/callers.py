"""Who calls: a bearer JWT's claims `role`, `sources`, `structures`, `groups`, or, without keys, one local caller."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from time import time
from typing import Any, Protocol

import structlog
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from shared.facts.fact import FactVoided, Recorded
from shared.process.unavailable import UnavailableError
from shared.web.keys import KeyLocation
from shared.web.problems import SourceNotAllowedError, UnauthorizedError

log = structlog.get_logger(__name__)

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519", "HS256"]
LEEWAY_S = 30
"""By how much the clocks of who signs and who checks may differ."""
KEYS_LIVE_S = 300
"""Keys older than this are read again, so that one taken away is soon refused."""
KEYS_SERVE_S = 3_600
"""Where they cannot be read: how long the last ones are trusted."""
AGAIN_S = 10
"""At least so long between two readings: anybody can send tokens that name an unknown key."""
MOMENT_S = 0.2
"""Keys are read beside; a request waits so long for them."""
CACHED_TOKENS = 10_000
"""Checking a signature is the slow part of knowing who calls, and the same token comes again and again."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a token allows. `is_local`: no keys are set, everybody on this machine may do everything."""

    role: str = ""
    sources: frozenset[str] = frozenset()
    structures: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    is_local: bool = False

    def speaks_for(self, source: str) -> bool:
        return self.is_local or source in self.sources

    def check_source(self, fact: Recorded) -> None:
        """Raise SourceNotAllowedError unless the fact, and what it voids, are of the caller's own sources."""
        void = fact.data
        target = void.fact_source if isinstance(void, FactVoided) and void.fact_source else fact.source
        # What it voids too: a token for one software must not take back what another one said.
        for source in (fact.source, target):
            if not self.speaks_for(source):
                raise SourceNotAllowedError(source=source)


LOCAL = Caller(role="local", is_local=True)


class Callers(Protocol):
    def caller(self, authorization: str | None) -> Caller:
        """From the Authorization header. Raise UnauthorizedError."""
        ...


class LocalCallers:
    """Without keys: whoever reaches the loopback address."""

    def caller(self, authorization: str | None) -> Caller:
        return LOCAL


class TokenCallers:
    """Callers with a JWT signed by one of the keys of a JWKS, which is read again now and then, and when a token names
    a key that is not known."""

    def __init__(
        self,
        keys: Callable[[], KeySet],
        *,
        issuer: str | None = None,
        audience: str | None = None,
        now: Callable[[], float] = time,
    ) -> None:
        self._read_keys = keys
        self._now = now
        wanted: dict[str, Any] = {"exp": {"essential": True}}
        wanted |= {
            name: {"essential": True, "value": value} for name, value in (("iss", issuer), ("aud", audience)) if value
        }
        self._claims = jwt.JWTClaimsRegistry(now=lambda: int(now()), leeway=LEEWAY_S, **wanted)
        # Guards what several threads write: the event loop's, those that parse beside it, and the one that reads keys.
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._read_at = self._asked_at = float("-inf")
        self._checked: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        """By digest of a token: until when it holds (seconds since 1970), and whose it is."""

    def caller(self, authorization: str | None) -> Caller:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnauthorizedError()
        digest = sha256(token.encode()).digest()  # a dump of the memory shows no token that can be used
        checked = self._checked.get(digest)
        # A token checked before lives no longer than the keys it was checked with: its key may be gone from the set.
        if checked is not None and checked[0] > self._now() and self._now() - self._read_at < KEYS_LIVE_S:
            return checked[1]
        caller, expires = self._verified(token.strip())
        with self._lock:
            self._checked[digest] = (expires, caller)
            if len(self._checked) > CACHED_TOKENS:
                self._checked.popitem(last=False)
        return caller

    def _verified(self, token: str) -> tuple[Caller, float]:
        try:
            claims = self._decoded(token)
            self._claims.validate(claims)
            return _caller_of(claims), float(claims["exp"]) + LEEWAY_S
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise UnauthorizedError(reason=getattr(error, "error", None) or "invalid_token") from None

    def _decoded(self, token: str) -> dict[str, Any]:
        keys = self._current_keys()
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        # The issuer may have changed its keys a moment ago: looked at once more before the token is refused.
        except InvalidKeyIdError:
            self._read_again()
            if self._keys is None or self._keys is keys:
                raise
            return jwt.decode(token, self._keys, algorithms=ALGORITHMS).claims

    def _current_keys(self) -> KeySet:
        """Raise UnavailableError where they could not be read for long."""
        if self._now() - self._read_at >= KEYS_LIVE_S:
            self._read_again()
        if self._keys is None or self._now() - self._read_at >= KEYS_SERVE_S:
            raise UnavailableError(reason="keys")
        return self._keys

    def _read_again(self) -> None:
        """Beside the event loop: an address may be slow, or away, and a token with any name of a key asks for this."""
        with self._lock:
            if self._now() - self._asked_at < AGAIN_S:
                return
            self._asked_at = self._now()
        reader = threading.Thread(target=self._read, name="keys", daemon=True)
        reader.start()
        reader.join(MOMENT_S)

    def _read(self) -> None:
        try:
            keys = self._read_keys()
        except UnavailableError as error:
            log.warning("keys_unreadable", error=str(error.__cause__ or error))
            return
        with self._lock:
            self._keys, self._read_at = keys, self._now()


def _caller_of(claims: Mapping[str, Any]) -> Caller:
    def words(name: str) -> frozenset[str]:
        value = claims.get(name, [])
        return frozenset(value.split() if isinstance(value, str) else map(str, value))

    return Caller(str(claims.get("role", "")), words("sources"), words("structures"), words("groups"))


def callers_of(jwt_keys: str | None, issuer: str | None = None, audience: str | None = None) -> Callers:
    """Local callers without keys, else token callers; the keys are read once here, so that a wrong file shows at
    start. Raise ValueError saying what is wrong with the key set."""
    if jwt_keys is None:
        return LocalCallers()
    keys = KeyLocation(jwt_keys)
    keys.read()
    return TokenCallers(keys.read_or_unavailable, issuer=issuer, audience=audience)

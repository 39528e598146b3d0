"""The keys that tokens are believed by: read again now and then, and when a token names a key that is not among them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import structlog
from joserfc import jws
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import Key, KeySet

from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)

KEYS_LIVE_S = 300
"""Keys older than this are read again, so that one taken away is soon refused."""
KEYS_SERVE_S = 3_600
"""Where they cannot be read: how long the last ones are trusted."""
AGAIN_S = 10
"""At least so long between two readings: anybody can send tokens that name an unknown key."""
MOMENT_S = 0.2
"""Keys are read beside; a request waits so long for them."""


class TrustedKeys:
    """`current` is one object for as long as the keys in it are: what was checked with another is to be checked anew."""

    def __init__(self, read: Callable[[], KeySet], now: Callable[[], float], moment_s: float = MOMENT_S) -> None:
        """`read` raises UnavailableError; `now`: seconds since 1970."""
        self._moment_s = moment_s
        self._read_keys = read
        self._now = now
        # Guards what several threads write: the event loop's, those that parse beside it, and those that read keys.
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._read_at = self._asked_at = float("-inf")
        self._begun = self._taken = 0
        """How many readings, and which of them the keys are from."""

    def are_still(self, keys: KeySet) -> bool:
        """Whether these are the ones to go by, and need not be read again yet."""
        return keys is self._keys and self._age_s(self._read_at) < KEYS_LIVE_S

    def current(self) -> KeySet:
        """Raise UnavailableError where they could not be read for long."""
        if self._age_s(self._read_at) >= KEYS_LIVE_S:
            self._read_again()
        keys = self._keys
        if keys is None or self._age_s(self._read_at) >= KEYS_SERVE_S:
            raise UnavailableError(reason="keys")
        return keys

    def newer_than(self, keys: KeySet) -> KeySet | None:
        """Others than these, looked for now: whoever signs may have changed them a moment ago."""
        self._read_again()
        return None if self._keys is keys else self._keys

    def _age_s(self, at: float) -> float:
        """Of a clock that was set back as of one that was set forward: what cannot be told is looked at again."""
        return abs(self._now() - at)

    def _read_again(self) -> None:
        """Beside the event loop: an address may be slow, or away, and a token with any name of a key asks for this."""
        with self._lock:
            if self._age_s(self._asked_at) < AGAIN_S:
                return
            self._asked_at = self._now()
            self._begun += 1
            arguments = (self._begun, self._asked_at)
        reader = threading.Thread(target=self._read, args=arguments, name="keys", daemon=True)
        reader.start()
        reader.join(self._moment_s)

    def _read(self, number: int, begun_at: float) -> None:
        try:
            keys = self._read_keys()
        except UnavailableError as error:
            log.warning("keys_unreadable", error=str(error.__cause__ or error))
            return
        with self._lock:
            # One that was slow is no news beside one that was begun later: it may hold a key that was taken away since.
            if number < self._taken:
                return
            self._taken, self._read_at = number, begun_at
            if self._keys is None or _shown(keys) != _shown(self._keys):
                self._keys = keys


def _shown(keys: KeySet) -> list[object]:
    """All that tells one set from another, of a secret its digest."""
    return [(key.thumbprint(), key.as_dict(private=False)) for key in keys]


def keys_for(token: str, keys: KeySet) -> Sequence[Key]:
    """Those that may have signed a token: of the name that it gives, which several may have while one takes another's place;
    all of them where it gives none; one at least. Raise InvalidKeyIdError, JoseError and ValueError for what is no token."""
    header: object = jws.extract_compact(token.encode()).headers()
    if not isinstance(header, dict):
        raise ValueError("a header is an object")
    named = header.get("kid")
    fitting = [key for key in keys if named is None or key.kid == named]
    if not fitting:
        raise InvalidKeyIdError(f"No key for kid: {named!r}")
    return fitting

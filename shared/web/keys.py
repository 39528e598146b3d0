"""The keys that tokens are signed with: a JSON Web Key Set in a file or at an https address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.request import HTTPRedirectHandler, build_opener

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet, OctKey, RSAKey

from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)

LEAST_RSA_BITS = 2048
LEAST_SECRET_BITS = 256
LARGEST_SET = 1024 * 1024
"""Bytes. A set has a handful of keys; whoever answers at the address must not fill our memory."""


class _NoRedirects(HTTPRedirectHandler):
    """Whoever may redirect would choose the keys that are believed, at an address without https among others."""

    def redirect_request(self, *_: Any) -> None:
        return None  # then urllib raises HTTPError, which is an OSError


_opener = build_opener(_NoRedirects)


class KeyLocation:
    """Read again now and then; a key that is none is left out, and told once."""

    def __init__(self, location: str) -> None:
        self._location = location
        self._told: set[str] = set()

    def read(self) -> KeySet:
        """Raise ValueError saying what is wrong with the key set: one without any key that can be used opens to nobody."""
        keys = self._read()
        if not keys:
            raise ValueError(self._unusable("no key in it can be used"))
        return keys

    def read_or_unavailable(self) -> KeySet:
        """As `read`, while somebody is served: a set from which every key was taken away is an answer, and no key holds."""
        try:
            return self._read()
        except ValueError as error:
            raise UnavailableError(reason="keys") from error

    def _read(self) -> KeySet:
        try:
            return KeySet(list(self._good_keys(self._document()["keys"])))
        # HTTPException: what answers is no HTTP, or breaks off; RecursionError: JSON nested deeper than Python reads.
        except (OSError, HTTPException, ValueError, KeyError, TypeError, RecursionError, JoseError) as error:
            raise ValueError(self._unusable(error)) from error

    def _unusable(self, why: object) -> str:
        return f"PARCOURS_JWT_KEYS: {self._location} is no usable JSON Web Key Set: {why}"

    def _document(self) -> Any:
        if self._location.startswith("https://"):
            # urllib, as nothing else is needed: one GET, on a thread of its own. See docs/adr/0018.
            with _opener.open(self._location, timeout=5) as answer:
                return json.loads(_bounded(answer))
        if "://" in self._location:
            raise ValueError("only https addresses and files are read")
        with Path(self._location).open("rb") as file:
            return json.loads(_bounded(file))

    def _good_keys(self, found: list[Any]) -> Iterator[Key]:
        """An identity provider may add a key of a kind that is not read here: those we know go on counting."""
        for place, data in enumerate(found):
            try:
                key = JWKRegistry.import_key(data)
                key.as_dict(private=False)  # what is wrong inside shows only when the key is used
                _check_strength(key)
            except Exception as error:  # whatever the libraries make of it: one odd key must not take the others along
                name = str(data.get("kid", place)) if isinstance(data, dict) else str(place)
                told = f"{name}: {type(error).__name__}: {error}"
                if told not in self._told:
                    self._told.add(told)
                    log.warning("key_left_out", keys=self._location, key=told)
            else:
                yield key


def _bounded(source: IO[bytes]) -> bytes:
    """All of it. Raise ValueError where that is more than a set of keys can be."""
    found = source.read(LARGEST_SET + 1)
    if len(found) > LARGEST_SET:
        raise ValueError(f"larger than {LARGEST_SET} bytes")
    return found


def _check_strength(key: Key) -> None:
    """Raise ValueError for a key that can be guessed or factored; curves are as strong as their name says."""
    if isinstance(key, RSAKey) and key.public_key.key_size < LEAST_RSA_BITS:
        raise ValueError(f"an RSA key has at least {LEAST_RSA_BITS} bits")
    if isinstance(key, OctKey) and len(key.raw_value) * 8 < LEAST_SECRET_BITS:
        raise ValueError(f"a shared secret has at least {LEAST_SECRET_BITS} bits")

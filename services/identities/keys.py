"""Keys that names are kept under, and the boxes they make; the form is docs/adr/0038's. Nothing here prints a key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.identities.names import Names
from shared.process.settings import SettingsError

KEY_BYTES = 32
NONCE_BYTES = 12
DIGEST_BYTES = 16
PADDED_BYTES = 128
FEWEST_BYTES = 12
"""Different bytes in a key: of 32 random ones there are nearly always 28 or more, of a word far fewer."""
_KEY_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")
HOW = "PARCOURS_IDENTITY_KEY is id:key, such as 2026:$(openssl rand -base64 32); more with commas, the first is written with"


class KeyRefusedError(SettingsError):
    """The keys are not those that names are, or could be, kept under; `str()` says what to do, and shows none."""


class BoxError(Exception):
    """A box that its key does not open: the row was changed, or moved."""


@dataclass(frozen=True, slots=True)
class Box:
    """What is kept of a person's names in the words of one structure."""

    person_id: UUID
    structure_id: UUID
    key_id: str
    wrapped_key: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class MasterKey:
    """One key of the setting, and what is derived of it."""

    key_id: str
    fingerprint: bytes
    _wrap: AESGCM = field(repr=False)
    _match: bytes = field(repr=False)

    @classmethod
    def of(cls, key_id: str, secret: bytes) -> MasterKey:
        def derived(purpose: str) -> bytes:
            return HKDF(SHA256(), KEY_BYTES, None, f"parcours identities {purpose}".encode()).derive(secret)

        return cls(key_id, derived("fingerprint"), AESGCM(derived("wrap")), derived("match"))

    def seal(self, person_id: UUID, structure_id: UUID, names: Names) -> Box:
        row_key = os.urandom(KEY_BYTES)
        text = json.dumps(names.json(), ensure_ascii=False, separators=(",", ":")).encode()
        padded = text + b" " * (-len(text) % PADDED_BYTES)
        sealed = _closed(AESGCM(row_key), padded, _of_names(person_id, structure_id))
        return Box(person_id, structure_id, self.key_id, self._wrapped(row_key, person_id, structure_id), sealed)

    def row_key(self, box: Box) -> bytes:
        """Raise BoxError."""
        return _opened(self._wrap, box.wrapped_key, _of_key(box.person_id, box.structure_id, self.key_id))

    def wrapped_again(self, box: Box, row_key: bytes) -> Box:
        wrapped = self._wrapped(row_key, box.person_id, box.structure_id)
        return Box(box.person_id, box.structure_id, self.key_id, wrapped, box.sealed)

    def digests(self, texts: Iterable[str]) -> list[bytes]:
        return sorted(hmac.digest(self._match, text.encode(), hashlib.sha256)[:DIGEST_BYTES] for text in texts)

    def _wrapped(self, row_key: bytes, person_id: UUID, structure_id: UUID) -> bytes:
        return _closed(self._wrap, row_key, _of_key(person_id, structure_id, self.key_id))


@dataclass(frozen=True, slots=True)
class Keyring:
    """`current`: what is written is kept under it."""

    current: MasterKey
    by_id: Mapping[str, MasterKey]

    def open(self, box: Box) -> Names:
        """Raise BoxError."""
        row_key = AESGCM(self._key_of(box).row_key(box))
        kept = json.loads(_opened(row_key, box.sealed, _of_names(box.person_id, box.structure_id)))
        return Names(kept["family_name"], kept["given_names"], date.fromisoformat(kept["birth_date"]))

    def wrapped_by_current(self, box: Box) -> Box:
        """The same box under the current key. Raise BoxError."""
        return self.current.wrapped_again(box, self._key_of(box).row_key(box))

    def _key_of(self, box: Box) -> MasterKey:
        key = self.by_id.get(box.key_id)
        if key is None:
            raise BoxError("names that are kept under a key which this process was not given")
        return key


def keyring_of(text: str | None) -> Keyring:
    """From the setting. Raise KeyRefusedError."""
    if text is None or not text.strip():
        raise KeyRefusedError(
            f"there is no key for names: {HOW}; keep it apart from the backups, names are lost with it"
        )
    keys = [_key_of(part.strip()) for part in text.split(",")]
    by_id = {key.key_id: key for key in keys}
    if len(by_id) < len(keys):
        raise KeyRefusedError(f"two keys have one id: {HOW}")
    return Keyring(keys[0], by_id)


def _key_of(part: str) -> MasterKey:
    key_id, colon, encoded = part.partition(":")
    if not colon or not _KEY_ID.fullmatch(key_id):
        raise KeyRefusedError(f"a key has no id, or one of other characters than letters, digits and -_. : {HOW}")
    try:
        # Of both alphabets, with or without the padding.
        plain = encoded.strip().rstrip("=").replace("-", "+").replace("_", "/")
        secret = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (ValueError, binascii.Error):
        raise KeyRefusedError(f"the key called {key_id} is no base64: {HOW}") from None
    if len(secret) != KEY_BYTES:
        raise KeyRefusedError(f"the key called {key_id} has {len(secret)} bytes instead of {KEY_BYTES}: {HOW}")
    if len(set(secret)) < FEWEST_BYTES:
        raise KeyRefusedError(f"the key called {key_id} is not random: {HOW}")
    return MasterKey.of(key_id, secret)


def _of_key(person_id: UUID, structure_id: UUID, key_id: str) -> bytes:
    return f"parcours key 1\n{person_id}\n{structure_id}\n{key_id}".encode()


def _of_names(person_id: UUID, structure_id: UUID) -> bytes:
    return f"parcours names 1\n{person_id}\n{structure_id}".encode()


def _closed(key: AESGCM, text: bytes, about: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + key.encrypt(nonce, text, about)


def _opened(key: AESGCM, box: bytes, about: bytes) -> bytes:
    try:
        return key.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], about)
    except (InvalidTag, ValueError):
        raise BoxError("names that their key does not open: the row was changed, or moved") from None

"""Keys and tokens for trying rights on a laptop: made once in the data folder, never for an installation others use."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

ISSUER = "parcours-laptop"
AUDIENCE = "parcours"
ALGORITHM = "ES256"


class KeysError(Exception):
    """The folder holds something else than the keys made here."""


@dataclass(frozen=True, slots=True)
class LaptopKeys:
    """`public`: the JWKS file that a suite is given as PARCOURS_JWT_KEYS."""

    folder: Path
    key: ECKey

    @property
    def public(self) -> Path:
        return self.folder / "jwks.json"

    def token(self, role: str, issued_at: int, seconds: int, claims: Mapping[str, Any], issuer: str, aud: str) -> str:
        """Signed; `issued_at`: seconds since 1970. Claims that are empty are left out."""
        whole = {"iss": issuer, "aud": aud, "iat": issued_at, "exp": issued_at + seconds, "role": role}
        whole |= {name: value for name, value in claims.items() if value}
        return jwt.encode({"alg": ALGORITHM, "kid": self.key.kid}, whole, self.key, algorithms=[ALGORITHM])


def laptop_keys(data_dir: Path) -> LaptopKeys:
    """Those of a data folder, made where they are missing. Raise KeysError, OSError."""
    folder = data_dir / "keys"
    private = folder / "private.json"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Exclusive: of two commands at once, one makes the key and the other reads it.
    with suppress(FileExistsError):
        _write_new(private, json.dumps(ECKey.generate_key("P-256", auto_kid=True).as_dict(private=True)))
    try:
        keys = LaptopKeys(folder, ECKey.import_key(json.loads(private.read_text(encoding="utf-8"))))
        keys.key.ensure_kid()
    except (ValueError, JoseError) as error:
        raise KeysError(
            f"{private} holds no key of ours ({error}): remove the folder, and new ones are made"
        ) from error
    # Put there whole: a suite reads it again while it serves.
    _written_beside(keys.public, json.dumps({"keys": [keys.key.as_dict(private=False)]})).replace(keys.public)
    return keys


def _write_new(path: Path, text: str) -> None:
    """For its owner's eyes alone, and whole: who finds it reads all of it. Raise FileExistsError."""
    whole = _written_beside(path, text)
    try:
        os.link(whole, path)
    finally:
        whole.unlink()


def _written_beside(path: Path, text: str) -> Path:
    """A new file in the same folder, for its owner's eyes alone."""
    descriptor, name = mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)


@dataclass(frozen=True, slots=True)
class Named:
    """A token under the name of what it is for."""

    name: str
    role: str
    claims: Mapping[str, Any]


def write_tokens(keys: LaptopKeys, tokens: Sequence[Named], issued_at: int, seconds: int) -> dict[str, Path]:
    """A file each, which `PARCOURS_TOKEN=$(cat …)` reads; those of before are written anew."""
    folder = keys.folder / "tokens"
    folder.mkdir(exist_ok=True, mode=0o700)
    written = {}
    for token in tokens:
        path = folder / f"{token.name}.jwt"
        path.unlink(missing_ok=True)
        claims = {"sub": token.name, **token.claims}
        _write_new(path, keys.token(token.role, issued_at, seconds, claims, ISSUER, AUDIENCE))
        written[token.name] = path
    return written

"""The database of a process: the one its settings name, or the embedded one."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from shared.process.embedded import embedded_postgres, running_embedded
from shared.process.settings import Settings


@contextmanager
def with_database(settings: Settings, announce: Callable[[str], None]) -> Iterator[Settings]:
    """The settings with a database: the one they name, or the embedded one, started."""
    if settings.database_url is not None:
        yield settings
        return
    announce(f"starting the embedded database in {settings.data_dir}")
    with embedded_postgres(settings.data_dir) as url:
        yield _embedded(settings, url)


def with_running_database(settings: Settings) -> Settings:
    """For one part alone: the database that is named, or the embedded one somebody else runs."""
    if settings.names_a_database:
        return settings
    return _embedded(settings, running_embedded(settings.data_dir))


def _embedded(settings: Settings, url: str) -> Settings:
    # With other ones no reference would be found again, and no name be read.
    keys = {
        "reference_key": settings.reference_key or _kept_key(settings.data_dir / "reference.key", secrets.token_hex),
        "identity_key": settings.identity_key or _kept_key(settings.data_dir / "identity.key", _identity_key),
    }
    ledger = settings.erasure_ledger or settings.data_dir / "erasures.jsonl"
    return settings.model_copy(update={"database_url": url, "erasure_ledger": ledger, **keys})


def _identity_key(size: int) -> str:
    return f"laptop:{secrets.token_urlsafe(size)}"


def _kept_key(path: Path, new: Callable[[int], str]) -> SecretStr:
    """A key of this folder, made once, of 32 bytes."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Before anything is in it: written first, others of this machine could read it for a moment.
        path.touch(0o600)
        path.write_text(new(32))
    return SecretStr(path.read_text().strip())

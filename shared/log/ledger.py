"""The ledger of erasures: who is forgotten, and the key under which ids of their facts are hashed.

A file outside the databases and their backups, so that a dump of before brings nobody back: JSON lines, the key in the
first, then a line for each subject. All processes of one installation that record facts share it.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

KEY_BYTES = 32
_FORM = 1


class LedgerError(Exception):
    """It cannot be read or written. Whoever records facts does not start then: somebody forgotten might be back."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """A line: the subject is forgotten since `erased_on`, by `ground`."""

    subject: str
    erased_on: str
    ground: str


class Ledger:
    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> None:
        """Make it where there is none yet. Raise LedgerError where it cannot be read."""
        if not self.path.exists():
            self._begin()
        self._lines()

    def hashing(self) -> Callable[[str], str]:
        """What makes of the id of a fact the one that it has after an erasure. The file is read once, not for each id."""
        key = self._key()
        return lambda name: hmac.digest(key, name.encode(), "sha256").hex()

    def erasures(self) -> dict[str, Erasure]:
        """By subject; of what was noted twice the first."""
        found: dict[str, Erasure] = {}
        for line in self._lines()[1:]:
            one = self._erasure(line)
            found.setdefault(one.subject, one)
        return found

    def note(self, erasures: Iterable[Erasure], known: Collection[str] = ()) -> None:
        """On disk when it returns. `known`: subjects that need no line."""
        text = "".join(json.dumps(asdict(one)) + "\n" for one in erasures if one.subject not in known)
        if not text:
            return
        try:
            # One write at the end: of two processes neither cuts the other's line in two.
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND)
            try:
                os.write(descriptor, text.encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise LedgerError(f"the ledger of erasures {self.path} cannot be written to: {error.strerror}") from error

    def _begin(self) -> None:
        first = {"ledger": _FORM, "key": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Written whole under another name: who starts in the same moment reads all of the line, or makes one itself.
            with NamedTemporaryFile("w", dir=self.path.parent) as file:
                file.write(json.dumps(first) + "\n")
                file.flush()
                os.fsync(file.fileno())
                os.link(file.name, self.path)
        except FileExistsError:
            return
        except OSError as error:
            raise LedgerError(f"the ledger of erasures {self.path} cannot be made: {error.strerror}") from error

    def _key(self) -> bytes:
        try:
            first = json.loads(self._lines()[0])
            key = base64.b64decode(first["key"], validate=True)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise LedgerError(f"the ledger of erasures {self.path} has no key in its first line") from error
        if first.get("ledger") != _FORM or len(key) != KEY_BYTES:
            raise LedgerError(f"the ledger of erasures {self.path} is of another form than {_FORM}")
        return key

    def _lines(self) -> list[str]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise LedgerError(f"the ledger of erasures {self.path} cannot be read: {error}") from error
        if not text.endswith("\n"):
            raise LedgerError(f"the ledger of erasures {self.path} ends in the middle of a line; mend it by hand")
        return text.splitlines()

    def _erasure(self, line: str) -> Erasure:
        try:
            read = json.loads(line)
            return Erasure(read["subject"], read["erased_on"], read["ground"])
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(f"the ledger of erasures {self.path} has a line that cannot be read") from error

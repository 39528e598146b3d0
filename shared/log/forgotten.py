"""Who is forgotten, for those who read the ledger of erasures and never write to it."""

from __future__ import annotations

from shared.log.ledger import Ledger, LedgerError


class Forgotten:
    """`ledger`: None where nobody can be forgotten. The file is read again where it has changed; several threads may ask."""

    def __init__(self, ledger: Ledger | None) -> None:
        self.ledger = ledger
        self._read: tuple[tuple[int, int, int], frozenset[str]] | None = None

    def subjects(self) -> frozenset[str]:
        """Raise LedgerError, also where there is no file: a ledger that is away may name somebody."""
        if self.ledger is None:
            return frozenset()
        try:
            found = self.ledger.path.stat()
        except OSError as error:
            raise LedgerError(f"the ledger of erasures {self.ledger.path} is not there: {error.strerror}") from error
        state = (found.st_ino, found.st_size, found.st_mtime_ns)
        read = self._read
        if read is None or read[0] != state:
            # What is written meanwhile is of another state: it is read the next time.
            self._read = read = (state, frozenset(self.ledger.erasures()))
        return read[1]

"""Why a pool has no connection to give: what the server, or the network, said when one was last asked for. The pool itself
says only for how long it has waited."""

from __future__ import annotations

from typing import Any, Self

import psycopg
from psycopg import Connection
from psycopg_pool import PoolTimeout


class LastRefusal:
    """Of one pool, which connects by `connection_class`; for any thread."""

    def __init__(self) -> None:
        self._error: psycopg.Error | None = None
        """None since a connection was made."""
        last = self

        class Noting(Connection[Any]):
            @classmethod
            def connect(cls, *args: Any, **kwargs: Any) -> Self:
                try:
                    connection = super().connect(*args, **kwargs)
                except psycopg.Error as error:
                    last._error = error
                    raise
                last._error = None
                return connection

        self.connection_class: type[Connection[Any]] = Noting

    @property
    def is_known(self) -> bool:
        return self._error is not None

    def behind(self, error: Exception) -> Exception:
        """What a pool's error comes from, where that is known; of any other, itself."""
        refusal = self._error
        return refusal if isinstance(error, PoolTimeout) and refusal is not None else error

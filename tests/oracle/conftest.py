"""The read set that tests of views have."""

from tests.services.projections.conftest import connection, engine, read_set

__all__ = ["connection", "engine", "read_set"]

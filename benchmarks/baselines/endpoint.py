"""A bare FastAPI endpoint: async pool, one INSERT per transaction; a batch is one transaction with `executemany`.

The pool's context is the transaction, as psycopg's manual has it.

`tuned`, the same by somebody who counts round trips: connections in autocommit, where a statement is a transaction and
BEGIN and COMMIT are not sent; one connection for each client; a batch is one statement on arrays.

python -m benchmarks.baselines.endpoint DATABASE_URL PORT [tuned]
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import uvicorn
from fastapi import FastAPI
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from pydantic import AwareDatetime, BaseModel

CREATE = """
CREATE TABLE IF NOT EXISTS events (
    source text, id text, type text NOT NULL, subject text NOT NULL, time timestamptz NOT NULL, data jsonb NOT NULL,
    recordedtime timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (source, id))
"""
INSERT_MANY = """
INSERT INTO events (source, id, type, subject, time, data)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::jsonb[])
"""
CONNECTIONS, TUNED_CONNECTIONS = 16, 32
INSERT = "INSERT INTO events (source, id, type, subject, time, data) VALUES (%s, %s, %s, %s, %s, %s)"


class Event(BaseModel):
    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: AwareDatetime
    data: dict[str, Any]

    def row(self) -> tuple[Any, ...]:
        return (self.source, self.id, self.type, self.subject, self.time, Jsonb(self.data))


def create(database_url: str, *, tuned: bool = False) -> FastAPI:
    size = TUNED_CONNECTIONS if tuned else CONNECTIONS
    pool = AsyncConnectionPool(database_url, min_size=size, max_size=size, open=False, kwargs={"autocommit": tuned})

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with pool:
            async with pool.connection() as connection:
                await connection.execute(CREATE)
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/events", status_code=201)
    async def post(event: Event) -> dict[str, str]:
        async with pool.connection() as connection:
            await connection.execute(INSERT, event.row())
        return {"id": event.id}

    @app.post("/batches", status_code=201)
    async def post_batch(events: list[Event]) -> list[dict[str, str]]:
        rows = [event.row() for event in events]
        async with pool.connection() as connection, connection.cursor() as cursor:
            if tuned:
                await cursor.execute(INSERT_MANY, [list(column) for column in zip(*rows, strict=True)])
            else:
                await cursor.executemany(INSERT, rows)
        return [{"id": event.id} for event in events]

    return app


def main() -> None:
    uvicorn.run(
        create(sys.argv[1], tuned="tuned" in sys.argv[3:]), port=int(sys.argv[2]), log_level="warning", access_log=False
    )


if __name__ == "__main__":
    main()

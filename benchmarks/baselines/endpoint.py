"""A bare FastAPI endpoint: async pool, one INSERT per transaction; a batch is one transaction with `executemany`.

The pool's context is the transaction, as psycopg's manual has it.

python -m benchmarks.baselines.endpoint DATABASE_URL PORT
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


def create(database_url: str) -> FastAPI:
    pool = AsyncConnectionPool(database_url, min_size=16, max_size=16, open=False)

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
        async with pool.connection() as connection, connection.cursor() as cursor:
            await cursor.executemany(INSERT, [event.row() for event in events])
        return [{"id": event.id} for event in events]

    return app


def main() -> None:
    uvicorn.run(create(sys.argv[1]), port=int(sys.argv[2]), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()

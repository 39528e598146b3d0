"""Quix Streams with its PostgreSQL sink: consume facts, keep the last of each person in a table, by upsert.

Runs in a venv of its own (`benchmarks.peer`), which has nothing of ours:

    python quix_streams.py '{"bootstrap": …, "topic": …, "group": …, "facts": …, "postgresql": {…}}'

Prints one line of JSON: the seconds from the first fact until the commit of the last, and how many were written.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from quixstreams import Application
from quixstreams.sinks.community.postgresql import PostgreSQLSink

AT_ONCE = 10_000
"""As many as the projector takes at once. What a sink writes together is what lies between two commits of the
application: its documentation has `commit_every` for the size and `commit_interval` for the wait."""


class TimedSink(PostgreSQLSink):  # type: ignore[misc]  # Any, where types are checked
    started = 0.0
    ended = 0.0
    written = 0

    def add(self, *args: Any, **kwargs: Any) -> Any:
        self.started = self.started or time.perf_counter()
        return super().add(*args, **kwargs)

    def write(self, batch: Any) -> None:
        super().write(batch)
        self.ended = time.perf_counter()
        self.written += batch.size


def row(fact: dict[str, Any]) -> dict[str, Any]:
    return {
        "subject": fact["subject"],
        "version": fact["streamversion"],
        "type": fact["type"],
        "recordedtime": fact["recordedtime"],
        "data": fact["data"],
    }


def main() -> None:
    job = json.loads(sys.argv[1])
    sink = TimedSink(
        table_name="persons",
        # Its table is there, so that it need not look for new columns before each write.
        schema_auto_update=False,
        primary_key_columns=["subject"],
        upsert_on_primary_key=True,
        include_metadata=False,
        **job["postgresql"],
    )
    app = Application(
        broker_address=job["bootstrap"],
        consumer_group=job["group"],
        auto_offset_reset="earliest",
        commit_every=AT_ONCE,
        commit_interval=1.0,
        loglevel="ERROR",
        auto_create_topics=False,
        use_changelog_topics=False,
    )
    facts = app.dataframe(app.topic(job["topic"], value_deserializer="json", key_deserializer="str"))
    facts = facts.filter(lambda fact: "data" in fact)  # marks say how far the topic is, and have none
    facts = facts.apply(row)
    facts.sink(sink)
    app.run(count=job["facts"], timeout=60, collect=False)
    print(json.dumps({"seconds": sink.ended - sink.started, "written": sink.written}))


if __name__ == "__main__":
    main()

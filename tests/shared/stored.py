"""A fact as a store keeps it, written down a second time."""

from __future__ import annotations

import json

from shared.facts.fact import Recorded


def state_of(fact: Recorded, data: bytes, recordedtime: str) -> bytes:
    """The stored form: the CloudEvent without `sequence` and `streamversion`, which are columns."""
    optional = ("replaces", "correlationid", "causationid", "saidfor", "unproven")
    envelope = {
        "specversion": "1.0",
        "id": fact.id,
        "source": fact.source,
        "type": fact.type,
        "subject": fact.subject,
        "time": fact.time.isoformat(),
        "datacontenttype": "application/json",
        **{name: value for name in optional if (value := getattr(fact, name)) is not None},
        "recordedtime": recordedtime,
    }
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))[:-1].encode() + b',"data":' + data + b"}"

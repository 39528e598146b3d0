"""Roles and readers of a suite, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

_STYLES = {"working": "green", "standby": "green", "paused": "yellow"}


def roles_table(roles: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("role", "state", "since (UTC)", "heartbeat", "process", "version", "at"):
        table.add_column(title)
    for role in roles:
        state = "paused" if role["paused"] else str(role["state"])
        age = role["heartbeat_age_s"]
        table.add_row(
            role["role"],
            Text(state, style=_STYLES.get(state, "bold red")),
            str(role["since"] or "")[:19].replace("T", " "),
            "" if age is None else f"{age:.0f} s ago",
            f"{role['process']} on {role['host']}" if role["process"] else "",
            role["version"] or "",
            _position(role["position"]),
        )
    return table


def _position(position: Mapping[str, Any]) -> str:
    """The least of each service's partitions: what is missing in one is missing."""
    least: dict[str, Any] = {}
    for key, value in position.items():
        service = key.partition("/")[0]
        least[service] = min(least.get(service, value), value)
    return ", ".join(f"{name} {value}" for name, value in sorted(least.items()))


def readers_table(readers: Mapping[str, Mapping[str, Any]]) -> Table:
    """Where each reader is, and what it could not use."""
    table = Table(box=None, pad_edge=False)
    for title in ("reader", "applied", "dead letters", "failed", "incomplete"):
        table.add_column(title)
    for name, found in readers.items():
        if "error" in found:
            table.add_row(name, Text(str(found["error"]), style="bold red"))
            continue
        counts = (str(found[count]) for count in ("dead_letters", "failed_subjects", "incomplete_subjects"))
        table.add_row(name, _position(found["positions"]), *counts)
    return table

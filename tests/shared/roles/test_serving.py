"""What a service that answers HTTP says of itself while it does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from shared.roles.presence import Pulse
from shared.roles.serving import Serving
from tests.parts.log_lines import captured_lines


class Ended(BaseException):
    """The answers are used up."""


def told(*answers: str | Exception | None) -> list[tuple[str, str | None]]:
    """The lines logged while a check gives these, one a step."""
    left: Iterator[str | Exception | None] = iter(answers)

    async def check() -> str | None:
        try:
            answer = next(left)
        except StopIteration:
            raise Ended from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def run() -> None:
        try:
            await Serving("structures", check, Pulse(), every_s=0.0).run()
        except Ended:
            return

    with captured_lines() as lines:
        asyncio.run(run())
    return [(line["event"], line.get("reason")) for line in lines]


def test_an_outage_is_one_line_when_it_begins_and_one_when_it_is_over() -> None:
    assert told(None, "database unreachable", "database unreachable", None, None) == [
        ("not_ready", "database unreachable"),
        ("ready_again", None),
    ]


def test_another_reason_is_another_line() -> None:
    assert told("database unreachable", "database cannot write: disk", None) == [
        ("not_ready", "database unreachable"),
        ("not_ready", "database cannot write: disk"),
        ("ready_again", None),
    ]


def test_what_varies_while_it_lasts_is_no_other_reason() -> None:
    """Another file each time, another instant each second."""
    differ = "the clocks differ by {} minutes: this process's says 2026-11-30T05:14:{}Z"
    assert told('cannot write: "base/5/18"', 'cannot write: "base/5/99"', None) == [
        ("not_ready", 'cannot write: "base/5/18"'),
        ("ready_again", None),
    ]
    assert told(differ.format(2, "07.5"), differ.format(3, "08.25"), None) == [
        ("not_ready", differ.format(2, "07.5")),
        ("ready_again", None),
    ]


def test_a_bug_in_a_check_is_told_and_ends_nothing() -> None:
    assert told(ValueError("of a test"), None) == [("not_ready", "ValueError: of a test"), ("ready_again", None)]

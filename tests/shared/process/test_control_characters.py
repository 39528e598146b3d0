"""What steers a terminal or a reader's eye is escaped on its way out, whoever prints and whoever logs."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.structures.facts import StructureRegistered
from shared.process.control_characters import escaped, escaped_lines, has_control
from shared.process.private_text import masked_value
from tests.parts.processes import clean_environment

HOSTILE = "a\x1b[2J\x9b31m\x85\x7f\u202eb\u2066c\u2028d\r"
BIDIRECTIONAL = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


def steers(character: str) -> bool:
    """As Unicode has it, not as our list does."""
    return (
        unicodedata.category(character) in ("Cc", "Zl", "Zp") or unicodedata.bidirectional(character) in BIDIRECTIONAL
    )


def test_the_list_is_unicodes() -> None:
    for code in range(0x11_0000):
        assert has_control(chr(code)) == steers(chr(code)), f"U+{code:04X}"


@given(st.text())
def test_nothing_that_steers_is_left_and_json_reads_the_same(text: str) -> None:
    assert not any(map(steers, escaped(text)))
    assert not any(steers(character) for character in escaped_lines(text) if character not in "\n\t")
    printed = json.dumps(text, ensure_ascii=False)
    assert json.loads(escaped_lines(printed)) == text
    if not has_control(text):
        assert escaped(text) == text


def test_a_line_of_a_log_stays_one() -> None:
    found = masked_value({"a": [f"x\n{HOSTILE}"], "b": ValueError, "c\x9b": 1})
    assert not any(map(steers, json.dumps(found, ensure_ascii=False)))
    assert found["a"] == ["x\\na\\u001b[2J\\u009b31m\\u0085\\u007f\\u202eb\\u2066c\\u2028d\\r"]


PRINTING = f"""
import sys
from rich.table import Table
from rich.text import Text
from parcours import command_line
from parcours.terminal.console import print_json, print_line, say, screen
from shared.process.logs import log_to_stderr
from shared.process.settings import Settings
import logging, structlog
hostile = {HOSTILE!a}
def shown():
    log_to_stderr(Settings(log_json=LOG_JSON))
    screen().print(hostile)
    screen().print(Text(hostile, style="bold red"))
    table = Table("x", title=hostile)
    table.add_row(hostile, style="red")
    screen().print(table)
    print(hostile)
    print_json([hostile])
    print_line([hostile])
    say(hostile)
    structlog.get_logger().warning("event " + hostile, field=hostile, error=ValueError(hostile), deep=[hostile])
    logging.getLogger("some.library").warning("library %s", hostile)
    try:
        raise RuntimeError(hostile)
    except RuntimeError:
        structlog.get_logger().exception("failed")
    raise RuntimeError(hostile)
command_line.command_line = lambda modules: shown
command_line.run()
"""


@pytest.mark.parametrize("log_json", [False, True])
@pytest.mark.parametrize("env", [{}, {"FORCE_COLOR": "1"}], ids=["plain", "coloured"])
def test_no_command_and_no_log_prints_one(log_json: bool, env: Mapping[str, str]) -> None:
    code = PRINTING.replace("LOG_JSON", str(log_json))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean_environment(), **env, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
        timeout=100,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "error of ours" in err
    ours = out + err
    if env:  # colours of rich, which a data's own could not be told from: of those there is the sequence that clears
        ours = ours.replace("\x1b[", "").replace("\x1b]", "")
        assert "2J" in out
        assert "\x1b[2J" not in out + err
    assert {f"U+{ord(character):04X}" for character in ours if steers(character) and character not in "\n\t"} == set()
    assert out.count("\\u009b31m") >= 5
    assert err.count("\\u202eb") >= 5


def test_what_was_recorded_before_is_still_read() -> None:
    data = {**StructureRegistered.example, "name": "La \u202e Boussole"}
    assert StructureRegistered.model_validate_json(json.dumps(data)).name == data["name"]

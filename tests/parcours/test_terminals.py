"""Terminals that are not UTF-8: what cannot be shown is replaced; JSON loses nothing; nothing ever ends in a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parcours.servers import recorded, serving
from tests.parts.processes import clean_environment

MAIN = "from parcours.__main__ import main; main()"
TERMINALS: dict[str, dict[str, str]] = {
    "LANG=C": {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
}
EACH = ["LANG=C", "ascii", pytest.param("latin-1", marks=pytest.mark.soak)]
"""Latin-1 shows more than the others do: what they show, it shows."""
ACCENTS = "Œuvre d'été → 3 500 €"


def run(terminal: str, *args: str, code: str = MAIN) -> subprocess.CompletedProcess[bytes]:
    left_out = ("PYTHONIOENCODING", "PYTHONUTF8", "LC_", "LANG")
    plain = {name: value for name, value in clean_environment().items() if not name.startswith(left_out)}
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        env={**plain, **TERMINALS[terminal]},
        capture_output=True,
        check=False,
        timeout=100,
    )


def is_shown(done: subprocess.CompletedProcess[bytes], *codes: int) -> str:
    text = (done.stdout + done.stderr).decode("latin-1")
    assert done.returncode in codes, text
    assert "Traceback" not in text, text
    assert "UnicodeEncodeError" not in text, text
    return text


@pytest.mark.parametrize("terminal", TERMINALS)
def test_what_people_read(terminal: str) -> None:
    """Words, tables, lines about what is going on, progress: the first accent ended the command."""
    code = f"""
import sys
from rich.table import Table
from parcours import command_line
from parcours.terminal.console import ProgressLine, say, screen
def shown():
    table = Table("Pr\\xe9nom", title={ACCENTS!a})
    table.add_row({ACCENTS!a})
    screen().print(table)
    print({ACCENTS!a})
    say({ACCENTS!a} + "\\udce9")
    ProgressLine({ACCENTS!a}, "\\xe9", sys.stderr)._write({ACCENTS!a})
command_line.command_line = lambda modules: shown
command_line.run()
"""
    text = is_shown(run(terminal, code=code), 0)
    assert ("d'été" if terminal == "latin-1" else "d'?t?") in text
    assert "3 500 ?" in text


@pytest.mark.parametrize("terminal", EACH)
def test_json_for_machines_loses_nothing(terminal: str, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    event = {"id": "é→€", "type": "pathways.hired.v1", "data": {"note": ACCENTS}}
    file.write_text(json.dumps(event, ensure_ascii=False), encoding="utf-8")
    problem = {"code": "x", "title": ACCENTS, "status": 409}
    with serving(lambda got, _: recorded(got.lines, {"é→€": problem})) as server:
        done = run(terminal, "events", "post", str(file), "--url", server.url, "--json")
        is_shown(done, 1)
        report = json.loads(done.stdout)
        assert report["not_recorded"][0]["event"] == event
        text = is_shown(run(terminal, "events", "post", str(file), "--url", server.url), 1)
    assert "3 500 ?" in text


@pytest.mark.parametrize("terminal", EACH)
@pytest.mark.parametrize(
    "args",
    [
        ("--help",),
        ("up", "--help"),
        ("events", "post", "--help"),
        ("events", "post", "é€.ndjson"),
        ("settings",),
        ("nothé",),
    ],
    ids=" ".join,
)
def test_help_settings_and_errors(terminal: str, args: tuple[str, ...]) -> None:
    is_shown(run(terminal, *args), 0, 2)

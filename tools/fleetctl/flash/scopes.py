"""Scopes: puts what a name means in the place of the name, wherever Python would look it up among a module's globals.

What a function, a class or a comprehension calls the same is left alone. Annotations and docstrings go: they are for
readers. It knows Python's rules of scope, and nothing of what a program is about.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from fleetctl.errors import Failed

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Namespace(Protocol):
    """What is used by its attributes, as a module in `topics.build`."""

    def meaning(self, name: str) -> "Meaning":
        """What it calls so. Raises Failed."""
        ...


# What a name means: another name, a constant, or a namespace. None: something of a function's own.
Meaning = str | ast.Constant | Namespace
Meanings = dict[str, Meaning | None]


class Resolver(ast.NodeTransformer):
    """`meanings` are those of a module's globals, `imported(statement)` those of what a statement imports; a name that
    means nothing is left as it is. `used` are the names that were put in. Raises Failed where one of them would be
    taken for something of a function's own.
    """

    def __init__(self, meanings: Meanings, imported: Callable[[ast.ImportFrom], Meanings], path: str) -> None:
        self.used: set[str] = set()
        self._imported = imported
        self._path = path
        self._scopes: list[tuple[Meanings, bool]] = [(meanings, False)]  # and whether it is that of a class

    def body(self, statements: Iterable[ast.stmt]) -> list[ast.stmt]:
        """These statements resolved; `pass` where nothing is left of them."""
        found = [self.visit(each) for each in statements if not _is_text(each)]
        return [each for each in found if each is not None] or [ast.Pass()]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if self._is_class() and not isinstance(node.ctx, ast.Load):
            return node
        return self._in_place_of(node, self._meaning(node.id))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        meaning = self._meaning(node.value.id) if isinstance(node.value, ast.Name) else None
        if meaning is None or isinstance(meaning, str | ast.Constant):
            node.value = self.visit(node.value)
            return node
        return self._in_place_of(node, meaning.meaning(node.attr))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt | None:
        if node.value is None:
            return None
        return self.visit(ast.Assign([node.target], node.value))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt | None:
        """What is meant otherwise need not be imported."""
        known = self._imported(node)
        node.names = [each for each in node.names if (each.asname or each.name) not in known]
        return node if node.names else None

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> ast.stmt:
        raise Failed(f"{self._path} says `{ast.unparse(node)}`, which cannot be linked: keep it in an object.")

    visit_Nonlocal = visit_Global

    def visit_FunctionDef(self, node: _Function) -> _Function:
        """Its defaults and decorators belong to what is around it."""
        node.name = self._defined(node.name)
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.returns = None
        self._defaults(node.args)
        own: Meanings = dict.fromkeys([*_arguments(node.args), *_bound(node.body)])
        for statement in _walk(node.body):
            if isinstance(statement, ast.ImportFrom):
                own.update(self._imported(statement))
        with self._within(own):
            node.body = self.body(node.body)
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        self._defaults(node.args)
        with self._within(dict.fromkeys(_arguments(node.args))):
            node.body = self.visit(node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """What its body defines hides what is around it from there on, in that body alone and not in its methods."""
        node.name = self._defined(node.name)
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.bases = [self.visit(each) for each in node.bases]
        own: Meanings = {}
        body: list[ast.stmt] = []
        with self._within(own, is_class=True):
            for statement in node.body:
                names = [*_bound([statement])]
                body += self.body([statement])
                own.update(dict.fromkeys(names))
        node.body = body
        return node

    def visit_ListComp(self, node: _Comprehension) -> _Comprehension:
        """What it goes over first is evaluated outside."""
        first = node.generators[0]
        over = self.visit(first.iter)
        first.iter = ast.Constant(None)
        with self._within(dict.fromkeys(_bound(each.target for each in node.generators))):
            self.generic_visit(node)
        first.iter = over
        return node

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    @contextmanager
    def _within(self, own: Meanings, is_class: bool = False) -> Iterator[None]:
        self._scopes.append((own, is_class))
        yield
        self._scopes.pop()

    def _meaning(self, name: str) -> Meaning | None:
        for depth, (names, is_class) in enumerate(reversed(self._scopes)):
            if name in names and (depth == 0 or not is_class):
                return names[name]
        return None

    def _in_place_of(self, node: ast.Name | ast.Attribute, meaning: Meaning | None) -> ast.expr:
        if meaning is None:
            return node
        if isinstance(meaning, ast.Constant):
            return ast.Constant(meaning.value)
        if not isinstance(meaning, str):
            raise Failed(f"{self._path} uses a module as a value in line {node.lineno}, which cannot be linked.")
        if any(meaning in names and names[meaning] is None for names, is_class in self._scopes[1:] if not is_class):
            raise Failed(f"{self._path}: {meaning} in line {node.lineno} is hidden by a local name. Rename that.")
        self.used.add(meaning)
        return ast.Name(meaning, node.ctx)

    def _is_class(self) -> bool:
        return self._scopes[-1][1]

    def _defined(self, name: str) -> str:
        meaning = None if self._is_class() else self._meaning(name)
        return meaning if isinstance(meaning, str) else name

    def _defaults(self, arguments: ast.arguments) -> None:
        arguments.defaults = [self.visit(each) for each in arguments.defaults]
        arguments.kw_defaults = [each and self.visit(each) for each in arguments.kw_defaults]
        for each in ast.iter_child_nodes(arguments):
            if isinstance(each, ast.arg):
                each.annotation = None


def locals_of(body: Iterable[ast.stmt]) -> set[str]:
    """All names that functions, lambdas and comprehensions in these have of their own."""
    found: set[str] = set()
    for node in (inner for statement in body for inner in ast.walk(statement)):
        if isinstance(node, _Function):
            found.update(_arguments(node.args), _bound(node.body))
        elif isinstance(node, ast.Lambda):
            found.update(_arguments(node.args))
        elif isinstance(node, _Comprehension):
            found.update(_bound(each.target for each in node.generators))
    return found


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _arguments(arguments: ast.arguments) -> list[str]:
    return [each.arg for each in ast.iter_child_nodes(arguments) if isinstance(each, ast.arg)]


def _bound(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The names that these define in their own scope."""
    for node in _walk(nodes):
        if isinstance(node, _Function | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((each.asname or each.name).partition(".")[0] for each in node.names)


def _walk(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """These and all in them, but for what is in a scope of its own."""
    for node in nodes:
        yield node
        if not isinstance(node, _Function | ast.ClassDef | ast.Lambda | _Comprehension):
            yield from _walk(ast.iter_child_nodes(node))

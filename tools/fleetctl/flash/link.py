"""Link: makes one program of the modules that a board imports as it starts, which takes much less of its heap.

Every module of MicroPython has tables of its own, and most names are in many of them. Here the modules become one, in
the order in which Python runs them, and a constant stands where it is used. What is imported within functions stays a
module, and what others import from the program has a door. It reads sources, and runs none.
"""

import ast
import builtins
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fleetctl.errors import Failed
from fleetctl.flash.constants import constants
from fleetctl.flash.scopes import Meaning, Meanings, Resolver, locals_of
from fleetctl.flash.words import moved

PROGRAM = "henge_agent.program"
WORDS = "henge_agent/program.txt"  # where it looks for the sentences that it says


class Linked(NamedTuple):
    """`sources` by path: the program, its doors, and the modules that stay; `words` is the file beside the program."""

    sources: dict[str, str]
    words: bytes


def linked(texts: dict[str, str], outside: Iterable[str], public: str) -> Linked:
    """`texts` are the modules by path. Those of the names `outside` are imported by what is not linked; they, what they
    import at their top, and what that imports, are the program. They get a door, and so does what of it is in the
    package `public`, for whoever has modules of their own on a board. Raises Failed.
    """
    modules = [_Module(path, text) for path, text in texts.items()]
    linker = _Linker({module.name: module for module in modules})
    outside = [name for name in outside if name in linker.modules]  # a board has nothing else of ours
    for name in outside:
        linker.take_in(linker.modules[name])
    linker.name_all()
    found: dict[str, list[ast.stmt]] = {}
    for module in modules:
        if not (module.is_in or module.is_package):
            found[module.path] = linker.apart(module)
        elif module.name in outside or module.name.startswith(public + "."):
            found[module.path] = linker.door(module)
    found[PROGRAM.replace(".", "/") + ".py"], words = moved(linker.program())
    for module in modules:
        if module.is_package and any(path.startswith(module.path.removesuffix("__init__.py")) for path in found):
            found[module.path] = linker.apart(module)
    return Linked({path: _text(body) for path, body in found.items()}, words)


class _Module:
    """A source, and what its names are called in the program. A package's own stays apart, since Python runs it before
    it looks for anything in the package; of its names only constants can be imported.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.body = ast.parse(text, path).body
        self.is_package = path.endswith("__init__.py")
        self.is_in = False  # the program
        self.defined: list[str] = []  # the names at its top, imports aside
        self.meanings: Meanings = {**constants(self.body)} if self.is_package else {}

    def meaning(self, name: str) -> Meaning:
        """What something at its top is called. Raises Failed."""
        found = self.meanings.get(name)
        if found is None:
            raise Failed(f"{self.path} has no {name} that can be linked.")
        return found


class _Linker:
    def __init__(self, modules: dict[str, _Module]) -> None:
        self.modules = modules
        self._order: list[_Module] = []
        self._imports: dict[str, str] = {}  # by the names of what is not ours: how to import it
        self._wanted: set[str] = set()  # what others import from the program

    def take_in(self, module: _Module) -> None:
        """What it imports comes first, as when Python runs it."""
        if module.is_in or module.is_package:
            return
        module.is_in = True
        module.body = [each for statement in module.body for each in self._only_here(statement)]
        for statement in module.body:
            for name in self._ours(statement):
                self.take_in(self.modules[name])
        self._order.append(module)

    def name_all(self) -> None:
        """Settles what every name means; only then can any be resolved."""
        taken = set(dir(builtins))  # and by what functions have of their own, in which nothing else would be found
        taken.update(*(locals_of(module.body) for module in self.modules.values()))
        for module in self._order:
            for statement in module.body:
                if isinstance(statement, ast.Import | ast.ImportFrom):
                    self._note_import(statement, module)
            taken.update(self._imports)
        for module in self._order:
            fixed = constants(module.body)
            module.defined = [name for each in module.body for name in _names(each, module.path)]
            for name in dict.fromkeys(module.defined):
                new = name if name not in taken else f"{name}_{module.name.rpartition('.')[2]}"
                if new in taken:
                    raise Failed(f"{module.path} defines {name}, and so do others of that name. Rename it.")
                taken.add(new)
                module.meanings[name] = fixed.get(name, new)
        for module in self._order:  # in this order, so that what is handed on is known
            for statement in module.body:
                if isinstance(statement, ast.ImportFrom):
                    module.meanings |= self._imported(statement)

    def program(self) -> list[ast.stmt]:
        """To be called last: what nobody wants is left out."""
        pieces: list[_Piece] = []
        for module in self._order:
            fixed = constants(module.body)
            for statement in module.body:
                names = _names(statement, module.path)
                if not isinstance(statement, ast.Import | ast.ImportFrom) and not (names and names[0] in fixed):
                    resolver = Resolver(module.meanings, self._imported, module.path)
                    called = {str(module.meanings[name]) for name in names}
                    pieces += [_Piece(called, each, resolver.used) for each in resolver.body([statement])]
        imports = list(ast.parse("\n".join(dict.fromkeys(self._imports.values()))).body)
        return imports + _reached(pieces, self._wanted)

    def apart(self, module: _Module) -> list[ast.stmt]:
        """A module that stays one."""
        meanings: Meanings = {}
        for statement in module.body:
            if isinstance(statement, ast.ImportFrom):
                meanings |= self._imported(statement)
        resolver = Resolver(meanings, self._imported, module.path)
        body = resolver.body(module.body)
        if resolver.used:
            body.insert(0, _import({name: name for name in sorted(resolver.used)}))
        self._wanted |= resolver.used
        return body

    def door(self, module: _Module) -> list[ast.stmt]:
        """What others import in the place of a module that is in the program."""
        public = {name: module.meanings[name] for name in module.defined if not name.startswith("_")}
        names = {name: meaning for name, meaning in public.items() if isinstance(meaning, str)}
        self._wanted.update(names.values())
        body: list[ast.stmt] = [_import(names) if names else ast.Import([ast.alias(PROGRAM)])]
        for name, meaning in public.items():
            if isinstance(meaning, ast.Constant):
                body.append(ast.Assign([ast.Name(name, ast.Store())], meaning))
        return body

    def _only_here(self, statement: ast.stmt) -> list[ast.stmt]:
        """Without what is only on computers: `try` imports that, and what a board has instead comes after `except`."""
        if not isinstance(statement, ast.Try):
            return [statement]
        first, handler = statement.body[0], statement.handlers[0]
        if isinstance(first, ast.ImportFrom) and not any(
            f"{first.module}.{each.name}" in self.modules for each in first.names
        ):
            return handler.body
        raise Failed(f"A `try` at the top in line {statement.lineno} cannot be linked.")

    def _ours(self, statement: ast.stmt) -> Iterator[str]:
        """The modules of ours that a statement at the top imports."""
        if isinstance(statement, ast.ImportFrom) and statement.module:
            names = [statement.module, *(f"{statement.module}.{each.name}" for each in statement.names)]
            yield from (name for name in names if name in self.modules)

    def _imported(self, statement: ast.ImportFrom) -> Meanings:
        """What the names mean that a statement imports from the program; none for those from elsewhere."""
        found: Meanings = {}
        for each in statement.names:
            whole = self.modules.get(f"{statement.module}.{each.name}")
            source = self.modules.get(statement.module or "")
            if whole and whole.is_in:
                found[each.asname or each.name] = whole
            elif source and (source.is_in or source.is_package) and not whole:
                found[each.asname or each.name] = source.meaning(each.name)
        return found

    def _note_import(self, statement: ast.Import | ast.ImportFrom, module: _Module) -> None:
        if any(self._ours(statement)):
            return
        for each in statement.names:
            is_whole = isinstance(statement, ast.Import)
            name = each.asname or each.name
            text = ast.unparse(ast.Import([each]) if is_whole else ast.ImportFrom(statement.module, [each], 0))
            if self._imports.setdefault(name, text) != text:
                raise Failed(f"{module.path} says `{text}`, and another module `{self._imports[name]}`.")


class _Piece(NamedTuple):
    """A statement of the program, the names that it defines, and those that it uses."""

    defines: set[str]
    statement: ast.stmt
    uses: set[str]


def _reached(pieces: list[_Piece], wanted: set[str]) -> list[ast.stmt]:
    """What defines something that is wanted or that such a piece uses, and what does something beside defining."""
    reached: set[int] = set()
    before = -1
    while len(reached) > before:
        before = len(reached)
        for number, piece in enumerate(pieces):
            if number not in reached and (not piece.defines or piece.defines & wanted):
                reached.add(number)
                wanted = wanted | piece.uses
    return [piece.statement for number, piece in enumerate(pieces) if number in reached]


def _names(statement: ast.stmt, path: str) -> list[str]:
    """What a statement at the top of a module defines there, imports aside. Raises Failed."""
    found: list[str] = []
    for inner in [*statement.body, *statement.orelse] if isinstance(statement, ast.If) else [statement]:
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.append(inner.name)
        elif isinstance(inner, ast.Assign | ast.AnnAssign):
            targets = inner.targets if isinstance(inner, ast.Assign) else [inner.target]
            nodes = [node for target in targets for node in ast.walk(target)]
            found += [node.id for node in nodes if isinstance(node, ast.Name)]
        elif not isinstance(inner, ast.Import | ast.ImportFrom | ast.Expr):
            raise Failed(f"{path} does in line {inner.lineno}, at its top, what cannot be linked.")
    return found


def _import(names: dict[str, str]) -> ast.stmt:
    """From the program, by the names for here and those there."""
    aliases = [ast.alias(there, here if here != there else None) for here, there in names.items()]
    return ast.ImportFrom(PROGRAM, aliases, 0)


def _text(body: list[ast.stmt]) -> str:
    return ast.unparse(ast.fix_missing_locations(ast.Module(body, []))) + "\n"

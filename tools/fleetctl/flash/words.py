"""Words: moves the sentences of a program into a file, from which it reads one when it has something to say.

A board says little and has room for few objects, and each sentence is one. Only what stands in functions is moved: the
rest is made when the program starts. What a sentence says does not matter here.
"""

import ast
from typing import Any

# From here on a text is an object of its own in MicroPython, of 16 bytes and a line in a table beside its characters.
# Below it is likely to be a name of something, or something said often.
_SHORTEST = 16
# `program.txt` beside `program.mpy`. Whoever has something to say has trouble already, so this makes none.
_READER = """
def _words(at):
    try:
        with open(__file__[:-3] + "txt", "rb") as file:
            file.seek(at)
            return file.readline()[:-1].decode()
    except (OSError, MemoryError):
        return "(cannot read what this means from flash)"
"""


def moved(body: list[ast.stmt]) -> tuple[list[ast.stmt], bytes]:
    """A program without its sentences, and the file with them, each a line."""
    mover = _Mover()
    body = [mover.visit(statement) for statement in body]
    return (ast.parse(_READER).body if mover.lines else []) + body, bytes(mover.lines)


class _Mover(ast.NodeTransformer):
    def __init__(self) -> None:
        self.lines = bytearray()
        self._found: dict[str, int] = {}
        self._depth = 0  # of functions

    def visit_FunctionDef(self, node: Any) -> ast.stmt:
        """Defaults and decorators stay: they are evaluated once."""
        self._depth += 1
        node.body = [self.visit(statement) for statement in node.body]
        self._depth -= 1
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        text = node.value
        if not self._depth or not isinstance(text, str) or len(text) < _SHORTEST or " " not in text or "\n" in text:
            return node
        if text not in self._found:
            self._found[text] = len(self.lines)
            self.lines += text.encode() + b"\n"
        return ast.Call(ast.Name("_words", ast.Load()), [ast.Constant(self._found[text])], [])

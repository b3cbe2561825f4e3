"""Constants: the names at the top of a module that mean the same number or text for good, found without running it."""

import ast
from collections import Counter
from collections.abc import Iterator

# What only a computer would say no to.
_ON_BOARDS = "sys.implementation.name == 'micropython'"
_MOST_BYTES = 8  # of a byte string: a longer one would be in the program as often as it is used


def constants(body: list[ast.stmt]) -> dict[str, ast.Constant]:
    """By name. A name that is given to two things is none."""
    found = [pair for statement in body for pair in _named(statement)]
    times = Counter(name for name, _ in found)
    return {name: value for name, value in found if value is not None and times[name] == 1}


def _named(statement: ast.stmt) -> Iterator[tuple[str, ast.Constant | None]]:
    """The names in an assignment, with what they mean; None where that is no constant."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value:
        target, value = statement.target, statement.value
    else:
        return
    if isinstance(target, ast.Name):
        yield target.id, _constant(value)
    elif isinstance(target, ast.Tuple):
        values = _several(value)
        are_all = None not in values and len(values) == len(target.elts)
        for number, each in enumerate(target.elts):
            if isinstance(each, ast.Name):
                yield each.id, values[number] if are_all else None


def _several(value: ast.expr) -> list[ast.Constant | None]:
    """The parts of `1, 2` and of `range(3)`."""
    if isinstance(value, ast.Tuple):
        return [_constant(each) for each in value.elts]
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "range" and len(value.args) == 1:
        return [ast.Constant(number) for number in range(ast.literal_eval(value.args[0]))]
    return []


def _constant(value: ast.expr) -> ast.Constant | None:
    if ast.unparse(value) == _ON_BOARDS:
        return ast.Constant(True)
    found = _computed(value)
    is_short = not isinstance(found, bytes) or len(found) <= _MOST_BYTES
    return ast.Constant(found) if isinstance(found, bool | int | str | bytes) and is_short else None


def _computed(value: ast.expr) -> object:
    """Of a literal, or of whole numbers put together; None for anything else."""
    if isinstance(value, ast.Constant):
        return value.value
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
        number = _computed(value.operand)
        return -number if isinstance(number, int) else None
    if isinstance(value, ast.BinOp) and type(value.op) in _OPERATIONS:
        left, right = _computed(value.left), _computed(value.right)
        if isinstance(left, int) and isinstance(right, int):
            return _OPERATIONS[type(value.op)](left, right)
    return None


_OPERATIONS = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.LShift: lambda left, right: left << right,
}

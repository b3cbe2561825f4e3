"""docs/conformance.md, made of statements.toml and the numbers that tests and malformed cases carry.

`python -m tests.broker.conformance` prints the page, `--write` puts it in its place. It reads the tests and runs none.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

from tests.broker import malformed

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "conformance.md"
STATEMENTS = tomllib.loads((HERE / "statements.toml").read_text())
CASES = {
    "test_closed_before_connack_when_malformed": malformed.BEFORE_CONNECT,
    "test_closed_when_malformed_and_nobody_else_is": malformed.AFTER_CONNECT,
    "test_stays_open_when_odd_but_legal": malformed.LEGAL,
}
"""The tests of test_malformed.py and the cases each of them goes through."""

HEAD = """\
# MQTT 3.1.1, statement by statement

Every normative statement of the standard, [MQTT Version 3.1.1][1], by the number it has there (`[MQTT-1.5.3-1]` and so
on, all {count} of its appendix B), in few words of our own, and the tests that hold it.

This page is made: `.venv/bin/python -m tests.broker.conformance --write` collects what the tests say they hold. A test
carries the numbers (`@pytest.mark.spec`), or its case in `tests/broker/malformed.py` does; the statements are in
`tests/broker/statements.toml`. `tests/test_conformance.py` fails when a number is missing, or when this page is not
what the tests say. `./dev test PATH -k NAME` runs the tests of a row. In brackets are cases of malformed input; each
of those is sent to mosquitto too, which must close the connection where we do, unless the case says why not.

[1]: https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html
"""


def held() -> dict[str, list[str]]:
    """Statement -> what holds it: tests as `path::name`, malformed cases behind them in brackets."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(HERE.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for number in _numbers(node):
                    found[number].append(f"`{path.relative_to(ROOT)}::{node.name}`")
    for test, cases in CASES.items():
        by_number: dict[str, list[str]] = defaultdict(list)
        for case in cases:
            for number in case.rules.split():
                by_number[number].append(case.name)
        for number, names in by_number.items():
            found[number].append(f"`tests/broker/test_malformed.py::{test}` ({_some(names)})")
    return found


def _numbers(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """The arguments of `@pytest.mark.spec(...)` on a function."""
    return [
        ast.literal_eval(argument)
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.spec"
        for argument in decorator.args
    ]


def _some(names: list[str]) -> str:
    """The first cases by name; a statement may have dozens."""
    return "; ".join(names[:3]) + (f"; {len(names) - 3} more" if len(names) > 3 else "")


def in_order(numbers: list[str]) -> list[str]:
    """Sorted as the standard has them."""
    return sorted(numbers, key=lambda number: [int(part) for part in number.replace("-", ".").split(".")])


def page() -> str:
    """The whole page."""
    by, server, other, client = held(), STATEMENTS["server"], STATEMENTS["not"], STATEMENTS["client"]
    lines = [HEAD.format(count=sum(map(len, STATEMENTS.values())))]
    lines += ["## What binds a server", "", "| number | what it asks | held by |", "|---|---|---|"]
    lines += [f"| {number} | {server[number]} | {'<br>'.join(by[number])} |" for number in in_order(list(server))]
    lines += ["", "## What does not apply here", "", "| number | what it asks | why not |", "|---|---|---|"]
    lines += [f"| {number} | {other[number]['asks']} | {other[number]['why']} |" for number in in_order(list(other))]
    lines += ["", "## What binds the client alone", "", "A server can neither see nor enforce these.", ""]
    lines += [f"- {number}: {client[number]}" for number in in_order(list(client))]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page())
    else:
        print(page(), end="")

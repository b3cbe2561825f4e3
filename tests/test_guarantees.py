"""Every guarantee names a test that holds it, and every test that is named exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "guarantees.md").read_text()

NAMED = re.findall(r"^- `(tests/[\w/]+\.py)::(\w+)`$", PAGE, flags=re.MULTILINE)
GUARANTEES = re.split(r"^\*\*(?=\d+\. )", PAGE, flags=re.MULTILINE)[1:]


def names_in(path: Path) -> set[str]:
    """The names of the functions in a file, those in classes too."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, functions)}


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_named_test_exists(path: str, name: str) -> None:
    assert name.startswith("test_")
    assert name in names_in(ROOT / path)


def test_each_guarantee_names_a_test() -> None:
    without = [guarantee.splitlines()[0] for guarantee in GUARANTEES if "\n- `tests/" not in guarantee]
    assert without == []


def test_guarantees_are_numbered_without_gaps() -> None:
    numbers = [int(guarantee.split(".", 1)[0]) for guarantee in GUARANTEES]
    assert numbers == list(range(1, len(GUARANTEES) + 1))


def test_nothing_is_named_in_another_form() -> None:
    assert len(NAMED) == PAGE.count("::")

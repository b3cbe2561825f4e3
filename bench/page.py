"""The page: puts the figures of a run where the docs show them."""

from pathlib import Path

from bench.machine import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
GUARANTEES = ROOT / "docs" / "guarantees.md"


def write(about: str, table: str) -> None:
    """Replaces what stands between the two marks of the page."""
    _replace(PAGE, "figures", "./dev bench --write", f"{about}\n\n{table}")


def write_firmware(about: str, table: str, heap: str) -> None:
    """The firmware's whole table, and what of it the guarantees show."""
    command = "./dev bench firmware --write"
    _replace(PAGE, "firmware", command, f"{about}\n\n{table}")
    _replace(GUARANTEES, "heap", command, heap)


def _replace(page: Path, name: str, command: str, text: str) -> None:
    begin, end = f"<!-- {name}: written by {command} -->\n", f"<!-- end of the {name} -->\n"
    before, _, rest = page.read_text().partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n{text}\n\n{end}{after}")

"""The page: puts the figures of a run where docs/benchmarks.md shows them."""

from bench.machine import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
_BEGIN = "<!-- figures: written by ./dev bench --write -->\n"
_END = "<!-- end of the figures -->\n"


def write(about: str, table: str) -> None:
    """Replaces what stands between the two marks of the page."""
    before, _, rest = PAGE.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    PAGE.write_text(f"{before}{_BEGIN}\n{about}\n\n{table}\n\n{_END}{after}")

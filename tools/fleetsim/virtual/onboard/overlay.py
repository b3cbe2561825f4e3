"""Puts a board's names over modules that the interpreter has built in, which cannot be changed themselves."""

import sys


class Overlay:
    """A module whose names are those of `over` first, then those of the module below."""

    def __init__(self, below, over: dict) -> None:
        self._below = below
        for name, value in over.items():
            setattr(self, name, value)

    def __getattr__(self, name: str):
        return getattr(self._below, name)


def lay_over(name: str, over: dict) -> Overlay:
    """From now on `import NAME` gives the board's version, also under its old name with a u."""
    layer = Overlay(__import__(name), over)
    sys.modules[name] = sys.modules["u" + name] = layer  # type: ignore[assignment]
    return layer

"""MemoryStorage: in the place of flash where nothing is to be kept. No board uses it."""


class MemoryStorage:
    """Forgets everything at the end: for tests, benchmarks and simulations."""

    def __init__(self) -> None:
        self._places: dict = {}
        self.writes = 0

    def read(self, place: str, start: int, count: int) -> bytes:
        """`count` bytes of what was written to a place, or as many as there are."""
        return self._places.get(place, b"")[start : start + count]

    def pieces(self, place: str, start: int, count: int):
        """The same, a few bytes at a time."""
        yield self.read(place, start, count)

    def write(self, place: str, *parts: bytes) -> None:
        """Puts the parts there, one after another, in the place of what was there."""
        self.writes += 1
        self._places[place] = b"".join(bytes(part) for part in parts)

    def drop(self, place: str) -> None:
        """Nothing is there any more."""
        self.writes += 1
        self._places.pop(place, None)

"""Cuts a board's power at step 1, 2, 3, ... of all that it does with its flash, and in a long life at steps by chance.

A program for both runtimes: `power_cuts.py --replay ID` does one case again, `--all [GROUND...]` every one, `--few
[GROUND...]` some. It prints a line of JSON for each row of its table and a line `BAD ID: why` for each state that
should not have been, and leaves with 1 when there was one.
"""

import json
import sys

from power_ground import GROUNDS
from power_story import STORY, is_applied
from power_subject import Order, Subject, cut_short

SIZES = (40, 256, 1024, 4096, 8192)  # bytes of a document, at most
SEEDS = (None, 1)  # of a cut: clean, and torn in a way that follows from the number
AGE = 61  # documents that the flash has seen before: its file system is then in the midst of its own log
UPDATES = 2000  # of a long life
QUICK = ((40,), 0, 60)
WHOLE = (SIZES, AGE, UPDATES)


class Campaign:
    """Counts what was tried on one ground, and what was `bad`: (id, what was wrong) each.

    `wrap(storage)` puts a fault between the board and its storage, which must be found then.
    """

    def __init__(self, ground: str, wrap=None) -> None:
        self._name = ground
        self._wrap = wrap
        self.points = 0
        self.cuts = 0
        self.bad: list = []

    def story(self, size: int, age: int, seeds=SEEDS) -> None:
        """Each chapter cut at every step until it passes, clean and torn."""
        before = self.before(size, age)
        for number in range(len(STORY)):
            for seed in seeds:
                cut = 1
                while self.case(before, size, number, seed, cut, "story:{}:{}:{}".format(self._name, size, age)):
                    cut += 1
            self.points += cut - 1
            before = self.told(before, size, number)

    def before(self, size: int, age: int) -> "tuple":
        """A board that has seen so many documents: its ground and what it knows."""
        board = Subject(GROUNDS[self._name](), None, self._wrap)
        for rev in range(1, age + 2):
            board.takes(Order(rev, rev % 90 + 1, "home", size))
        return self._closed(board)

    def told(self, before: "tuple", size: int, number: int) -> "tuple":
        """The same after a chapter that nothing cut."""
        board = self._open(before)
        STORY[number](board, board.last + 1, size)
        return self._closed(board)

    def case(self, before: "tuple", size: int, number: int, seed: "int | None", cut: int, begin: str) -> bool:
        """One cut in a chapter; then a start, the chapter again, another document, and a last start.

        Whether the power failed before the chapter was over.
        """
        board = self._open(before)
        rev = board.last + 1
        board.ground.medium.cut(cut - 1, seed)
        was_cut = cut_short(lambda: STORY[number](board, rev, size))
        try:
            problems = board.back()
            STORY[number](board, rev, size)
            board.waits()  # for the end of a trial that the chapter began when it was told again
            is_applied(board, rev + 1, size)
            problems += board.back()
            if board.life.rev != rev + 1:
                problems.append("told to the end, revision {} is in use".format(board.life.rev))
        except Exception as error:
            problems = ["it does not start or go on: " + repr(error)]
        board.ground.end()
        self.cuts += was_cut
        how = "clean" if seed is None else "torn{}".format(seed)
        self.bad += [("{}:{}:{}:{}".format(begin, number, how, cut), problem) for problem in problems]
        return was_cut

    def life(self, updates: int, seed: int) -> None:
        """A board that gets documents of all kinds and sizes, and whose power fails every few of them."""
        chance = Chance(seed)
        board = Subject(GROUNDS[self._name](), None, self._wrap)
        is_applied(board, 1, 40)
        for rev in range(2, updates + 2):
            size = (40, 40 + chance.of(300), chance.of(8192))[chance.of(3)]
            chapter = STORY[chance.of(len(STORY))]
            if chance.of(2):
                board.ground.medium.cut(chance.of(40), None if chance.of(4) == 0 else chance.of(1000))
            if cut_short(lambda: chapter(board, rev, size)):  # noqa: B023  # called at once
                self.cuts += 1
                what = "life:{}:{}:{}".format(self._name, seed, rev)
                self.bad += [(what, problem) for problem in board.back()]
            board.waits()
        self.points += board.ground.medium.operations
        board.ground.end()

    def _open(self, before: "tuple") -> Subject:
        image, known = before
        return Subject(GROUNDS[self._name](image), known, self._wrap)

    def _closed(self, board: Subject) -> "tuple":
        board.ground.end()
        return board.ground.image(), board.known()


class Chance:
    """Numbers that follow from a seed, the same on both runtimes."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def of(self, count: int) -> int:
        """0 <= number < count."""
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % count


def replay(what: str) -> "list[str]":
    """What is wrong in the case of that id."""
    kind, ground, *rest = what.split(":")
    campaign = Campaign(ground)
    if kind == "story":
        size, age, number, cut = int(rest[0]), int(rest[1]), int(rest[2]), int(rest[4])
        before = campaign.before(size, age)
        for told in range(number):
            before = campaign.told(before, size, told)
        seed = None if rest[3] == "clean" else int(rest[3][4:])
        campaign.case(before, size, number, seed, cut, "story:{}:{}:{}".format(ground, size, age))
    else:
        campaign.life(int(rest[1]) - 1, int(rest[0]))
    return [problem for found, problem in campaign.bad if found == what]


def rows(ground: str, sizes, age: int, updates: int):
    """Campaigns on one ground, each with the size of its documents; None for all of them, in a life."""
    for size in sizes:
        campaign = Campaign(ground)
        campaign.story(size, age)
        yield size, campaign
    if updates:
        campaign = Campaign(ground)
        campaign.life(updates, 1)
        yield None, campaign


def show(ground: str, sizes, age: int, updates: int) -> int:
    """Prints rows, and how many states were bad is returned."""
    bad = 0
    for size, found in rows(ground, sizes, age, updates):
        for what, problem in found.bad:
            print("BAD {}: {}".format(what, problem))
        row = {"ground": ground, "bytes": size, "points": found.points, "cuts": found.cuts, "bad": len(found.bad)}
        print(json.dumps(row))
        bad += len(found.bad)
    return bad


def main(arguments: "list[str]") -> int:
    """See above."""
    if arguments[:1] == ["--replay"]:
        problems = replay(arguments[1])
        print("\n".join(problems) or "nothing is wrong")
        return 1 if problems else 0
    how_many = WHOLE if arguments[:1] == ["--all"] else QUICK
    return 1 if sum(show(ground, *how_many) for ground in arguments[1:] or sorted(GROUNDS)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Linking: what a program does is the same after it, on real MicroPython; what cannot be linked is refused."""

import os
import subprocess
from pathlib import Path

import pytest
from fleetctl.errors import Failed
from fleetctl.flash import bundle
from fleetctl.flash.link import WORDS, linked

PROGRAM = "henge_agent/program.py"
PUBLIC = "henge_agent.drivers"


class Modules:
    """Runs a text that imports modules, on MicroPython: with the modules as they are, and linked."""

    def __init__(self, micropython: Path, folder: Path) -> None:
        self._micropython = micropython
        self._folder = folder

    def says(self, main: str, texts: dict[str, str]) -> str:
        """What it prints in both cases."""
        before = self.run(main, {path: text.encode() for path, text in texts.items()}, "before")
        after = self.run(main, linked_files(texts), "after")
        assert before == after
        return before

    def run(self, main: str, files: dict[str, bytes], name: str) -> str:
        lib = self._folder / name
        for path, content in files.items():
            (lib / path).parent.mkdir(parents=True, exist_ok=True)
            (lib / path).write_bytes(content)
        env = os.environ | {"MICROPYPATH": f".frozen:{lib}"}
        command = [self._micropython, "-c", main]
        done = subprocess.run(command, env=env, cwd=lib, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr


def named(**texts: str) -> dict[str, str]:
    return {f"henge_agent/{name}.py": text for name, text in texts.items()}


def linked_files(texts: dict[str, str]) -> dict[str, bytes]:
    """`first` is what is imported from outside."""
    program = linked(texts, ["henge_agent.first"], PUBLIC)
    return bundle.compiled(program.sources) | {WORDS: program.words}


@pytest.fixture
def modules(micropython: Path, tmp_path: Path) -> Modules:
    return Modules(micropython, tmp_path)


def test_two_modules_keep_their_own_where_both_have_a_name(modules):
    texts = named(
        first="from henge_agent import second\n_SIZE = [1]\ndef size():\n    return _SIZE, second.size()\n",
        second="_SIZE = [2]\ndef size():\n    return _SIZE\n",
    )
    assert modules.says("from henge_agent.first import size; print(size())", texts) == "([1], [2])\n"


def test_a_name_of_pythons_own_keeps_its_meaning_where_another_module_has_one_like_it(modules):
    texts = named(
        first="from henge_agent.second import sum as total\ndef both():\n    return total([1, 2]), sum([1, 2])\n",
        second="def sum(parts):\n    return len(parts)\n",
    )
    assert modules.says("from henge_agent.first import both; print(both())", texts) == "(2, 3)\n"


LOCALS = """
from henge_agent.second import total, Box
def argument(total=total([1])):
    total += 1
    return total, (lambda total: total)(9), (lambda more: total + more)(1)
def comprehension():
    return {Box: [total + Box for total in (1, 2)] for Box in (total([1]),)}
def caught():
    try:
        raise ValueError("x")
    except ValueError as Box:
        return str(Box)
class Shelf:
    total = total([5])
    other = total + 1
    def sum(self):
        return total([self.total, 1])
def imported():
    from os import sep as total
    return total
"""


def test_what_a_function_or_a_class_calls_like_something_global_stays_its_own(modules):
    texts = named(first=LOCALS, second="def total(parts):\n    return sum(parts)\nclass Box:\n    pass\n")
    main = "from henge_agent.first import *\n"
    main += "print(argument(), comprehension(), caught(), Shelf.other, Shelf().sum(), imported())"
    assert modules.says(main, texts) == "(2, 9, 3) {1: [2, 3]} x 6 6 /\n"


def test_a_function_finds_what_is_global_where_it_has_something_of_the_name_that_it_has_elsewhere(modules):
    texts = named(
        first="from henge_agent import second\ndef both(total):\n    return total, second.total([1, 2])\n",
        second="def total(parts):\n    return sum(parts)\n",
    )
    assert modules.says("from henge_agent.first import both; print(both(7))", texts) == "(7, 3)\n"


def test_a_constant_stands_where_it_is_used_and_can_be_imported(modules):
    texts = named(
        first="from henge_agent import second\nfrom henge_agent.second import ON\nLIMIT = 7\n"
        "def all_of():\n    return second.RED, second.GREEN, ON, second.OFF, second.SIZE, second.MIN, LIMIT\n",
        second="RED, GREEN = range(2)\nON, OFF = 'on', b'off'\nSIZE: int = 4 * 1024 - 1\nMIN = -3\n",
    )
    main = "from henge_agent.first import all_of, LIMIT; print(all_of(), LIMIT)"
    assert modules.says(main, texts) == "(0, 1, 'on', b'off', 4095, -3, 7) 7\n"
    assert "SIZE" not in linked(texts, ["henge_agent.first"], PUBLIC).sources[PROGRAM]


def test_a_name_that_is_given_to_two_things_is_no_constant(modules):
    texts = named(first="LIMIT = 7\nLIMIT = LIMIT + 1\ndef limit():\n    return LIMIT\n")
    assert modules.says("from henge_agent.first import limit; print(limit())", texts) == "8\n"


def test_names_that_are_given_at_once_are_constants_only_where_all_of_them_are(modules):
    texts = named(first="LIMIT, PARTS = 7, [8]\ndef both():\n    return LIMIT, PARTS\n")
    assert modules.says("from henge_agent.first import both; print(both())", texts) == "(7, [8])\n"


def test_what_nobody_uses_is_left_out(modules):
    texts = named(
        first="from henge_agent import second\ndef used():\n    return second.used()\n",
        second="PARTS = [1]\nUNUSED = [2]\ndef used():\n    return PARTS\n"
        "def unused():\n    return UNUSED, never()\ndef never():\n    return unused()\nprint('done all the same')\n",
    )
    assert modules.says("from henge_agent.first import used; print(used())", texts) == "done all the same\n[1]\n"
    program = linked(texts, ["henge_agent.first"], PUBLIC).sources[PROGRAM]
    assert not [name for name in ("UNUSED", "unused", "never") if name in program]


def test_what_a_function_imports_is_read_only_then_and_uses_the_program(modules):
    texts = named(
        first="class Base:\n    pass\ndef late():\n    from henge_agent import rare\n    return rare.make()\n",
        rare="from henge_agent.first import Base\nprint('read')\ndef make():\n    return isinstance(Made(), Base)\n"
        "class Made(Base):\n    pass\n",
    )
    assert (
        modules.says("from henge_agent.first import late; print('begun'); print(late())", texts)
        == "begun\nread\nTrue\n"
    )


def test_modules_run_in_the_order_in_which_they_are_imported(modules):
    texts = named(
        first="from henge_agent import second, third\nprint('first')\n",
        second="from henge_agent.third import X\nprint('second', X)\n",
        third="X = [3]\nprint('third')\n",
    )
    assert modules.says("import henge_agent.first", texts) == "third\nsecond [3]\nfirst\n"


def test_a_package_is_there_before_what_is_in_it(modules):
    texts = named(
        __init__="VERSION = '1.0'\nprint('package')\n", first="from henge_agent import VERSION\nprint(VERSION)\n"
    )
    assert modules.says("import henge_agent.first", texts) == "package\n1.0\n"


def test_what_is_handed_on_is_found(modules):
    texts = named(
        first="from henge_agent.second import Problem\ndef name():\n    return Problem.__name__\n",
        second="from henge_agent.third import Problem as Problem\n",
        third="class Problem:\n    pass\n",
    )
    assert modules.says("from henge_agent.first import name; print(name())", texts) == "Problem\n"


def test_a_board_has_what_comes_after_except_where_only_a_computer_has_the_other(modules):
    texts = named(
        first="try:\n    from henge_agent import full as codec\n"
        "except ImportError:\n    from henge_agent import small as codec\ndef name():\n    return codec.NAME\n",
        small="NAME = 'small'\n",
    )
    assert modules.says("from henge_agent.first import name; print(name())", texts) == "small\n"


def test_whoever_has_modules_of_their_own_can_import_the_drivers(modules):
    texts = named(
        first="from henge_agent.drivers.driver import Driver\ndef has(it):\n    return isinstance(it, Driver)\n"
    )
    texts["henge_agent/drivers/driver.py"] = "class Driver:\n    pass\n"
    main = "from henge_agent.first import has; from henge_agent.drivers.driver import Driver; print(has(Driver()))"
    assert modules.says(main, texts) == "True\n"


SENTENCES = named(
    first="def say(what='what nobody said so far'):\n"
    "    print('which stands here twice')\n"
    "    return 'it is {} °C, which is {}'.format(21, what), 'which stands here twice', 'a-b'\n"
)


def test_sentences_are_read_from_a_file_when_they_are_said(modules):
    said = modules.says("from henge_agent.first import say; print(*say())", SENTENCES)
    assert "it is 21 °C, which is what nobody said so far" in said
    assert linked(SENTENCES, ["henge_agent.first"], PUBLIC).words.count(b"twice") == 1


def test_a_program_goes_on_where_the_file_with_its_sentences_is_missing(modules):
    files = linked_files(SENTENCES)
    del files[WORDS]
    said = modules.run("from henge_agent.first import say; say()", files, "lost")
    assert said == "(cannot read what this means from flash)\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("from henge_agent import second\ndef it():\n    return second\n", "uses a module as a value in line 3"),
        ("count = [1]\ndef it():\n    global count\n    count = 2\n", "says `global count`"),
        ("for number in range(3):\n    print(number)\n", "does in line 1, at its top"),
        ("from henge_agent import second\nprint(second.MISSING)\n", "has no MISSING"),
        ("from os import sep\nfrom henge_agent import other\n", "another module"),
    ],
)
def test_it_says_where_something_cannot_be_linked(text, why):
    texts = named(first=text, second="X = [1]\n", other="from sys import path as sep\n")
    with pytest.raises(Failed, match=why):
        linked(texts, ["henge_agent.first"], PUBLIC)

"""The part of `unittest` that portable tests use, for MicroPython, which has none and for which pip can install none.

A test file says `try: import unittest`, `except ImportError: import unittest_small as unittest`: CPython runs the real
one. What is here behaves as there: a failure leaves with status 1, and so does a file in which nothing ran. It knows no
skipping.
"""

import sys


class TestCase:
    """One scenario per method named `test...`, each on an object of its own, between setUp() and tearDown()."""

    failureException = AssertionError

    def __init__(self) -> None:
        self._problems = []  # one (label, exception) for each thing that went wrong
        self._cleanups = []
        self._label = ""

    def setUp(self) -> None:
        pass

    def tearDown(self) -> None:
        pass

    def addCleanup(self, function, *args) -> None:
        self._cleanups.append((function, args))

    def fail(self, msg=None) -> None:
        raise AssertionError(msg)

    def assertTrue(self, value, msg=None) -> None:
        _say(value, msg, "{!r} is not true", value)

    def assertFalse(self, value, msg=None) -> None:
        _say(not value, msg, "{!r} is not false", value)

    def assertEqual(self, first, second, msg=None) -> None:
        _say(first == second, msg, "{!r} != {!r}", first, second)

    def assertNotEqual(self, first, second, msg=None) -> None:
        _say(not first == second, msg, "{!r} == {!r}", first, second)

    def assertIs(self, first, second, msg=None) -> None:
        _say(first is second, msg, "{!r} is not {!r}", first, second)

    def assertIsNone(self, value, msg=None) -> None:
        _say(value is None, msg, "{!r} is not None", value)

    def assertIsNotNone(self, value, msg=None) -> None:
        _say(value is not None, msg, "unexpectedly None")

    def assertIn(self, member, container, msg=None) -> None:
        _say(member in container, msg, "{!r} not in {!r}", member, container)

    def assertNotIn(self, member, container, msg=None) -> None:
        _say(member not in container, msg, "{!r} in {!r}", member, container)

    def assertIsInstance(self, value, kind, msg=None) -> None:
        _say(isinstance(value, kind), msg, "{!r} is not a {!r}", value, kind)

    def assertLess(self, first, second, msg=None) -> None:
        _say(first < second, msg, "{!r} not less than {!r}", first, second)

    def assertLessEqual(self, first, second, msg=None) -> None:
        _say(first <= second, msg, "{!r} not less than or equal to {!r}", first, second)

    def assertGreater(self, first, second, msg=None) -> None:
        _say(first > second, msg, "{!r} not greater than {!r}", first, second)

    def assertGreaterEqual(self, first, second, msg=None) -> None:
        _say(first >= second, msg, "{!r} not greater than or equal to {!r}", first, second)

    def assertRaises(self, expected, function=None, *args, **kwargs):
        """As a context, whose `exception` is what was raised; or calls `function` at once."""
        context = _Raises(expected)
        if function is None:
            return context
        with context:
            function(*args, **kwargs)
        return None

    def subTest(self, msg=None, **params) -> "_SubTest":
        """A part of a test: when it fails, it is named, and the test goes on."""
        return _SubTest(self, msg, params)

    def run(self, name: str) -> list:
        """Runs the method `name`; returns a (label, exception) for everything that went wrong."""
        self._label = type(self).__name__ + "." + name
        if self._step(self.setUp):
            self._step(getattr(self, name))
            self._step(self.tearDown)
        while self._cleanups:
            function, args = self._cleanups.pop()
            self._step(function, *args)
        return self._problems

    def _step(self, function, *args) -> bool:
        try:
            function(*args)
        except Exception as error:
            self._problems.append((self._label, error))
            return False
        return True


class IsolatedAsyncioTestCase(TestCase):
    """A TestCase whose tests may be coroutines; each runs in an event loop that nothing is left over in."""

    async def asyncSetUp(self) -> None:
        pass

    async def asyncTearDown(self) -> None:
        pass

    def run(self, name: str) -> list:
        import asyncio

        asyncio.new_event_loop()  # MicroPython: drops the tasks of the test before
        method = getattr(self, name)
        setattr(self, name, lambda: asyncio.run(self._scenario(method)))
        return super().run(name)

    async def _scenario(self, method) -> None:
        await self.asyncSetUp()
        try:
            waiting = method()
            if waiting is not None:
                await waiting
        finally:
            await self.asyncTearDown()


class _Raises:
    def __init__(self, expected) -> None:
        self._expected = expected
        self.exception = None

    def __enter__(self) -> "_Raises":
        return self

    def __exit__(self, kind, error, trace) -> bool:
        if kind is None:
            raise AssertionError("{!r} was not raised".format(self._expected))
        self.exception = error
        return issubclass(kind, self._expected)


class _SubTest:
    def __init__(self, test: TestCase, msg, params: dict) -> None:
        self._test = test
        self._name = "{} [{}] ({})".format(
            test._label, msg or "", ", ".join("{}={!r}".format(k, params[k]) for k in params)
        )

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind, error, trace) -> bool:
        if kind is None or not issubclass(kind, Exception):
            return False
        self._test._problems.append((self._name, error))
        return True


def _say(holds, msg, sentence: str, *values) -> None:
    if not holds:
        raise AssertionError(sentence.format(*values) + (" : " + str(msg) if msg else ""))


def main() -> None:
    """Runs every TestCase of the file that was started, prints what failed and the count, and leaves with 0 or 1."""
    names = __import__("__main__").__dict__
    ran, problems = 0, []
    for name in sorted(names):
        found = names[name]
        if isinstance(found, type) and issubclass(found, TestCase):
            for method in sorted(m for m in dir(found) if m.startswith("test")):
                problems.extend(found().run(method))
                ran += 1
    for label, error in problems:
        print("FAIL: " + label)
        sys.print_exception(error)  # type: ignore[attr-defined]  # MicroPython's
    print("Ran {} tests".format(ran))
    print("FAILED ({} problems)".format(len(problems)) if problems else "OK" if ran else "NO TESTS RAN")
    sys.exit(1 if problems or not ran else 0)

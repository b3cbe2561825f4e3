"""The small unittest that MicroPython's runs stand on: what fails under the real one must fail under it."""

import subprocess
import sys
from pathlib import Path

import pytest

PORTABLE = Path(__file__).parent.parent / "portable"
HEAD = """
try:
    import unittest
except ImportError:
    import unittest_small as unittest
"""
CASE = """
class Case(unittest.TestCase):
    def test_it(self):
        {}
if __name__ == "__main__":
    unittest.main()
"""
FAILING = {
    "assertTrue": "self.assertTrue(0)",
    "assertFalse": "self.assertFalse(1)",
    "assertEqual": "self.assertEqual(1, 2)",
    "assertNotEqual": "self.assertNotEqual(1, 1)",
    "assertIs": "self.assertIs([], [])",
    "assertIsNone": "self.assertIsNone(0)",
    "assertIsNotNone": "self.assertIsNotNone(None)",
    "assertIn": "self.assertIn(1, [2])",
    "assertNotIn": "self.assertNotIn(1, [1])",
    "assertIsInstance": "self.assertIsInstance(1, str)",
    "assertLess": "self.assertLess(1, 1)",
    "assertLessEqual": "self.assertLessEqual(2, 1)",
    "assertGreater": "self.assertGreater(1, 1)",
    "assertGreaterEqual": "self.assertGreaterEqual(1, 2)",
    "fail": "self.fail('meant')",
    "an error": "1 // 0",
    "assertRaises, nothing raised": "self.assertRaises(ValueError, str, 1)",
    "assertRaises, another error": "self.assertRaises(ValueError, {}.pop, 1)",
    "subTest": "\n        with self.subTest(i=1):\n            self.assertEqual(1, 2)",
    "cleanup": "self.addCleanup({}.pop, 1)",
}
PASSING = """
        seen = []
        with self.assertRaises(ValueError) as caught:
            raise ValueError("meant")
        self.assertEqual(str(caught.exception), "meant")
        self.assertRaises((KeyError, ValueError), {}.pop, 1)
        for i in range(2):
            with self.subTest("each", i=i):
                seen.append(i)
        self.assertEqual(seen, [0, 1])
        self.assertIn(1, seen)
"""
ASYNC_CASE = """
class Case(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.answer = 42
    async def test_it(self):
        self.assertEqual(self.answer, {})
if __name__ == "__main__":
    unittest.main()
"""


@pytest.fixture(params=["python", "micropython"])
def run(request, micropython, tmp_path):
    """Runs a test file under one of the runtimes, beside unittest_small: (exit status, everything printed)."""
    command = sys.executable if request.param == "python" else micropython

    def start(text: str) -> "tuple[int, str]":
        file = tmp_path / "test_planted.py"
        file.write_text(f"import sys\nsys.path.append({str(PORTABLE)!r})\n" + HEAD + text)
        done = subprocess.run([str(command), str(file)], capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    return start


@pytest.mark.parametrize("body", FAILING.values(), ids=FAILING.keys())
def test_the_file_fails_when_a_test_does(run, body):
    status, printed = run(CASE.format(body))
    assert status == 1
    assert "FAILED" in printed
    assert "test_it" in printed


def test_the_file_passes_and_prints_the_count_when_its_tests_do(run):
    status, printed = run(CASE.format(PASSING))
    assert status == 0
    assert "Ran 1 test" in printed
    assert "OK" in printed


@pytest.mark.parametrize(("expected", "status"), [(42, 0), (43, 1)])
def test_a_coroutine_is_awaited_when_it_is_a_test(run, expected, status):
    assert run(ASYNC_CASE.format(expected))[0] == status


def test_a_case_goes_on_when_the_one_before_failed(run):
    two = CASE.format("self.fail()").replace("if __name__", "    def test_other(self): pass\nif __name__")
    status, printed = run(two)
    assert status == 1
    assert "Ran 2 tests" in printed


def test_the_file_fails_when_nothing_ran(micropython, tmp_path):
    file = tmp_path / "test_empty.py"
    file.write_text(f"import sys\nsys.path.append({str(PORTABLE)!r})\nimport unittest_small\nunittest_small.main()\n")
    done = subprocess.run([str(micropython), str(file)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "NO TESTS RAN" in done.stdout

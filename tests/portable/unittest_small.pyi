"""For a type checker the small unittest is the real one, so that a test file's `unittest` is of one type."""

from unittest import IsolatedAsyncioTestCase as IsolatedAsyncioTestCase
from unittest import TestCase as TestCase
from unittest import main as main

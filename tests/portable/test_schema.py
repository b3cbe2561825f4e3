"""Settings: every type and limit at its boundary, and sentences that name the key, the limit and the value."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from henge_protocol import errors, schema
from henge_protocol.errors import BadSchema
from henge_protocol.numbers import MAX_SINGLE
from henge_protocol.sentences import SENTENCES

NAN, INFINITY = float("nan"), float("inf")

# type: (values that are of it, values that are not)
VALUES = {
    "bool": ((True, False), (0, 1, "true", None, 1.0)),
    "int": ((0, -(1 << 31), (1 << 31) - 1), (1 << 31, -(1 << 31) - 1, 1.0, True, "1", None, b"1")),
    "float": (
        (0, 1, 1.5, -0.0, MAX_SINGLE, -MAX_SINGLE, 1e-300),
        (NAN, INFINITY, -INFINITY, 1e39, 10**400, True, "1", None),
    ),
    "string": (("", "a", "\u00fc\u6c34"), (1, True, None, b"a", ["a"])),
    "enum": (("steady", "blink"), (1, True, None, b"blink")),
    "color": (
        ("#ff8800", "#FF88aa", "#000000"),
        (
            "#ff880",
            "#ff88000",
            "ff88000",
            "#ff88g0",
            "#\u06f1\u06f1\u06f1\u06f1\u06f1\u06f1",
            "red",
            "",
            None,
            0xFF8800,
        ),
    ),
    "duration": ((0, 0.5, 3600, (1 << 31) - 1), (-1, -0.5, 1 << 31, 2147483647.0, NAN, INFINITY, True, "1", None)),
}


def setting(**declaration):
    """One setting, declared as given, under the key `a`."""
    if declaration["type"] == "enum":
        declaration["choices"] = ["steady", "blink"]
    return schema.parse({"a": declaration})["a"]


def code(declared, value):
    problem = schema.check_value("a", declared, value)
    return problem and problem.code


def refusal(declared, value):
    """The problem that there has to be with `value`."""
    problem = schema.check_value("a", declared, value)
    assert problem
    return problem


def problems(settings):
    """What parse() says against `settings`, as (key, code, text)."""
    try:
        schema.parse(settings)
    except BadSchema as error:
        return [(problem.key, problem.code, problem.text) for problem in error.problems]
    return []


class TestValues(unittest.TestCase):
    def test_every_type_takes_what_is_of_it_and_nothing_else(self):
        self.assertEqual(sorted(VALUES), sorted(schema.TYPES))
        for kind, (right, wrong) in VALUES.items():
            for value in right:
                with self.subTest(type=kind, value=repr(value)):
                    self.assertIsNone(code(setting(type=kind), value))
            for value in wrong:
                with self.subTest(type=kind, value=repr(value)):
                    self.assertEqual(code(setting(type=kind), value), errors.WRONG_TYPE)

    def test_a_number_may_be_its_limit_and_not_beyond(self):
        for kind, low, high, by in (("int", -5, 100, 1), ("float", -0.5, 0.3, 1e-6), ("duration", 1, 3600, 1)):
            declared = setting(type=kind, min=low, max=high)
            with self.subTest(type=kind):
                self.assertEqual([code(declared, value) for value in (low, high)], [None, None])
                self.assertEqual(code(declared, low - by), errors.OUT_OF_RANGE)
                self.assertEqual(code(declared, high + by), errors.OUT_OF_RANGE)

    def test_a_float_is_compared_after_rounding_to_a_single(self):
        declared = setting(type="float", min=0.1, max=0.3)
        self.assertIsNone(code(declared, 0.1 + 0.2))  # 0.30000000000000004
        self.assertIsNone(code(declared, 0.1 - 1e-12))

    def test_a_number_keeps_to_the_step_from_the_minimum(self):
        declared = setting(type="int", min=1, max=99, step=7)
        self.assertEqual([value for value in range(1, 30) if code(declared, value) is None], [1, 8, 15, 22, 29])
        declared = setting(type="float", min=0.05, step=0.1)
        self.assertEqual([code(declared, value) for value in (0.05, 0.15, 99.95)], [None, None, None])
        self.assertEqual(code(declared, 0.1), errors.OUT_OF_RANGE)
        declared = setting(type="duration", step=0.25)
        self.assertIsNone(code(declared, 7.75))
        self.assertEqual(code(declared, 7.7), errors.OUT_OF_RANGE)

    def test_a_text_is_measured_in_bytes(self):
        declared = setting(type="string", max_length=4)
        self.assertEqual([code(declared, value) for value in ("abcd", "\u00fc\u00fc")], [None, None])
        self.assertEqual([code(declared, value) for value in ("abcde", "\u00fc\u00fca")], [errors.TOO_LONG] * 2)
        self.assertIsNone(code(setting(type="string"), "a" * 256))
        self.assertEqual(code(setting(type="string"), "a" * 257), errors.TOO_LONG)

    def test_an_enum_takes_its_choices_only(self):
        self.assertEqual(code(setting(type="enum"), "Steady"), errors.NOT_A_CHOICE)
        self.assertEqual(code(setting(type="enum"), ""), errors.NOT_A_CHOICE)

    def test_a_refusal_names_the_limit_and_the_value(self):
        for declared, value, words in (
            (setting(type="int", max=100, unit="%"), 900, ("900", "maximum", "100 %")),
            (setting(type="float", min=0.3), 0.1, ("0.1", "minimum", "0.3")),
            (setting(type="int", min=1, step=7), 9, ("9", "1", "7")),
            (setting(type="float", max=MAX_SINGLE / 2), MAX_SINGLE, ("maximum",)),
            (setting(type="string", max_length=4), "abcdef", ("6", "4")),
            (setting(type="enum"), "red", ("red", "steady", "blink")),
            (setting(type="int"), "x", ("'x'", "whole number")),
            (setting(type="color"), "red", ("'red'", "#ff8800")),
        ):
            problem = refusal(declared, value)
            with self.subTest(text=problem.text):
                self.assertEqual(problem.key, "a")
                for word in words:
                    self.assertIn(word, problem.text)

    def test_a_refusal_of_a_secret_does_not_tell_it(self):
        for value in (12345678, "12345678"):
            problem = refusal(setting(type="string", secret=True, max_length=4), value)
            self.assertNotIn("12345678", problem.text)

    def test_a_long_value_is_shown_in_part(self):
        problem = refusal(setting(type="color"), "x" * 5000)
        self.assertLess(len(problem.text), 120)

    def test_values_are_stored_in_one_form(self):
        for kind, value, expected in (
            ("color", "#FF88AA", "#ff88aa"),
            ("duration", 30.0, 30),
            ("duration", 0.5, 0.5),
            ("float", 3, 3.0),
            ("float", 0.5, 0.5),
            ("int", 7, 7),
            ("bool", True, True),
        ):
            found = schema.normal(setting(type=kind), value)
            with self.subTest(type=kind, value=value):
                self.assertEqual(found, expected)
                self.assertIs(type(found), type(expected))

    def test_check_names_each_wrong_key_in_order(self):
        settings = schema.parse({"b": {"type": "int"}, "a": {"type": "bool"}, "c": {"type": "bool"}})
        found = schema.check(settings, {"z": 1, "b": "x", "a": 1, "c": True})
        self.assertEqual(
            [(problem.key, problem.code) for problem in found],
            [("a", errors.WRONG_TYPE), ("b", errors.WRONG_TYPE), ("z", errors.UNKNOWN_KEY)],
        )

    def test_a_value_is_missing_when_there_is_no_default_either(self):
        settings = schema.parse({"a": {"type": "int"}, "b": {"type": "int", "default": 0}, "c": {"type": "int"}})
        self.assertEqual([problem.key for problem in schema.missing(settings, {"c": 0})], ["a"])
        self.assertEqual(schema.defaults(settings), {"b": 0})


class TestDeclarations(unittest.TestCase):
    def test_a_setting_declares_itself_without_what_was_not_given(self):
        declaration = {"type": "float", "min": 0.1, "max": 9.5, "step": 0.1, "default": 0.3, "unit": "V", "risky": True}
        self.assertEqual(schema.declaration_of(schema.parse({"a": declaration})["a"]), declaration)
        self.assertEqual(schema.declaration_of(setting(type="bool", default=False)), {"type": "bool", "default": False})

    def test_keys_are_dotted_lower_case_words(self):
        for key in ("a", "led.color", "a1.b_2.c", "x" * 64):
            self.assertTrue(schema.is_key(key), key)
        for key in (
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "A",
            "1a",
            "a.1",
            "_a",
            "a-b",
            "a b",
            "\u00fc",
            "x" * 65,
            None,
            1,
            b"a",
        ):
            self.assertFalse(schema.is_key(key), repr(key))
            self.assertEqual([found[1] for found in problems({key: {"type": "bool"}})], [errors.UNKNOWN_KEY])

    def test_a_declaration_is_refused_for_what_is_wrong_in_it(self):
        for declaration, expected, word in (
            (7, errors.WRONG_TYPE, "declaration"),
            ({}, errors.MISSING, "type is missing"),
            ({"min": 1}, errors.MISSING, "type is missing"),
            ({"tpye": "bool", "default": True}, errors.UNKNOWN_KEY, "is type meant?"),
            ({"type": "bool", "defualt": True}, errors.UNKNOWN_KEY, "is default meant?"),
            ({"type": "int", "Min": 1}, errors.UNKNOWN_KEY, "is min meant?"),
            ({"type": "string", "maxlength": 1}, errors.UNKNOWN_KEY, "is max_length meant?"),
            ({"type": "int", "stop": 1}, errors.UNKNOWN_KEY, "is step meant?"),
            ({"type": "text"}, errors.NOT_A_CHOICE, "text"),
            ({"type": ["int"]}, errors.NOT_A_CHOICE, "int"),
            ({"type": "int", "pattern": "x"}, errors.UNKNOWN_KEY, "pattern"),
            ({"type": "int", 7: 7}, errors.UNKNOWN_KEY, "7"),
            ({"type": "bool", "min": 1}, errors.WRONG_TYPE, "min"),
            ({"type": "int", "choices": ["a"]}, errors.WRONG_TYPE, "choices"),
            ({"type": "int", "max_length": 3}, errors.WRONG_TYPE, "max_length"),
            ({"type": "int", "secret": True}, errors.WRONG_TYPE, "secret"),
            ({"type": "string", "secret": 1}, errors.WRONG_TYPE, "secret"),
            ({"type": "int", "risky": "yes"}, errors.WRONG_TYPE, "risky"),
            ({"type": "int", "min": 0.5}, errors.WRONG_TYPE, "min"),
            ({"type": "int", "min": None}, errors.WRONG_TYPE, "min"),
            ({"type": "string", "secret": True, "default": "x"}, errors.WRONG_TYPE, "secret"),
            ({"type": "color", "default": None}, errors.WRONG_TYPE, "quotes"),
            ({"type": "int", "step": 0}, errors.WRONG_TYPE, "step"),
            ({"type": "float", "step": -0.1}, errors.WRONG_TYPE, "step"),
            ({"type": "float", "step": 1e-60}, errors.OUT_OF_RANGE if float("1e-60") else errors.WRONG_TYPE, "step"),
            ({"type": "float", "max": NAN}, errors.WRONG_TYPE, "max"),
            ({"type": "duration", "min": -1}, errors.WRONG_TYPE, "min"),
            ({"type": "string", "max_length": 0}, errors.WRONG_TYPE, "4096"),
            ({"type": "string", "max_length": 4097}, errors.WRONG_TYPE, "4096"),
            ({"type": "string", "unit": ""}, errors.WRONG_TYPE, "unit"),
            ({"type": "string", "title": "x" * 65}, errors.WRONG_TYPE, "title"),
            ({"type": "enum"}, errors.MISSING, "choices"),
            ({"type": "enum", "choices": []}, errors.WRONG_TYPE, "choices"),
            ({"type": "enum", "choices": ["a", "a"]}, errors.WRONG_TYPE, "choices"),
            ({"type": "enum", "choices": [True, False, "auto"]}, errors.WRONG_TYPE, "put quotes round them"),
            ({"type": "enum", "choices": ["on"], "default": True}, errors.WRONG_TYPE, "put quotes round it"),
            ({"type": "duration", "default": "30s"}, errors.WRONG_TYPE, "a number of seconds like 30, not '30s'"),
            ({"type": "enum", "choices": ["a", 1]}, errors.WRONG_TYPE, "choices"),
            ({"type": "enum", "choices": "ab"}, errors.WRONG_TYPE, "choices"),
            ({"type": "enum", "choices": [str(n) for n in range(65)]}, errors.WRONG_TYPE, "choices"),
            ({"type": "enum", "choices": ["a"], "default": "b"}, errors.NOT_A_CHOICE, "default"),
            ({"type": "int", "min": 5, "max": 4}, errors.OUT_OF_RANGE, "max 4"),
            ({"type": "int", "max": 5, "default": 6}, errors.OUT_OF_RANGE, "default"),
            ({"type": "color", "default": "red"}, errors.WRONG_TYPE, "default"),
        ):
            with self.subTest(declaration=repr(declaration)):
                found = problems({"a": declaration})
                self.assertEqual([(key, code) for key, code, _ in found], [("a", expected)])
                self.assertIn(word, found[0][2])

    def test_every_problem_is_named_at_once(self):
        found = problems({"a": {"type": "int", "min": "x", "max": "y"}, "B": {}, "c": {"type": "bool"}})
        self.assertEqual(sorted(key for key, _, _ in found), ["B", "a", "a"])

    def test_settings_are_a_map_of_one_to_256(self):
        def many(count):
            return {"k" + str(n): {"type": "bool"} for n in range(count)}

        for settings in (None, [], {}, "a", 7):
            self.assertEqual([found[1] for found in problems(settings)], [errors.WRONG_TYPE])
        self.assertEqual(problems(many(256)), [])
        self.assertEqual([found[1] for found in problems(many(257))], [errors.TOO_LARGE])

    def test_every_code_has_a_sentence(self):
        names = [name for name in errors.__dict__ if name.isupper() and name != "WHOLE_DOCUMENT"]
        codes = [getattr(errors, name) for name in names]
        self.assertEqual(sorted(codes), sorted(SENTENCES))
        self.assertEqual(errors.Problem("a", errors.MISSING).text, SENTENCES[errors.MISSING])


if __name__ == "__main__":
    unittest.main()

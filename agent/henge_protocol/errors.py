"""Problem codes: the words in which a server and a board say what is wrong with a value."""

UNKNOWN_KEY = "unknown_key"
WRONG_TYPE = "wrong_type"
OUT_OF_RANGE = "out_of_range"
NOT_A_CHOICE = "not_a_choice"
TOO_LONG = "too_long"
MISSING = "missing"
TOO_LARGE = "too_large"
BAD_MAC = "bad_mac"
BAD_DOCUMENT = "bad_document"
DRIVER_FAILED = "driver_failed"
NOT_CONFIRMED = "not_confirmed"

# The key under which a report names a problem of the whole document.
WHOLE_DOCUMENT = ""


class Problem:
    """One thing that is wrong: the key it is about, a code from this module, a sentence for a person."""

    def __init__(self, key: str, code: str, text: str = "") -> None:
        self.key = key
        self.code = code
        self.text = text or _sentence(code)

    def __repr__(self) -> str:
        return "Problem({!r}, {!r}, {!r})".format(self.key, self.code, self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Problem) and (self.key, self.code, self.text) == (other.key, other.code, other.text)


def _sentence(code: str) -> str:
    try:
        from henge_protocol.sentences import SENTENCES  # on a board for a moment, as henge_agent/passing.py says

        return SENTENCES[code]
    except (MemoryError, OSError):  # the code has to be told all the same
        return code


class BadMessage(ValueError):
    """A payload that is not what its topic promises. Says what was expected."""


class BadSchema(ValueError):
    """Settings that cannot be declared like this. `problems` names each of them."""

    def __init__(self, problems: "list[Problem]") -> None:
        super().__init__("; ".join(p.key + ": " + p.text for p in problems))
        self.problems = problems

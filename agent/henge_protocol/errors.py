"""Problem codes: the words in which a server and a board say what is wrong with a value, and a sentence for each."""

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

SENTENCES = {
    UNKNOWN_KEY: "there is no such setting",
    WRONG_TYPE: "the value has the wrong type",
    OUT_OF_RANGE: "the value is outside its limits",
    NOT_A_CHOICE: "the value is not one of the choices",
    TOO_LONG: "the text is too long",
    MISSING: "a value is needed here",
    TOO_LARGE: "the document is larger than a board can hold",
    BAD_MAC: "the document's signature does not fit this device",
    BAD_DOCUMENT: "the document cannot be read",
    DRIVER_FAILED: "the hardware did not take the setting",
    NOT_CONFIRMED: "no signed document arrived in time under the new settings",
}

# The key under which a report names a problem of the whole document.
WHOLE_DOCUMENT = ""


class Problem:
    """One thing that is wrong: the key it is about, a code from this module, and a sentence for a person."""

    def __init__(self, key: str, code: str, text: str = "") -> None:
        self.key = key
        self.code = code
        self.text = text or SENTENCES[code]

    def __repr__(self) -> str:
        return "Problem({!r}, {!r}, {!r})".format(self.key, self.code, self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Problem) and (self.key, self.code, self.text) == (other.key, other.code, other.text)


class BadMessage(ValueError):
    """A payload that is not what its topic promises. Says what was expected."""


class BadSchema(ValueError):
    """Settings that cannot be declared like this. `problems` names each of them."""

    def __init__(self, problems: "list[Problem]") -> None:
        super().__init__("; ".join(p.key + ": " + p.text for p in problems))
        self.problems = problems

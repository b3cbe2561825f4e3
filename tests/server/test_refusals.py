"""Which refusals of a board are the last word about a revision, and which only about that delivery."""

import pytest
from henge_protocol import errors, messages
from henge_server.models import Outcome


def _outcome(state: str, problems: dict[str, list[str]]) -> Outcome:
    return Outcome(device="porch", rev=7, epoch=1, state=state, digest=b"", errors=problems, at=0)


@pytest.mark.parametrize(
    ("problems", "is_final"),
    [
        ({"led.brightness": [errors.OUT_OF_RANGE, "900 is above the maximum of 100 %"]}, True),
        ({"led.on": [errors.DRIVER_FAILED, "the pin is in use"]}, True),
        ({errors.WHOLE_DOCUMENT: [errors.TOO_LARGE, "9000 bytes"]}, True),
        ({errors.WHOLE_DOCUMENT: [errors.BAD_MAC, "the signature does not fit"]}, False),
        ({errors.WHOLE_DOCUMENT: [errors.DRIVER_FAILED, "the flash did not take it"]}, False),
    ],
)
def test_a_rejection_is_final_when_it_is_about_the_document(problems: dict[str, list[str]], is_final: bool) -> None:
    outcome = _outcome(messages.REJECTED, problems)
    assert outcome.is_decided
    assert outcome.is_final is is_final


@pytest.mark.parametrize(
    ("state", "is_final"),
    [(messages.APPLIED, True), (messages.CONFIRMED, True), (messages.ROLLED_BACK, True), (messages.TRIAL, False)],
)
def test_other_states_are_final_when_nothing_is_left_to_decide(state: str, is_final: bool) -> None:
    assert _outcome(state, {}).is_final is is_final

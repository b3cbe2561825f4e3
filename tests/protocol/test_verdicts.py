"""Settings and their values: whatever is declared and whatever is set, a server and a board come to one verdict."""

import pytest
from henge_protocol import cbor, schema
from henge_protocol.errors import BadSchema
from henge_protocol.numbers import single
from henge_protocol.sentences import SENTENCES, shortest
from henge_protocol.steps import is_on_step
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.protocol import board_probe
from tests.protocol.inputs import VALUES_OF, calm, declarations, keys, plain, values

STEPS = [0.1, 0.2, 0.25, 0.3, 1e-3, 0.7, 12.5, 1e6]
singles = st.floats(allow_nan=False, allow_infinity=False, width=32)


def same_answer(board, verb: str, question: object) -> object:
    """What both runtimes answer. Fails where they differ."""
    data = cbor.encode(question)
    expected = board_probe.answer(verb, data)
    assert not expected.startswith("raised"), (question, expected)
    assert board.ask(verb, data) == expected, question
    return cbor.decode(bytes.fromhex(expected))


@calm
@given(st.dictionaries(keys, declarations(), min_size=1, max_size=3), st.lists(plain, max_size=5))
def test_a_board_and_a_server_agree_when_a_declaration_may_be_wrong(board, settings, found):
    same_answer(board, "verdicts", {"settings": settings, "values": found})


@calm
@given(declarations(right=True), st.data())
def test_a_board_and_a_server_agree_when_a_value_may_be_wrong(board, declaration, data):
    found = data.draw(st.lists(st.one_of(VALUES_OF[declaration["type"]], plain), max_size=12))
    same_answer(board, "verdicts", {"settings": {"a": declaration}, "values": found})


@calm
@given(values)
def test_a_board_and_a_server_agree_when_the_settings_are_anything(board, settings):
    same_answer(board, "verdicts", {"settings": settings, "values": []})


@calm
@given(singles, singles, singles.filter(lambda step: step > 0))
def test_a_board_and_a_server_agree_on_steps_of_any_size(board, value, start, step):
    same_answer(board, "step", [value, start, step])


@calm
@given(st.integers(-1000, 1000), st.integers(-10_000, 10_000), st.sampled_from(STEPS))
def test_a_multiple_of_the_step_is_on_it_though_singles_are_not_decimal(board, start, count, step):
    written = float(f"{start + count * step:.9g}")
    assert same_answer(board, "step", [single(written), single(start), single(step)])


@calm
@given(st.integers(1, 1000), st.integers(0, 1000), st.sampled_from([0.1, 0.25, 0.3, 12.5]))
def test_a_value_between_two_steps_is_off_them(start, count, step):
    assert not is_on_step(single(start + (count + 0.5) * step), single(start), single(step))


@calm
@given(declarations(right=True), st.data())
def test_a_value_that_was_accepted_is_accepted_again_in_its_normal_form(declaration, data):
    setting = parsed(declaration)
    value = data.draw(VALUES_OF[setting.type])
    assume(schema.check_value("a", setting, value) is None)
    normal = schema.normal(setting, value)
    assert schema.check_value("a", setting, normal) is None
    assert repr(schema.normal(setting, normal)) == repr(normal)
    assert schema.normal(setting, cbor.decode(cbor.encode(normal))) == normal


@calm
@given(declarations(right=True))
def test_a_setting_declares_itself_as_it_was_declared(declaration):
    setting = parsed(declaration)
    again = schema.parse({"a": schema.declaration_of(setting)})["a"]
    for name in schema.ATTRIBUTES:
        assert getattr(again, name) == getattr(setting, name)


@calm
@given(declarations(right=True), st.one_of(plain, values))
def test_a_refusal_has_a_documented_code_and_a_sentence(declaration, value):
    setting = parsed(declaration)
    problem = schema.check_value("a", setting, value)
    assume(problem is not None)
    assert problem is not None
    assert problem.code in SENTENCES
    assert problem.text


@calm
@given(singles)
def test_the_shortest_form_of_a_single_is_that_single(value):
    assert single(shortest(value)) == value
    assert len(repr(shortest(value))) <= len(repr(value))


@calm
@given(values)
def test_parse_raises_only_bad_schema_whatever_it_is_given(found):
    with pytest.raises(BadSchema) as caught:
        schema.parse(found)
    assert all(problem.code in SENTENCES and problem.text for problem in caught.value.problems)


def parsed(declaration: dict) -> schema.Setting:
    """The declared setting; leaves the example out where the declaration is wrong."""
    try:
        return schema.parse({"a": declaration})["a"]
    except BadSchema:
        assume(False)
        raise

"""The description of the API is true: what schemathesis makes up from it is answered as it says."""

from collections.abc import Iterator
from typing import cast

import pytest
import schemathesis
from henge_server.api.app import make_app
from henge_server.api.parts import Parts
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.server.running import Running

_EXAMPLES = 30  # for each of some twenty routes

_SLOW_IS_FINE = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture)

# A description of JSON cannot say which keys a device's schema has, nor which devices there are; what does not fit is
# refused with 400 or 422, which this check takes for a lie.
_LEFT_OUT = [positive_data_acceptance]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("openapi")) as found:
        found.register("porch")
        yield found


# The description needs no server: it is the same for every one.
schema = schemathesis.openapi.from_dict(make_app(cast(Parts, None)).openapi())
# A stream of events does not end, so it has tests of its own.
schema = schema.exclude(path="/api/v1/events")
# Every request here brings a token; what is answered without one is tested with the devices.
schema.config.generation.with_security_parameters = False
# A write whose If-Match does not fit is not looked at any further.
schema.config.checks.negative_data_rejection.expected_statuses += ["412"]


@schema.parametrize()
@settings(max_examples=_EXAMPLES, deadline=None, derandomize=True, suppress_health_check=_SLOW_IS_FINE)
def test_every_answer_is_as_described(case: Case, running: Running) -> None:
    headers = {"Authorization": f"Bearer {running.ready.token}"}
    case.call_and_validate(base_url=running.ready.url, headers=headers, excluded_checks=_LEFT_OUT)

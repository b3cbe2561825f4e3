"""Software that crashes or hangs: the board helps itself, and in the end waits for help in safe mode."""

import pytest

from tests.hil.boards import until
from tests.hil.server import Device


def test_after_three_crashes_it_waits_in_safe_mode_and_a_document_mends_it(troubled: Device) -> None:
    troubled.set(wait_s=0, test__trouble="reset")
    until("safe mode", lambda: troubled.seen["safe"] is True)
    troubled.set(wait_s=0, test__trouble="none")
    until("it runs the mended settings", lambda: troubled.config["sync"] == "in_step")


@pytest.mark.slow
@pytest.mark.virtual(speed=6)
def test_settings_that_hang_the_board_end_by_its_watchdog_and_in_safe_mode(troubled: Device) -> None:
    troubled.set(wait_s=0, test__trouble="hang")
    until("safe mode", lambda: troubled.seen["safe"] is True)
    assert troubled.seen["reset"] == "watchdog"
    troubled.set(wait_s=0, test__trouble="none")
    until("it runs the mended settings", lambda: troubled.config["sync"] == "in_step")

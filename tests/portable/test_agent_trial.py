"""A risky change: used on probation, confirmed by a signed document on a new connection, else taken back."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from agent_fakes import TRIAL_MS, Life, signed


class TestTrial(unittest.TestCase):
    def setUp(self):
        self.life = Life()
        self.life.takes(signed(1, {"lamp.level": 5}))
        self.life.reconnects()
        self.trial = signed(2, {"net.name": "attic"})

    def name(self) -> str:
        return self.life.driver.values["net.name"]

    def test_a_risky_change_is_used_and_the_connection_made_anew(self):
        self.assertEqual(self.life.takes(self.trial), [(2, "trial")])
        self.assertEqual(self.name(), "attic")
        self.assertEqual(len(self.life.wire.left), 1)

    def test_a_document_that_leaves_the_risky_value_as_it_is_needs_no_trial(self):
        self.assertEqual(self.life.takes(signed(2, {"net.name": "home", "lamp.level": 3})), [(2, "applied")])

    def test_the_same_document_on_a_new_connection_confirms_it(self):
        self.life.takes(self.trial)
        self.life.reconnects()
        self.assertEqual(self.life.takes(self.trial), [(2, "confirmed")])
        self.assertEqual(self.life.waits(TRIAL_MS), [])
        again = Life(self.life.flash)
        self.assertEqual((again.rev, again.last), (2, (2, "confirmed")))

    def test_a_document_on_the_old_connection_confirms_nothing(self):
        self.life.takes(self.trial)
        self.assertEqual(self.life.takes(self.trial), [(2, "trial")])
        self.assertEqual(self.life.waits(TRIAL_MS), [(2, "rolled_back"), (2, "rolled_back")])

    def test_a_forged_document_confirms_nothing(self):
        self.life.takes(self.trial)
        self.life.reconnects()
        self.life.takes(signed(2, {"net.name": "attic"}, key=bytes(32)))
        self.assertFalse(self.life.is_idle)

    def test_an_older_document_confirms_nothing(self):
        self.life.takes(self.trial)
        self.life.reconnects()
        self.assertEqual(self.life.takes(signed(1, {"lamp.level": 5})), [(2, "trial")])

    def test_a_newer_document_confirms_it_and_is_applied_then(self):
        self.life.takes(self.trial)
        self.life.reconnects()
        answers = self.life.takes(signed(3, {"net.name": "attic", "lamp.level": 8}))
        self.assertEqual(answers, [(2, "confirmed"), (3, "applied")])
        self.assertEqual(self.life.level, 8)

    def test_a_newer_document_waits_while_there_is_no_new_connection(self):
        self.life.takes(self.trial)
        self.assertEqual(self.life.takes(signed(3, {"lamp.level": 8})), [])
        self.assertEqual(self.life.waits(TRIAL_MS), [(2, "rolled_back"), (3, "applied")])

    def test_it_is_taken_back_when_nothing_confirms_it_in_time(self):
        self.life.takes(self.trial)
        self.life.reconnects()
        self.assertEqual(self.life.waits(TRIAL_MS - 1), [])
        self.assertEqual(self.life.waits(1), [(2, "rolled_back")])
        self.assertEqual((self.name(), self.life.rev), ("home", 1))
        self.assertEqual(len(self.life.wire.left), 2)
        self.assertEqual(self.life.takes(self.trial), [(2, "rolled_back")])
        self.assertEqual(self.name(), "home")

    def test_a_restart_takes_it_back_and_says_so_at_every_start(self):
        self.life.takes(self.trial)
        for _ in range(2):
            self.life = Life(self.life.flash)
            self.assertEqual((self.life.rev, self.name()), (1, "home"))
            self.assertEqual(self.life.last, (2, "rolled_back"))
        self.assertEqual(self.life.takes(self.trial), [(2, "rolled_back")])

    def test_the_reason_is_that_nobody_answered_when_no_attempt_has_ended(self):
        self.life.takes(self.trial)
        self.life.waits(TRIAL_MS)
        self.assertEqual(self.life.why, "no connection was made within 1 s")

    def test_the_reason_is_the_last_failure_when_no_connection_was_made(self):
        self.life.takes(self.trial)
        self.life.loses("the network attic was not found")
        self.life.loses("no answer from server:1883 within 20 s")
        self.life.waits(TRIAL_MS)
        self.assertEqual(self.life.why, "no answer from server:1883 within 20 s")

    def test_the_reason_names_the_server_when_it_let_the_board_in_and_proved_nothing(self):
        self.life.loses("before the trial")
        self.life.takes(self.trial)
        self.life.loses("the network attic was not found")
        self.life.reconnects()
        self.life.takes(signed(1, {"lamp.level": 5}))
        self.life.waits(TRIAL_MS)
        self.assertEqual(self.life.why, "connected to server:1883, but no signed document came")

    def test_the_reason_is_kept_over_a_restart(self):
        self.life.takes(self.trial)
        self.life.loses("the network attic was not found")
        self.life.waits(TRIAL_MS)
        self.life = Life(self.life.flash, why="another reason")
        self.assertEqual(self.life.last, (2, "rolled_back"))
        self.assertEqual(self.life.why, "the network attic was not found")

    def test_the_reason_is_the_restart_when_that_ended_it_and_stays_so(self):
        self.life.takes(self.trial)
        for why in ("the board started again during the trial (watchdog)", "something later"):
            self.life = Life(self.life.flash, why=why)
            self.assertEqual(self.life.why, "the board started again during the trial (watchdog)")

    def test_the_first_document_of_all_can_be_a_trial(self):
        life = Life()
        life.takes(self.trial)
        self.assertEqual(life.waits(TRIAL_MS), [(2, "rolled_back")])
        self.assertEqual((life.rev, life.driver.values["net.name"]), (0, "home"))

    def test_a_mark_that_the_flash_refuses_leaves_the_trial_to_its_time(self):
        self.life.takes(self.trial)
        self.life.reconnects()
        self.life.flash.write = broken_write
        self.assertEqual(self.life.takes(self.trial), [])
        del self.life.flash.write
        self.assertEqual(self.life.takes(self.trial), [(2, "confirmed")])


def broken_write(place: str, *parts: bytes) -> None:
    raise OSError(28)


if __name__ == "__main__":
    unittest.main()

"""The agent's small parts: backoff, clock, credential, settings."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import errno
import json

from agent_fakes import FakeDriver, Life, signed
from henge_agent import credential_file
from henge_agent.backoff import Backoff
from henge_agent.clock import Clock
from henge_agent.compat import reason
from henge_agent.credential_file import BadCredential
from henge_agent.settings import NotApplied, Settings


class TestBackoff(unittest.TestCase):
    def test_waits_double_up_to_a_minute(self):
        backoff = Backoff(lambda: 0.5)
        self.assertEqual([backoff.after_loss() for _ in range(4)], [250, 500, 1000, 2000])
        for _ in range(50):
            last = backoff.after_loss()
        self.assertEqual(last, 30_000)

    def test_a_wait_is_anything_between_nothing_and_the_limit(self):
        self.assertEqual(Backoff(lambda: 0.0).after_loss(), 0)
        self.assertEqual(Backoff(lambda: 0.999).after_loss(), 499)

    def test_a_refusal_waits_for_minutes(self):
        self.assertEqual(Backoff(lambda: 0.5).after_refusal(), 60_000)

    def test_losses_do_not_lengthen_what_a_refusal_waits(self):
        backoff = Backoff(lambda: 0.5)
        for _ in range(9):
            backoff.after_loss()
        self.assertEqual((backoff.after_refusal(), backoff.after_refusal()), (60_000, 120_000))

    def test_a_trial_is_not_waited_away(self):
        backoff = Backoff(lambda: 0.999)
        waits = [backoff.after_loss(True) for _ in range(40)] + [backoff.after_refusal(True) for _ in range(9)]
        self.assertLess(max(waits[:40]), 5_000)
        self.assertLess(max(waits), 30_000)

    def test_a_reset_begins_anew(self):
        backoff = Backoff(lambda: 0.5)
        backoff.after_loss()
        backoff.reset()
        self.assertEqual(backoff.after_loss(), 250)


class TestClock(unittest.TestCase):
    def test_a_counter_that_wraps_goes_on(self):
        ticks = [900]
        clock = Clock(lambda: ticks[0], 1000)
        ticks[0] = 950
        self.assertEqual(clock.ms(), 50)
        ticks[0] = 20
        self.assertEqual(clock.ms(), 120)


class TestCredential(unittest.TestCase):
    GOOD = {"username": "porch", "password": "word", "config_key": "00" * 32}

    def test_both_forms_are_taken(self):
        for text in (json.dumps(self.GOOD), json.dumps({"device": {}, "credential": self.GOOD})):
            found = credential_file.parse(text)
            self.assertEqual((found.device, found.password, found.key), ("porch", "word", bytes(32)))

    def test_anything_missing_or_cut_off_is_refused(self):
        whole = json.dumps(self.GOOD)
        texts = [whole[:end] for end in range(len(whole) - 1)] + ["[]", "null", '"x"', '{"credential": 1}']
        for name, value in (("username", "Porch"), ("password", ""), ("config_key", "zz" * 32), ("config_key", 5)):
            broken: dict = dict(self.GOOD)
            broken[name] = value
            texts.append(json.dumps(broken))
        for text in texts:
            with self.subTest(text=text):
                with self.assertRaises(BadCredential):
                    credential_file.parse(text)


class TestAuthorities(unittest.TestCase):
    PEM = "-----BEGIN CERTIFICATE-----\naGVs\nbG8=\n-----END CERTIFICATE-----\n"

    def parse(self, ca: object) -> tuple:
        return credential_file.parse(
            json.dumps({"ca": ca, "username": "porch", "password": "w", "config_key": "00" * 32})
        ).authorities

    def test_each_certificate_is_had_in_der(self):
        self.assertEqual(self.parse(self.PEM + "and another one\n" + self.PEM), (b"hello", b"hello"))

    def test_there_may_be_none(self):
        self.assertEqual(credential_file.parse(json.dumps(TestCredential.GOOD)).authorities, ())

    def test_what_is_no_certificate_is_refused(self):
        for ca in ("hello", 5, self.PEM[:40], self.PEM.replace("aGVs\nbG8=", "a"), self.PEM.replace("aGVs\nbG8=", "")):
            with self.subTest(ca=ca):
                with self.assertRaises(BadCredential):
                    self.parse(ca)


class TestReason(unittest.TestCase):
    def test_the_usual_errors_of_a_network_are_words(self):
        for error, words in (
            (OSError(111, "Connect call failed ('127.0.0.1', 1883)"), "connection refused"),
            (OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 1), [Errno 113] No"), "refused"),
            (OSError("[addrinfo error -2]"), "no such host"),
            (OSError(-202, "text"), "no such host"),
            (OSError(errno.ETIMEDOUT, "text"), "timed out"),
            (OSError(errno.EHOSTUNREACH, "text"), "cannot be reached"),
            (OSError(101, "text"), "no network"),
            (OSError(104, "text"), "reset"),
        ):
            with self.subTest(error=error):
                self.assertIn(words, reason(error))
                self.assertFalse("rrno" in reason(error) or "rror" in reason(error))

    def test_what_is_no_error_of_the_system_keeps_its_type(self):
        self.assertEqual(reason(ValueError("certificate")), "ValueError: certificate")
        self.assertEqual(reason(OSError()), "OSError")

    def test_a_sentence_of_a_board_is_told_as_it_is(self):
        self.assertEqual(reason(OSError("the network attic was not found")), "the network attic was not found")


class Fan:
    """Another driver; counts how often it gets values."""

    SETTINGS = {"fan.speed": {"type": "int", "default": 0}}

    def __init__(self) -> None:
        self.values: dict = {}
        self.applied = 0
        self.broken = False

    def apply(self, values: dict) -> None:
        if self.broken:
            raise ValueError("stuck")
        self.values = values
        self.applied += 1


class TestSettings(unittest.TestCase):
    def test_drivers_before_the_failing_one_get_their_old_values_back(self):
        first, second = Fan(), FakeDriver()
        settings = Settings([first, second], print)
        before = {"fan.speed": 1, "lamp.level": 1}
        settings.begin(before)
        with self.assertRaises(NotApplied):
            settings.apply({"fan.speed": 2, "lamp.level": FakeDriver.TOO_MUCH})
        self.assertEqual((first.values, settings["fan.speed"]), (before, 1))

    def test_a_driver_that_nothing_changed_for_is_left_alone(self):
        fan = Fan()
        settings = Settings([fan, FakeDriver()], print)
        settings.begin({"fan.speed": 1, "lamp.level": 1})
        settings.apply({"fan.speed": 1, "lamp.level": 2})
        self.assertEqual(fan.applied, 1)

    def test_a_driver_that_takes_nothing_keeps_nobody_else_from_new_values(self):
        fan, said = Fan(), []
        settings = Settings([fan, FakeDriver()], said.append)
        fan.broken = True
        settings.begin({"fan.speed": 1, "lamp.level": 1})
        settings.apply({"fan.speed": 1, "lamp.level": 2})
        self.assertEqual((settings["lamp.level"], fan.values), (2, {}))
        self.assertEqual(said, ["Fan did not take the settings in use: ValueError: stuck"])

    def test_a_driver_that_did_not_take_its_old_values_back_gets_those_in_use_with_the_next(self):
        fan = Fan()
        settings = Settings([fan, FakeDriver()], [].append)
        settings.begin({"fan.speed": 1, "lamp.level": 1})
        fan.broken = True
        with self.assertRaises(NotApplied):
            settings.apply({"fan.speed": 2, "lamp.level": 1})
        fan.broken = False
        settings.apply({"fan.speed": 1, "lamp.level": 2})
        settings.apply({"fan.speed": 1, "lamp.level": 3})
        self.assertEqual((fan.values["fan.speed"], fan.applied), (1, 2))

    def test_two_drivers_cannot_declare_the_same(self):
        with self.assertRaises(ValueError):
            Settings([FakeDriver(), FakeDriver()], print)

    def test_an_application_hears_of_what_changed(self):
        life = Life()
        heard = []
        life.settings.on_change(lambda key, value: heard.append((key, value)))
        life.takes(signed(1, {"lamp.level": 7}))
        self.assertEqual(heard, [("lamp.level", 7)])

    def test_a_callback_that_fails_stops_nobody(self):
        life = Life()
        life.settings.on_change(lambda key, value: 1 // 0)
        self.assertEqual(life.takes(signed(1, {"lamp.level": 7})), [(1, "applied")])
        self.assertTrue(any("callback" in line for line in life.said))


if __name__ == "__main__":
    unittest.main()

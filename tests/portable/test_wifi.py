"""Wi-Fi that comes back: which network a board tries, when, and what it says while it has none."""

import asyncio

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from agent_fakes import Hands
from fake_radio import GUEST, HOME, FakeRadio, Router
from henge_agent.drivers.wifi import Wifi

LOOK_MS = 250
MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS


def settings(*networks) -> dict:
    """All values of the Wi-Fi's settings, with these networks in them."""
    values = {key: declared["default"] for key, declared in Wifi.SETTINGS.items()}
    for end, (ssid, password) in zip(("", "_2"), networks):
        values["wifi.ssid" + end], values["wifi.password" + end] = ssid, password
    return values


def routers(**more) -> dict:
    """The home router, and others."""
    found = {"home": Router("secret-1")}
    found.update(more)
    return found


class Air(unittest.TestCase):
    """A driver, its radio, and the time."""

    def make(self, networks: list, radio: FakeRadio, chance: float = 0.999) -> Wifi:
        self.clock, self.radio = Hands(), radio
        self.wifi = Wifi(radio, networks, self.clock, lambda: chance)
        self.wifi.apply(settings())
        return self.wifi

    def passes(self, ms: int, look_ms: int = LOOK_MS) -> None:
        """So much time, in which the driver looks at the radio as it does on a board."""
        for _ in range(0, ms, look_ms):
            self.clock.now += look_ms
            self.wifi.step()

    def is_on(self, ssid: str) -> bool:
        return self.wifi.rssi() == self.radio.routers[ssid].rssi if self.wifi.rssi() is not None else False

    def complaint(self) -> str:
        """What `join` says when the driver has tried what there is."""

        async def join() -> str:
            waiting = asyncio.create_task(self.wifi.join())
            await asyncio.sleep(0)
            self.passes(MINUTE_MS)
            try:
                await waiting
            except OSError as error:
                return str(error)
            return ""

        return asyncio.run(join())


class TestJoining(Air):
    def test_the_network_is_joined_without_a_scan_when_it_is_the_only_one(self) -> None:
        self.make([HOME], FakeRadio(routers()))
        self.passes(2_000)
        self.assertTrue(self.is_on("home"))
        self.assertEqual((self.radio.tried, self.radio.scans), (["home"], 0))

    def test_the_strongest_comes_first_when_several_are_in_range(self) -> None:
        self.make([HOME, GUEST], FakeRadio(routers(guest=Router("secret-2", rssi=-30))))
        self.passes(2_000)
        self.assertEqual(self.radio.tried, ["guest"])
        self.assertTrue(self.is_on("guest"))

    def test_a_hidden_network_is_tried_after_those_that_were_seen(self) -> None:
        self.make([HOME, GUEST], FakeRadio({"home": Router("secret-1", hidden=True), "guest": Router("other")}))
        self.passes(5_000)
        self.assertEqual(self.radio.tried, ["guest", "home"])
        self.assertTrue(self.is_on("home"))

    def test_join_returns_when_the_network_is_there(self) -> None:
        self.make([HOME], FakeRadio(routers()))
        self.assertEqual(self.complaint(), "")

    def test_a_password_that_no_router_takes_is_refused_at_once(self) -> None:
        self.make([HOME], FakeRadio(routers()))
        with self.assertRaises(ValueError):
            self.wifi.apply(settings(("home", "short")))


class TestReasons(Air):
    def test_a_network_out_of_range_is_told_from_a_wrong_password(self) -> None:
        self.make([HOME], FakeRadio({}))
        self.assertEqual(self.complaint(), "the Wi-Fi 'home' is not in range")
        self.make([HOME], FakeRadio({"home": Router("changed")}))
        self.assertEqual(self.complaint(), "the Wi-Fi 'home' does not take the password")

    def test_every_network_has_its_reason_when_none_works(self) -> None:
        self.make([HOME, GUEST], FakeRadio({"guest": Router("changed")}))
        said = "the Wi-Fi 'guest' does not take the password; the Wi-Fi 'home' is not in range"
        self.assertEqual(self.complaint(), said)

    def test_a_router_that_never_answers_is_given_up_after_a_while(self) -> None:
        self.make([HOME], FakeRadio({"home": Router("secret-1", mute=True)}))
        self.assertEqual(self.complaint(), "the Wi-Fi 'home' does not answer")

    def test_a_board_that_knows_no_network_says_so(self) -> None:
        self.make([], FakeRadio(routers()))
        self.assertTrue(self.complaint().startswith("no Wi-Fi is known"))

    def test_an_old_failure_is_not_taken_for_a_new_one(self) -> None:
        """An ESP32 goes on saying `not found` while it already joins the network that has come back."""
        self.make([HOME], FakeRadio({}, sticky=True))
        self.passes(20_000)
        self.radio.routers["home"] = Router("secret-1")
        self.passes(MINUTE_MS)
        self.assertTrue(self.is_on("home"))


class TestComingBack(Air):
    def test_the_network_is_joined_again_when_it_was_lost(self) -> None:
        self.make([HOME], FakeRadio(routers()))
        self.passes(MINUTE_MS)
        home = self.radio.routers.pop("home")
        self.passes(MINUTE_MS)
        self.assertIsNone(self.wifi.rssi())
        self.radio.routers["home"] = home
        self.passes(2 * MINUTE_MS)
        self.assertTrue(self.is_on("home"))

    def test_it_is_joined_again_after_days_without_a_router(self) -> None:
        self.make([HOME], FakeRadio({}))
        self.passes(3 * DAY_MS, look_ms=5_000)
        self.radio.routers.update(routers())
        self.passes(2 * MINUTE_MS)
        self.assertTrue(self.is_on("home"))
        self.assertTrue(len(self.radio.tried) > 3 * 24 * 40, "it hardly tried")

    def test_scans_are_rare_when_no_network_is_there(self) -> None:
        self.make([HOME, GUEST], FakeRadio({}))
        self.passes(60 * MINUTE_MS)
        self.assertTrue(self.radio.scans <= 31, self.radio.scans)

    def test_the_waits_begin_anew_when_a_network_has_held(self) -> None:
        self.make([HOME], FakeRadio({}))
        self.passes(30 * MINUTE_MS)
        self.radio.routers.update(routers())
        self.passes(5 * MINUTE_MS)
        home = self.radio.routers.pop("home")
        self.passes(1_000)
        self.radio.routers["home"] = home
        self.passes(3_000)
        self.assertTrue(self.is_on("home"))

    def test_a_radio_that_takes_itself_for_joined_is_restarted_when_no_server_is_found_for_long(self) -> None:
        self.make([HOME], FakeRadio(routers(), blind=True))
        self.passes(MINUTE_MS)
        home = self.radio.routers.pop("home")
        for _ in range(5):
            asyncio.run(self.wifi.join())
            self.passes(50_000)
        self.assertEqual(self.radio.restarts, 0)
        self.radio.routers["home"] = home
        self.assertEqual(self.complaint(), "")
        self.assertEqual((self.radio.restarts, self.radio.tried), (1, ["home", "home"]))

    def test_a_radio_is_left_alone_when_connections_are_lost_now_and_then(self) -> None:
        self.make([HOME], FakeRadio(routers()))
        self.passes(MINUTE_MS)
        for _ in range(20):
            asyncio.run(self.wifi.join())
            self.passes(5 * MINUTE_MS, look_ms=1_000)
        self.assertEqual(self.radio.restarts, 0)


class TestSettings(Air):
    def setUp(self) -> None:
        self.make([HOME], FakeRadio(routers(guest=Router("secret-2"))))
        self.passes(MINUTE_MS)

    def test_the_old_network_is_left_when_the_settings_name_another(self) -> None:
        self.wifi.apply(settings(GUEST))
        self.passes(2_000)
        self.assertEqual(self.radio.tried, ["home", "guest"])
        self.assertTrue(self.is_on("guest"))

    def test_the_old_network_is_kept_when_the_settings_name_it_too(self) -> None:
        self.wifi.apply(settings(GUEST, HOME))
        self.passes(MINUTE_MS)
        self.assertEqual(self.radio.tried, ["home"])

    def test_the_network_is_joined_anew_when_its_password_changes(self) -> None:
        self.wifi.apply(settings(("home", "changed-1")))
        self.assertEqual(self.complaint(), "the Wi-Fi 'home' does not take the password")

    def test_a_trial_never_passes_over_the_old_network(self) -> None:
        del self.radio.routers["guest"]
        self.wifi.apply(settings(GUEST))
        self.passes(9 * MINUTE_MS)
        self.assertEqual(set(self.radio.tried[1:]), {"guest"})

    def test_a_network_of_a_trial_that_appears_late_is_joined_in_time(self) -> None:
        self.make([HOME], FakeRadio({}))
        self.passes(60 * MINUTE_MS)  # the waits have grown
        self.wifi.apply(settings(GUEST))
        self.passes(100_000)
        self.radio.routers["guest"] = Router("secret-2")
        self.passes(10_000)
        self.assertTrue(self.is_on("guest"))

    def test_the_first_networks_count_again_after_ten_minutes_without_any(self) -> None:
        del self.radio.routers["guest"]
        self.wifi.apply(settings(GUEST))
        self.passes(12 * MINUTE_MS)
        self.assertTrue(self.is_on("home"))

    def test_the_old_network_is_joined_when_the_settings_go_back(self) -> None:
        del self.radio.routers["guest"]
        self.wifi.apply(settings(GUEST))
        self.passes(2 * MINUTE_MS)
        self.wifi.apply(settings())
        self.passes(2_000)
        self.assertTrue(self.is_on("home"))


if __name__ == "__main__":
    unittest.main()

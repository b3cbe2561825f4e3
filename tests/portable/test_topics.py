"""Topic names: what is built is parsed again, and nothing else is a device's topic."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from henge_protocol import topics


class TestTopics(unittest.TestCase):
    def test_a_topic_is_parsed_into_what_it_was_built_from(self):
        for channel in topics.CHANNELS:
            for device in ("porch", "0", "a-b-", "x" * 63):
                self.assertEqual(topics.parse(topics.build(device, channel)), (device, channel))

    def test_the_names_are_those_of_the_page(self):
        self.assertEqual(topics.build("porch", topics.DESIRED), "henge/v1/porch/desired")

    def test_a_topic_is_nobodys_when_anything_about_it_is_different(self):
        for topic in (
            "",
            "henge/v1/",
            "henge/v1/porch",
            "henge/v1/porch/",
            "henge/v1//desired",
            "henge/v1/porch/desired/",
            "henge/v1/porch/desired/x",
            "/henge/v1/porch/desired",
            "henge/v2/porch/desired",
            "Henge/v1/porch/desired",
            "henge/v1/Porch/desired",
            "henge/v1/+/desired",
            "henge/v1/porch/#",
            "henge/v1/porch/wanted",
            "henge/v1/porch/Desired",
        ):
            with self.subTest(topic=topic):
                self.assertIsNone(topics.parse(topic))

    def test_an_id_is_refused_when_a_host_could_not_be_called_so(self):
        for device in ("", "-a", "A", "a_b", "a.b", "a b", "a/b", "ä", "x" * 64, "a\n", None, 7, b"a"):
            with self.subTest(device=device):
                self.assertFalse(topics.is_device_id(device))
                with self.assertRaises(ValueError):
                    topics.build(device, topics.REPORT)  # type: ignore[arg-type]

    def test_a_channel_is_refused_when_there_is_none_of_that_name(self):
        with self.assertRaises(ValueError):
            topics.build("porch", "wanted")

    def test_every_channel_has_one_direction_and_a_limit(self):
        self.assertEqual(sorted(topics.MAX_BYTES), sorted(topics.CHANNELS))
        self.assertEqual(len(set(topics.CHANNELS)), len(topics.TO_DEVICE) + len(topics.FROM_DEVICE))


if __name__ == "__main__":
    unittest.main()

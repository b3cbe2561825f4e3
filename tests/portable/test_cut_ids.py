"""A power cut that left a bad state has an id, which plays it again: seen with a disk that forgets what was synced."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from power_cuts import Campaign, replay
from power_ground import GROUNDS, PcFiles


class TestIds(unittest.TestCase):
    def setUp(self):
        GROUNDS["liar"] = lambda image=None: PcFiles(image, syncs=False)
        self.addCleanup(GROUNDS.pop, "liar")

    def test_an_id_plays_a_case_again_and_a_disk_that_does_not_keep_what_was_synced_is_found(self):
        campaign = Campaign("liar")
        campaign.life(40, 5)
        what, problem = campaign.bad[0]
        self.assertIn(problem, replay(what))
        self.assertEqual(replay(what.replace("liar", "files")), [])

    def test_the_id_of_a_chapter_plays_it_again(self):
        self.assertGreater(len(replay("story:liar:40:0:0:clean:5")), 0)
        self.assertEqual(replay("story:files:40:0:0:clean:5"), [])


if __name__ == "__main__":
    unittest.main()

"""Power fails at every step of a story, and in a life at steps by chance: a part of what power_cuts.py does."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from power_cuts import Campaign, replay
from power_ground import GROUNDS, OneSlot, PcFiles

# Here one file system on each runtime; bench/firmware/power_cuts.py and its test go through all.
GROUND = sorted(GROUNDS)[-1]


class TestCuts(unittest.TestCase):
    def test_no_cut_leaves_anything_but_the_old_or_the_new(self):
        campaign = Campaign(GROUND)
        campaign.story(40, 0, (1,))
        self.assertEqual(campaign.bad, [])
        self.assertEqual(campaign.cuts, campaign.points)
        self.assertGreater(campaign.cuts, 20)

    def test_a_life_with_cuts_goes_well(self):
        campaign = Campaign(GROUND)
        campaign.life(40, 5)
        self.assertEqual(campaign.bad, [])
        self.assertGreater(campaign.cuts, 3)

    def test_a_fault_is_found_and_named_when_there_is_one(self):
        campaign = Campaign(GROUND, OneSlot)
        campaign.life(40, 5)
        self.assertGreater(len(campaign.bad), 0)
        self.assertTrue(campaign.bad[0][0].startswith("life:{}:5:".format(GROUND)))

    def test_an_id_plays_a_case_again_and_a_disk_that_does_not_keep_what_was_synced_is_found(self):
        GROUNDS["liar"] = lambda image=None: PcFiles(image, syncs=False)
        self.addCleanup(GROUNDS.pop, "liar")
        campaign = Campaign("liar")
        campaign.life(40, 5)
        what, problem = campaign.bad[0]
        self.assertIn(problem, replay(what))
        self.assertEqual(replay(what.replace("liar", "files")), [])

    def test_the_id_of_a_chapter_plays_it_again(self):
        GROUNDS["liar"] = lambda image=None: PcFiles(image, syncs=False)
        self.addCleanup(GROUNDS.pop, "liar")
        self.assertGreater(len(replay("story:liar:40:0:0:clean:5")), 0)
        self.assertEqual(replay("story:files:40:0:0:clean:5"), [])


if __name__ == "__main__":
    unittest.main()

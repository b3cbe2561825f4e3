"""Power fails at every step of a story, and in a life at steps by chance: a part of what power_cuts.py does."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from power_cuts import Campaign
from power_ground import GROUNDS, OneSlot

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


if __name__ == "__main__":
    unittest.main()

"""Tests of the batches: samples stay whole, batches stay within their places and are nearly full."""

import random
import unittest

from batches import LENGTH, PLACES, alike


class Batches(unittest.TestCase):
    """Samples of nearly one length."""

    def setUp(self) -> None:
        rng = random.Random(3)
        self.lengths = [rng.randint(20, 300) for _ in range(4000)]

    def places(self, batch: list[int]) -> int:
        return len(batch) * max(self.lengths[number] for number in batch)

    def test_each_sample_is_in_one_batch_and_fits(self) -> None:
        batches = alike(self.lengths)
        self.assertEqual(sorted(number for batch in batches for number in batch), list(range(len(self.lengths))))
        for batch in batches:
            self.assertLessEqual(self.places(batch), PLACES)

    def test_hardly_a_place_stays_empty(self) -> None:
        self.assertGreater(sum(self.lengths) / sum(map(self.places, alike(self.lengths))), 0.98)

    def test_what_is_too_long_is_left_out(self) -> None:
        self.assertEqual(alike([LENGTH + 1, LENGTH, 5]), [[2, 1]])


if __name__ == "__main__":
    unittest.main()

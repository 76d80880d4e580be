"""Tests of the packing: samples stay whole, rows stay within their length and are nearly full."""

import random
import unittest

from packing import LENGTH, best_fit


class Packing(unittest.TestCase):
    """Rows of whole samples."""

    def setUp(self) -> None:
        rng = random.Random(3)
        self.lengths = [rng.randint(20, 300) for _ in range(4000)]

    def test_each_sample_is_in_one_row_and_fits(self) -> None:
        rows = best_fit(self.lengths)
        self.assertEqual(sorted(number for row in rows for number in row), list(range(len(self.lengths))))
        for row in rows:
            self.assertLessEqual(sum(self.lengths[number] for number in row), LENGTH)

    def test_rows_are_nearly_full(self) -> None:
        rows = best_fit(self.lengths)
        self.assertGreater(sum(self.lengths) / (len(rows) * LENGTH), 0.97)

    def test_what_fits_no_row_is_left_out(self) -> None:
        self.assertEqual(best_fit([LENGTH + 1, LENGTH, 5]), [[1], [2]])


if __name__ == "__main__":
    unittest.main()

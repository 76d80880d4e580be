"""The held-out samples in the repository are those that the generators make."""

import unittest

import held


class HeldOut(unittest.TestCase):
    """The file that the evaluation reads."""

    def test_it_is_what_the_generators_make(self) -> None:
        self.assertEqual(held.FILE.read_text(), held.as_lines(held.choose()), "run `python3 models/ember/held.py`")


if __name__ == "__main__":
    unittest.main()

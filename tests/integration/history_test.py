"""The checker of histories finds each anomaly that is put in, and nothing where all is right."""

import unittest

from history import Append, History, Outcome, check


def did(history, value, at, position=None, version=None, **more):
    """A command from at[0] to at[1]; done if it has a position."""
    op = Append("ada", "s", value, invoked=at[0], returned=at[1], position=position,
                version=version, **more)
    if position is not None:
        op.outcome = Outcome.OK
    history.appends.append(op)
    return op


def refused(history, value, at, expected, current):
    did(history, value, at, version=current, expected=expected).outcome = Outcome.CONFLICT


class HistoryTest(unittest.TestCase):
    def setUp(self):
        self.history = History()

    def kinds(self):
        return sorted({anomaly.kind for anomaly in check(self.history)})

    def sound(self):
        """Two commands done, one of unknown outcome that was, one that was not; all read."""
        did(self.history, "a", (0, 2), position=10, version=1)
        did(self.history, "b", (1, 3), position=12, version=2)
        did(self.history, "c", (3, float("inf")))
        did(self.history, "d", (3, float("inf")))
        self.whole = [(10, "a", 1), (12, "b", 2), (13, "c", 3)]
        self.history.read("ben", "s", self.whole[:1])
        self.history.read("ben", "s", self.whole)
        self.history.read("end", "s", self.whole, everything=True)

    def test_a_sound_history_has_no_anomaly(self):
        self.sound()
        self.history.read("eve", "s", [(10, "a")], goes_on=True)
        self.history.read("eve", "s", [(12, "b"), (13, "c")], goes_on=True)
        for node in ("node-1", "node-2"):
            self.history.replica(node, [(0, "x"), (1, "y")])
        self.assertEqual(check(self.history), [])

    def test_what_was_recorded_by_calls_is_checked_as_well(self):
        op = self.history.append("ada", "s", "a")
        op.ok(position=1, version=1)
        self.history.append("ada", "s", "b", expected=0).conflict(current=1)
        self.history.append("ada", "s", "c").fail()
        self.history.append("ada", "s", "d")
        self.history.read("end", "s", [(1, "a")], everything=True)
        self.assertEqual(check(self.history), [])

    def test_an_acknowledged_write_that_a_read_of_everything_lacks_is_lost(self):
        self.sound()
        did(self.history, "e", (4, 5), position=14)
        self.assertEqual(self.kinds(), ["lost write"])

    def test_an_acknowledged_write_that_nobody_looked_for_is_lost(self):
        did(self.history, "a", (0, 1), position=1)
        self.assertEqual(self.kinds(), ["lost write"])

    def test_a_refused_write_that_was_read_is_found(self):
        self.sound()
        did(self.history, "e", (4, 5)).outcome = Outcome.FAIL
        self.history.read("ben", "s", [*self.whole, (14, "e")])
        self.assertEqual(self.kinds(), ["unwritten read"])

    def test_a_value_that_nobody_wrote_is_found(self):
        self.sound()
        self.history.read("ben", "s", [*self.whole, (14, "?")])
        self.assertEqual(self.kinds(), ["unwritten read"])

    def test_two_observers_with_different_records_at_one_position_are_found(self):
        self.sound()
        did(self.history, "e", (4, float("inf")))
        self.history.read("eve", "s", [(10, "a"), (12, "e")])
        self.assertIn("divergent offset", self.kinds())

    def test_two_nodes_with_different_records_at_one_place_are_found(self):
        self.sound()
        self.history.replica("node-1", [(0, "x"), (1, "y")])
        self.history.replica("node-2", [(0, "x"), (1, "z")])
        self.assertEqual(self.kinds(), ["divergent offset"])

    def test_one_command_at_two_positions_is_a_duplicate(self):
        self.sound()
        self.history.read("eve", "s", [*self.whole, (15, "a")])
        self.assertEqual(self.kinds(), ["duplicate"])

    def test_a_reader_that_misses_what_it_had_read_went_back(self):
        self.sound()
        self.history.read("ben", "s", self.whole[:2])
        self.assertEqual(self.kinds(), ["non-monotonic read"])

    def test_a_reader_that_finds_something_new_between_what_it_had_read_went_back(self):
        self.sound()
        self.history.read("eve", "s", [(10, "a"), (13, "c")])
        self.history.read("eve", "s", self.whole)
        self.assertEqual(self.kinds(), ["non-monotonic read"])

    def test_a_subscription_that_hears_the_same_twice_went_back(self):
        self.sound()
        self.history.read("eve", "s", [(10, "a"), (12, "b")], goes_on=True)
        self.history.read("eve", "s", [(12, "b")], goes_on=True)
        self.assertEqual(self.kinds(), ["non-monotonic read"])

    def test_a_command_that_stands_before_one_that_had_ended_when_it_began_is_found(self):
        did(self.history, "a", (0, 1), position=2)
        did(self.history, "b", (2, 3), position=1)
        self.history.read("end", "s", [(1, "b"), (2, "a")], everything=True)
        self.assertEqual(self.kinds(), ["reordered write"])

    # Expected versions.

    def raced(self):
        """Two want version 1 to be the last: one wins, the other is told of version 2."""
        did(self.history, "a", (0, 1), position=1, version=1)
        did(self.history, "b", (2, 5), position=2, version=2, expected=1)
        refused(self.history, "c", (3, 6), expected=1, current=2)
        self.history.read("end", "s", [(1, "a", 1), (2, "b", 2)], everything=True)

    def test_the_loser_of_a_race_is_told_so(self):
        self.raced()
        self.assertEqual(check(self.history), [])

    def test_two_winners_of_one_race_are_found(self):
        self.raced()
        did(self.history, "d", (3, 4), position=3, version=3, expected=1)
        self.history.reads.clear()
        self.history.read("end", "s", [(1, "a"), (2, "b"), (3, "d")], everything=True)
        self.assertEqual(self.kinds(), ["not linearizable"])

    def test_a_refusal_that_tells_the_expected_version_is_found(self):
        self.raced()
        refused(self.history, "d", (6, 7), expected=2, current=2)
        self.assertEqual(self.kinds(), ["not linearizable"])

    def test_a_refusal_by_a_version_that_was_past_is_found(self):
        self.raced()
        refused(self.history, "d", (6, 7), expected=0, current=1)
        self.assertEqual(self.kinds(), ["not linearizable"])

    def test_a_refusal_by_a_version_yet_to_come_is_found(self):
        self.raced()
        refused(self.history, "d", (0, 1), expected=1, current=2)
        self.assertEqual(self.kinds(), ["not linearizable"])

    def test_a_version_made_by_an_unknown_outcome_orders_what_saw_it(self):
        self.raced()
        did(self.history, "d", (8, float("inf")), expected=2)
        self.history.read("ben", "s", [(1, "a", 1), (2, "b", 2), (3, "d", 3)])
        refused(self.history, "e", (9, 10), expected=2, current=3)
        self.assertEqual(check(self.history), [])
        refused(self.history, "f", (6, 7), expected=2, current=3)
        self.assertEqual(self.kinds(), ["not linearizable"])

    def test_two_commands_that_made_one_version_are_found(self):
        self.raced()
        did(self.history, "d", (8, float("inf")))
        self.history.read("ben", "s", [(1, "a", 1), (3, "d", 2)])
        self.assertEqual(self.kinds(), ["not linearizable"])


if __name__ == "__main__":
    unittest.main()

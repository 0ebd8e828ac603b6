"""A checker of histories: what concurrent clients did and saw, held against what a log promises.

    history = History()
    op = history.append("ada", stream, "hello")  # unknown until told otherwise
    op.ok(position=7, version=3)                 # or op.conflict(current=4), op.fail()
    history.read("ben", stream, [(7, "hello"), ...])
    check(history)                               # a list of anomalies: none

The anomalies are those of Jepsen's tests of Kafka, and that of expected versions:

| kind | is |
| --- | --- |
| lost write | it was acknowledged, and a read of everything does not have it |
| unwritten read | it was refused for good, or by nobody asked for, and was read |
| divergent offset | two observers saw different records at one position |
| duplicate | one command stands at two positions |
| non-monotonic read | a reader missed what it had read before |
| reordered write | a command that began after another's answer stands before it |
| not linearizable | no order of the commands explains what was told of a stream's versions |

Clocks are those of one process (time.monotonic), so that "before" means before.
"""

import collections
import dataclasses
import enum
import math
import threading
import time


class Outcome(enum.Enum):
    OK = "ok"
    CONFLICT = "conflict"  # refused: another version is current
    FAIL = "fail"          # refused, and it will not be done
    INFO = "info"          # unknown


@dataclasses.dataclass
class Append:
    """A command that adds one value to a stream; every value is another."""
    process: str
    stream: str
    value: str
    expected: int | None = None
    invoked: float = 0.0
    returned: float = math.inf
    outcome: Outcome = Outcome.INFO
    position: int | None = None
    version: int | None = None  # made by it, or, of a conflict, current

    def _end(self, outcome, **what):
        self.outcome = outcome
        self.returned = time.monotonic()
        for name, value in what.items():
            setattr(self, name, value)

    def ok(self, position, version=None):
        self._end(Outcome.OK, position=position, version=version)

    def conflict(self, current):
        self._end(Outcome.CONFLICT, version=current)

    def fail(self):
        self._end(Outcome.FAIL)


@dataclasses.dataclass
class Read:
    """What one reader found of a stream, in its order. One of everything has all there is."""
    process: str
    stream: str
    found: list  # (position, value, version or None)
    everything: bool = False
    goes_on: bool = False  # begins behind the process's last one, as a live subscription does


@dataclasses.dataclass(frozen=True)
class Anomaly:
    kind: str
    what: str


class History:
    """Recorded by any number of threads."""

    def __init__(self):
        self.appends = []
        self.reads = []
        self.replicas = []  # (node, place, record)
        self._lock = threading.Lock()

    def append(self, process, stream, value, expected=None):
        made = Append(process, stream, value, expected, invoked=time.monotonic())
        with self._lock:
            self.appends.append(made)
        return made

    def read(self, process, stream, found, everything=False, goes_on=False):
        made = Read(process, stream, [(*item, None)[:3] for item in found], everything, goes_on)
        with self._lock:
            self.reads.append(made)

    def replica(self, node, records):
        """What a node keeps: (place, record) each."""
        with self._lock:
            self.replicas += [(node, place, record) for place, record in records]


def check(history):
    """All anomalies; none is the aim."""
    return [*lost(history), *unwritten(history), *divergent(history), *duplicates(history),
            *non_monotonic(history), *reordered(history), *not_linearizable(history)]


def lost(history):
    whole = collections.defaultdict(list)
    for read in history.reads:
        if read.everything:
            whole[read.stream].append({value for _, value, _ in read.found})
    for op in history.appends:
        if op.outcome is not Outcome.OK:
            continue
        if not whole[op.stream]:
            yield Anomaly("lost write", f"{op.value}: nobody read all of {op.stream}")
        if any(op.value not in values for values in whole[op.stream]):
            yield Anomaly("lost write", f"{op.value} of {op.process}, position {op.position}")


def unwritten(history):
    asked = {(op.stream, op.value): op.outcome for op in history.appends}
    refused = {Outcome.FAIL, Outcome.CONFLICT, None}
    read = {(read.stream, value) for read in history.reads for _, value, _ in read.found}
    for stream, value in sorted(read):
        if asked.get((stream, value)) in refused:
            yield Anomaly("unwritten read", f"{value} in {stream}")


def observations(history):
    """(observer, stream, position, value), of answers and reads."""
    for op in history.appends:
        if op.outcome is Outcome.OK:
            yield op.process, op.stream, op.position, op.value
    for read in history.reads:
        for position, value, _ in read.found:
            yield read.process, read.stream, position, value


def divergent(history):
    seen = {}
    told = set()
    of_clients = ((who, place, (stream, value))
                  for who, stream, place, value in observations(history))
    of_nodes = ((node, ("replica", place), record) for node, place, record in history.replicas)
    for who, place, record in [*of_clients, *of_nodes]:
        first, before = seen.setdefault(place, (who, record))
        if before != record and place not in told:
            told.add(place)
            yield Anomaly("divergent offset", f"{place}: {first} has {before}, {who} {record}")


def duplicates(history):
    places = collections.defaultdict(set)
    for _, stream, position, value in observations(history):
        places[stream, value].add(position)
    for read in history.reads:
        counted = collections.Counter(value for _, value, _ in read.found)
        for value in (value for value, times in counted.items() if times > 1):
            yield Anomaly("duplicate", f"{value} twice in one read by {read.process}")
    for (_, value), at in places.items():
        if len(at) > 1:
            yield Anomaly("duplicate", f"{value} at {sorted(at)}")


def non_monotonic(history):
    last = {}
    for read in history.reads:
        positions = [position for position, _, _ in read.found]
        if any(a >= b for a, b in zip(positions, positions[1:])):
            yield Anomaly("non-monotonic read", f"{read.process} read {positions} in one")
        key = (read.process, read.stream, read.goes_on)
        before = last.get(key, [])
        if read.goes_on:
            if before and positions and positions[0] <= before[-1]:
                yield Anomaly("non-monotonic read",
                              f"{read.process} went from {before[-1]} back to {positions[0]}")
            last[key] = positions or before
            continue
        if positions[:len(before)] != before:
            yield Anomaly("non-monotonic read",
                          f"{read.process} lacks {sorted(set(before) - set(positions))}, or has "
                          f"{sorted(set(positions[:len(before)]) - set(before))} in between")
        last[key] = positions


def reordered(history):
    """In the order of their places, none may have ended before an earlier one began."""
    done = collections.defaultdict(list)
    for op in history.appends:
        if op.outcome is Outcome.OK:
            done[op.stream].append(op)
    for ops in done.values():
        latest = None
        for op in sorted(ops, key=lambda op: op.position):
            if latest and op.returned < latest.invoked:
                yield Anomaly("reordered write", f"{latest.value} stands before {op.value}")
            if latest is None or op.invoked > latest.invoked:
                latest = op


def resolved(history):
    """Version and maker of what was read, so that an unknown outcome is known where it shows."""
    made = collections.defaultdict(dict)
    by_value = {(op.stream, op.value): op for op in history.appends}
    for op in history.appends:
        if op.outcome is Outcome.OK and op.version is not None:
            made[op.stream][op.version] = op
    for read in history.reads:
        for _, value, version in read.found:
            op = by_value.get((read.stream, value))
            # An answer's version is behind all that its command did, a read's is the value's own.
            if version is not None and op is not None and op.outcome is Outcome.INFO:
                if made[read.stream].setdefault(version, op) is not op:
                    yield read.stream, None, Anomaly(
                        "not linearizable", f"{value} and {made[read.stream][version].value} "
                                            f"both made version {version} of {read.stream}")
    for stream, versions in made.items():
        yield stream, versions, None


def not_linearizable(history):
    """A stream's version is a register that only grows, and each of its values is made once: so the
    one order possible is that of the versions, conflicts behind the command that made what they
    saw. It explains the history if nothing in it had ended before something ahead of it began."""
    conflicts = collections.defaultdict(list)
    for op in history.appends:
        if op.outcome is Outcome.CONFLICT:
            conflicts[op.stream].append(op)
    told = {}
    for stream, versions, anomaly in resolved(history):
        if anomaly:
            yield anomaly
        else:
            told[stream] = versions
    for stream in {*told, *conflicts}:
        yield from out_of_order(stream, told.get(stream, {}), conflicts[stream])


def out_of_order(stream, made, conflicts):
    before = 0
    for version, op in sorted(made.items()):
        if op.expected is not None and not before <= op.expected < version:
            yield Anomaly("not linearizable",
                          f"{op.value} expected version {op.expected} of {stream} and made "
                          f"{version}, but {before} lies between")
        before = version
    for op in conflicts:
        if op.expected == op.version:
            yield Anomaly("not linearizable",
                          f"{op.value} was refused for version {op.version}, which it expected")
    line = sorted([*((version, 0, op.invoked, op.returned, op.value)
                     for version, op in made.items()),
                   *((op.version, 1, op.invoked, op.returned, op.value) for op in conflicts)])
    # Ahead: everything of smaller versions, and, for a conflict, the maker of its own. Conflicts
    # that saw the same version have no order among themselves.
    ahead, latest = None, None
    at = None
    for version, sees, invoked, returned, value in line:
        if (version, sees) != at:
            ahead, at = latest, (version, sees)
        if ahead and returned < ahead[0]:
            yield Anomaly("not linearizable",
                          f"{value} at version {version} of {stream} had ended before {ahead[1]} "
                          "began, which lies ahead of it")
        if latest is None or invoked > latest[0]:
            latest = (invoked, value)

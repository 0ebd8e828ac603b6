"""Random histories of the log protocol, judged by its executable model.

usage: model_histories.py FOLDER_OF_THE_MODEL COUNT SEED
Prints a line for each: the partition (E events, K keys), the records, and what a reader then knows,
parted by tabs. A record is its fields parted by commas: kind, term, node, claim's number, seq,
stream, command, target, case, data key, record key, commitment; `-` stands for nothing.
"""

import random
import sys

FIELDS = ("seq", "stream", "cmd", "target", "case", "dek", "key", "com")


def text(record):
    values = [record.kind, *record.epoch, *[getattr(record, name) for name in FIELDS]]
    return ",".join("-" if value is None else str(value) for value in values)


class Events:
    """Plausible records of an events partition, with late, repeated and contradicting ones."""

    def __init__(self, model, rnd):
        self.model, self.rnd = model, rnd
        self.view, self.records = model.EView(), []
        self.add("claim", (1, "A", 1))
        for _ in range(rnd.randrange(1, 30)):
            self.step()

    def add(self, kind, epoch, key=None, **fields):
        number = len(self.records) + 1
        record = self.model.Rec(kind, epoch, key=number if key is None else key, **fields)
        if kind == "void":
            record = record._replace(ref=record.key)
        self.records.append(record)
        self.view = self.model.estep(self.view, record, self.model.Rules())

    def epoch(self):
        """Mostly the claim in force; sometimes one that is not any more, or never was."""
        if self.rnd.random() < 0.75:
            return self.view.cur
        return self.rnd.choice([record.epoch for record in self.records])

    def step(self):
        rnd = self.rnd
        kind = rnd.choices(["claim", "commit", "erase", "hold", "done", "tomb", "void"],
                           [2, 6, 2, 1, 1, 5, 2])[0]
        if kind == "claim":
            term = max(1, self.view.cur[0] + rnd.choice([-1, 0, 1, 1, 1]))
            self.add(kind, (term, rnd.choice("AB"), len(self.records)))
            return
        commits = [record for record in self.records if record.kind == "commit"]
        case = rnd.choice("12")
        if kind in ("tomb", "void"):
            if not commits:
                return
            over = rnd.choice(commits)
            if kind == "void":
                self.add(kind, self.epoch(), key=over.key)
                return
            com = over.com if rnd.random() < 0.9 else over.com + 1000
            self.add(kind, self.epoch(), key=over.key, seq=over.seq, stream=over.stream,
                     cmd=over.cmd, case=case, com=com)
            return
        seq = self.view.top() + 1 if rnd.random() < 0.8 else rnd.randrange(1, 8)
        stream = rnd.choice("ST")
        more = {"commit": {"stream": stream, "cmd": rnd.choice("UVWXYZ")},
                "erase": {"stream": "case", "target": stream, "case": case},
                "hold": {"stream": "hold", "target": stream},
                "done": {"stream": "case", "case": case}}[kind]
        self.add(kind, self.epoch(), seq=seq, com=len(self.records) + 1, **more)

    def known(self):
        view = self.view
        decided = {record.key for record in self.records
                   if record.kind in ("erase", "hold", "done")}
        places = ["%d%s%d" % (seq, "c" if entry.covered else "o", entry.com)
                  + ("" if entry.covered else "k%d" % entry.key) for seq, entry in view.seqs]
        return " ".join([
            "%d%s%d" % view.cur, ",".join(places), ",".join(sorted(view.cmds)),
            ",".join(sorted("".join(pair) for pair in view.auth)), ",".join(sorted(view.done)),
            ",".join(sorted(view.holds)),
            ",".join(str(key) for key in sorted(view.voids - decided)),
            "double" if view.double else "whole",
            ",".join(str(seq) for seq in view.gaps())])


class Keys:
    """The same for a key partition. Data keys are written once (K1), so there is no rewrapping."""

    def __init__(self, model, rnd):
        self.model, self.rnd = model, rnd
        self.view, self.records = model.KView(), []
        self.add("claim", (1, "A", 1))
        for _ in range(rnd.randrange(1, 20)):
            self.step()

    def add(self, kind, epoch, key=None, **fields):
        number = len(self.records) + 1
        record = self.model.Rec(kind, epoch, key=number if key is None else key, **fields)
        self.records.append(record)
        self.view = self.model.kstep(self.view, record, self.model.Rules())

    def step(self):
        rnd = self.rnd
        kind = rnd.choices(["claim", "create", "destroy", "ktomb"], [2, 5, 3, 1])[0]
        epoch = self.view.cur if rnd.random() < 0.7 else rnd.choice(self.records).epoch
        created = [record for record in self.records if record.kind == "create"]
        if kind == "claim":
            term = max(1, self.view.cur[0] + rnd.choice([-1, 0, 1, 1]))
            self.add(kind, (term, rnd.choice("AB"), len(self.records)))
        elif kind == "create":
            # A data key that is sent again, as by one who does not know that it landed.
            again = created and rnd.random() < 0.2
            dek = rnd.choice(created).dek if again else len(self.records) + 1
            self.add(kind, epoch, stream="S", dek=dek)
        elif created:
            over = rnd.choice(created)
            self.add(kind, epoch, key=over.key, stream="S", dek=over.dek)

    def known(self):
        view = self.view
        wrapped = sorted("%dk%d" % (dek, key) for dek, _, key in view.wraps)
        voids = sorted("%dk%d" % (dek, key) for dek, _, key in view.voids)
        return " ".join(["%d%s%d" % view.cur, ",".join(wrapped), ",".join(voids),
                         ",".join(str(dek) for dek in sorted(view.dead))])


def main():
    folder, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    import protocol
    rnd = random.Random(seed)
    for i in range(count):
        history = Events(protocol, rnd) if i % 2 == 0 else Keys(protocol, rnd)
        print("EK"[i % 2], " ".join(text(record) for record in history.records),
              history.known(), sep="\t")


if __name__ == "__main__":
    main()

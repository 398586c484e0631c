"""Which version of the index judged which record, as the marks say (schemas/README.md), and the oracle of each version.

    versions = Versions(folder)
    other = versions.add(paths_of_masters)                  # built; a Version: name, index, rows
    rig = VersionedRig(cluster, pool, folder, topic_name, dice, versions)
    with rig.feeding(), rig.instance("one") as one:
        put_in_place(other.index, rig.serving)              # and the consumer takes it up
    rig.finish()
    rig.verify()                                            # every record by the version that the marks name

An index that was made elsewhere is known by versions.know(name, index, rows).
"""

import csv
import json
import os
import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from chaos import MASTERS, Rig
from check import Settings, check_record  # of tests/oracle, whose place chaos has made known
from master import Master, read_masters
from product import fixwarden, read_topic


ANY_VERSION = {f"gate.{name}": "100%" for name in ("max_rows_change", "max_vanished", "max_unfound")}


@dataclass
class Version:
    name: str    # 16 hexadecimal digits
    index: Path
    rows: Master  # as the oracle has them


def put_in_place(index, place):
    """As an index is to be delivered: beside it, then renamed."""
    shutil.copy(index, f"{place}.new")
    os.replace(f"{place}.new", place)


class Versions:
    """By their names, in the order in which they were made."""

    def __init__(self, folder):
        self.folder, self.by_name = Path(folder), {}

    def __getitem__(self, name):
        return self.by_name[name]

    def __iter__(self):
        return iter(self.by_name.values())

    def know(self, name, index, rows):
        return self.by_name.setdefault(name, Version(name, Path(index), rows))

    def add(self, masters):
        index = self.folder / f"version-{len(self.by_name)}.fwx"
        built = fixwarden("index", "build", "--index", index, *(word for path in masters for word in ("--master", path)))
        assert built.returncode == 0, built.stderr
        name = json.loads(fixwarden("index", "info", index, "--json").stdout)["version"]
        return self.know(name, index, read_masters(masters))

    def add_altered(self, dice, share=0.3):
        """Of the masters of the tests, that share of whose rows is gone or has another currency."""
        folder = self.folder / f"masters-{len(self.by_name)}"
        folder.mkdir()
        return self.add([altered(path, folder / path.name, dice, share) for path in MASTERS])


def altered(source, out, dice, share):
    with open(source, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    currency = header.index("currency")
    with open(out, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            if dice.random() >= share:
                writer.writerow(row)
            elif dice.random() < 0.5 and len(row) > currency:
                row[currency] = "EUR"
                writer.writerow(row)
    return out


@dataclass
class Mark:
    offset: int
    version: str
    rules: str


@dataclass
class Marks:
    """What is in force, by topic and partition, in the order of the offsets."""
    by_partition: dict = field(default_factory=lambda: defaultdict(list))
    count: int = 0  # of all that were published, those that are superseded, too

    def take(self, text):
        mark = json.loads(text)
        if "waits_since" in mark:
            return  # of a single message: test_as_of_late has those
        in_force = self.by_partition[mark["topic"], mark["partition"]]
        while in_force and in_force[-1].offset >= mark["offset"]:
            in_force.pop()
        in_force.append(Mark(mark["offset"], mark["version"], mark["rules"]))
        self.count += 1

    def of(self, topic, partition, offset):
        """What a record is judged by. None where nothing says it."""
        found = [mark for mark in self.by_partition[topic, partition] if mark.offset <= offset]
        return found[-1] if found else None

    def changes(self):
        """How often one version follows upon another."""
        return sum(a.version != b.version for marks in self.by_partition.values() for a, b in zip(marks, marks[1:]))


def read_marks(bootstrap, topic):
    """As a reader of committed records sees them."""
    marks = Marks()
    for record in read_topic(bootstrap, topic):
        mark = json.loads(record.value)
        assert record.key == f"{mark['topic']}:{mark['partition']}".encode()
        marks.take(record.value)
    return marks


def time_and_version(path):
    """Of 20261125T093000.123Z-0123456789abcdef.fwx, or of a version with deltas, whose base comes behind it."""
    time, version = path.stem.split("-")[:2]
    moment = datetime.strptime(time, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=timezone.utc)
    return round(moment.timestamp() * 1000), version


def at_time(times, ms):
    """Which of [(milliseconds, version)] was in force, of those of one time the last; before the first that is the first."""
    return next(version for since, version in reversed(times) if since <= max(ms, times[0][0]))


def judged(record, topic, version, rules):
    """What the oracle makes of a record by one version."""
    origin = {"topic": topic, "partition": record.partition, "offset": record.offset, "key": record.key,
              "timestamp": datetime.fromtimestamp(record.timestamp / 1000, timezone.utc)}
    return check_record(record.value, "strict", version.rows, origin, Settings(version.name, rules))


class VersionedRig(Rig):
    """A job whose index changes while it runs: it serves what stands at `serving`, and publishes marks."""

    def __init__(self, cluster, pool, folder, topic_name, dice, versions, settings=None, **more):
        self.versions, self.serving, self.marks_topic = versions, Path(folder) / "serving.fwx", topic_name("versions")
        versions.know(pool.version, pool.index, pool.rows)
        put_in_place(pool.index, self.serving)
        cluster.create_topic(self.marks_topic, 3)
        settings = {"reload.check_interval": "200ms", "reload.keep": 100, "master.index": self.serving,
                    "output.versions_topic": self.marks_topic, **ANY_VERSION, **(settings or {})}
        super().__init__(cluster, pool, folder, topic_name, dice, settings=settings, **more)

    @property
    def folder_of_versions(self):
        return Path(f"{self.serving}.versions")

    def times(self):
        """[(milliseconds, version)] of the versions that are kept, in order."""
        return sorted(time_and_version(path) for path in self.folder_of_versions.glob("*.fwx"))

    def marks(self):
        return read_marks(self.cluster.bootstrap.split(","), self.marks_topic)

    def expected(self, records):
        """By the version that the marks name, of each record."""
        marks, found, dead = self.marks(), [], []
        by_version = defaultdict(int)
        for record in records:
            mark = marks.of(self.input, record.partition, record.offset)
            assert mark, f"nothing says what judged {record.partition}@{record.offset}"
            assert mark.rules == self.pool.rules
            by_version[mark.version] += 1
            result = judged(record, self.input, self.versions[mark.version], mark.rules)
            found += result.discrepancies
            dead += result.dead_letters
        print(f"{marks.count} marks, {marks.changes()} changes of version; records by version: {dict(by_version)}")
        return found, dead

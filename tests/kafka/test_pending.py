"""Late reference data: what the master lacks is waited for, and published once, with both times, or never, if a later version knows it.

Held against the oracle (tests/oracle/late.py): which ids wait in the topic, and every published record, field by field.
"""

import csv
import io
import os
import random
import signal
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from kafka import KafkaProducer

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "oracle"))

from check import Settings  # noqa: E402
from cluster import KafkaCluster  # noqa: E402
from compare import differences  # noqa: E402
from late import Late  # noqa: E402
from master import read_masters  # noqa: E402
from product import Running, end_offsets, fixwarden, read_topic  # noqa: E402
from spoil import framed, spoiled_orders  # noqa: E402
from test_first_light import decoded, settings_of  # noqa: E402

MASTER = TESTS / "data" / "master" / "financedatabase-ASE.csv"
HOLDING, PARTITIONS, WAIT_SECONDS = 3, 4, 60
SOCKET_MS, FROZEN_SECONDS, SESSION_SECONDS, KILLS_AT_END = 1000, 3, 6, 6
# kafka-python 2 stumbles over the marker of an aborted transaction that was compacted away: nothing is aborted where this is used.
KEEPS_CLEAN = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01", "segment.ms": "1000", "delete.retention.ms": "100"}


@pytest.fixture(scope="module")
def compacting():
    with KafkaCluster(brokers=1, properties={"log.cleaner.backoff.ms": "300"}) as cluster:
        yield cluster


def new_dice():
    seed = int(os.environ.get("FIXWARDEN_SEED") or random.randrange(1 << 32))
    print(f"\nseed {seed}")
    return random.Random(seed)


class Masters:
    """Versions of one master, which grows: what the first lacks comes later, as it was or with another currency, or never."""

    def __init__(self, folder, dice, count):
        self.folder = folder
        rows = list(csv.DictReader(io.StringIO(MASTER.read_text())))
        self.comes = [dice.choice((0, 0, *range(count + 1))) for _ in rows]  # with which version; `count`: with none
        self.changed = [dice.random() < 0.5 for _ in rows]
        self.paths = [self._write(rows, number) for number in range(count)]
        self.versions = [self._read(number) for number in range(count)]

    def _write(self, rows, number):
        path = self.folder / f"master-{number}.csv"
        with open(path, "w", newline="") as out:
            writer = csv.DictWriter(out, rows[0].keys())
            writer.writeheader()
            for row, comes, changed in zip(rows, self.comes, self.changed):
                if comes <= number:
                    writer.writerow({**row, "currency": "CHF"} if comes > 0 and changed else row)
        built = fixwarden("index", "build", "--master", path, "--index", path.with_suffix(".fwx"))
        assert built.returncode == 0, built.stderr
        return path

    def _read(self, number):
        version, _ = settings_of(self.paths[number].with_suffix(".fwx"))
        return read_masters([self.paths[number]]), Settings(version)

    def serve(self, number, index):
        """By rename, as it should be done. A copy, since the index stays where it was built for the next test."""
        beside = index.with_suffix(".next")
        beside.write_bytes(self.paths[number].with_suffix(".fwx").read_bytes())
        os.replace(beside, index)
        return self.versions[number]


class Rig:
    """A group that waits, what it was given, and what the oracle says of that."""

    def __init__(self, cluster, folder, topic_name, masters, grace, *arguments, config=None):
        self.cluster, self.folder, self.masters, self.grace = cluster, folder, masters, grace
        self.input, self.found, self.dead, self.pending = (topic_name(word) for word in ("fix", "found", "dead", "pending"))
        self.index = folder / "serving.fwx"
        cluster.create_topic(self.input, partitions=PARTITIONS)
        cluster.create_topic(self.found, partitions=2)
        cluster.create_topic(self.dead)
        cluster.create_topic(self.pending, partitions=HOLDING, config=config or {"cleanup.policy": "compact"})
        self.arguments = ["-o", self.found, "--dead-letters", self.dead, "--index", self.index, "--set", f"pending.grace={grace}s",
                          "--set", f"pending.topic={self.pending}", "--set", "reload.check_interval=100ms",
                          "--set", "gate.max_rows_change=100%",  # masters that grow by a third
                          "--set", f"kafka.session.timeout.ms={SESSION_SECONDS}000", "--set", "kafka.partition.assignment.strategy=cooperative-sticky",
                          *arguments]
        self.served = masters.serve(0, self.index)
        self.lates = []
        self.first_ms = None

    def start(self, name="one", *arguments):
        return Running(self.cluster, self.folder, [self.input], self.input + "-group", *self.arguments,
                       "--set", f"output.transactional_id={self.input}-{name}", *arguments, name=name)

    def produce(self, values, age=0, seconds=0):
        """Records of now, or of `age` seconds ago, over so many seconds; the version that serves is asked by the oracle, too."""
        stamp = int((time.time() - age) * 1000)
        self.first_ms = self.first_ms or stamp
        producer = KafkaProducer(bootstrap_servers=self.cluster.bootstrap, acks="all", linger_ms=20)
        sent = []
        for n, value in enumerate(values):
            sent.append((value, producer.send(self.input, value=value, key=b"%d" % n, timestamp_ms=stamp, partition=n % PARTITIONS,
                                              headers=[("traceparent", b"00-%032x" % n)])))
            time.sleep(seconds / len(values))
        for n, (value, future) in enumerate(sent):
            meta = future.get(timeout=60)
            origin = {"topic": self.input, "partition": meta.partition, "offset": meta.offset, "key": b"%d" % n,
                      "timestamp": datetime.fromtimestamp(stamp / 1000, timezone.utc)}
            late = Late(value, "strict", origin, *self.served)
            if age > self.grace:  # nothing is waited for
                late.published, late.waiting = late.published + late.waiting, []
            self.lates.append(late)
        producer.close()

    def serve(self, number):
        self.served = self.masters.serve(number, self.index)
        for late in self.lates:
            late.ask(*self.served)

    def end(self):
        for late in self.lates:
            late.end(*self.served, late.origin["timestamp"] + timedelta(seconds=self.grace))

    def waiting_keys(self):
        return {key for late in self.lates if late.waiting for key in late.keys_left()}

    def held_keys(self):
        last = {}
        for record in sorted(read_topic(self.cluster.bootstrap, self.pending), key=lambda one: one.offset):
            last[record.key.decode()] = record.value is not None
        return {key for key, held in last.items() if held}

    def wait_until_held(self, running=()):
        """Until the topic holds what waits by the oracle, and no more."""
        wanted, deadline = self.waiting_keys(), time.monotonic() + WAIT_SECONDS
        while (held := self.held_keys()) != wanted:
            for one in running:
                assert one.process.poll() is None, one.output()
            assert time.monotonic() < deadline, (f"{len(wanted - held)} are not held, {len(held - wanted)} should not be\n"
                                                 + "\n".join(one.output()[-3000:] for one in running))
            time.sleep(0.1)
        return len(wanted)

    def check(self):
        found = decoded(self.cluster.bootstrap, self.found, "discrepancies")
        rule_set = found[0]["rule_set"]  # its own to say
        wanted = [{**record, "rule_set": rule_set} for late in self.lates for record in late.published]
        assert differences(wanted, found) == ""
        late = sum(record["unknown_until"] is not None for record in wanted)
        print(f"{len(wanted)} discrepancies, each once; {late} of them after their grace")
        return late


def entry(row, dice):
    """A list entry that agrees with the first versions of the master, but for a currency that is made up."""
    values = row.values
    fields = [[55, values["symbol"]]]
    if "isin" in values and dice.random() < 0.7:
        fields += [[48, values["isin"]], [22, b"4"]]
    return fields + [[15, dice.choice((values.get("currency", b"USD"), b"XXA"))]]


def lists(rows, dice):
    """Requests for market data, so that of one message some instruments come late, some disagree and some never come."""
    while True:
        entries = [entry(dice.choice(rows), dice) for _ in range(dice.randrange(2, 12))]
        fields = [[35, b"V"], [49, b"DESK"], [56, b"VENUE"], [34, b"7"], [52, b"20260302-10:00:00.000"], [146, b"%d" % len(entries)]]
        yield framed(fields + [field for one in entries for field in one], dice)


def orders(masters, dice, count):
    """Of all listings, those that no version has included, spoiled or not, and lists of them; some in one record with another."""
    rows = read_masters([MASTER])
    values = list(spoiled_orders(rows, dice, copies=1))
    dice.shuffle(values)
    more = lists(rows.rows, dice)
    values = [value if dice.random() < 0.7 else next(more) for value in values[:count]]
    return [value if dice.random() < 0.8 else value + dice.choice(values) for value in values]


@pytest.fixture
def rig_of(compacting, tmp_path, topic_name):
    def make(masters, grace, *arguments, **more):
        return Rig(compacting, tmp_path, topic_name, masters, grace, *arguments, **more)

    return make


def counts_in(output):
    return {word.split("=")[0]: int(word.split("=")[1]) for line in output.splitlines() if "pending_held=" in line
            for word in line.split() if word.startswith("pending_")}


@pytest.mark.parametrize("lanes", [1, 2])
def test_what_comes_late_is_found_disagrees_or_never_comes(rig_of, tmp_path, lanes):
    dice = new_dice()
    masters = Masters(tmp_path, dice, 3)
    rig = rig_of(masters, 25, "--lanes", lanes)
    with rig.start() as one:
        rig.produce(orders(masters, dice, 400), age=100)
        rig.produce(orders(masters, dice, 1500))
        one.wait_until_committed()
        print(f"{rig.wait_until_held([one])} messages wait")
        for number in (1, 2):
            rig.serve(number)
            print(f"{rig.wait_until_held([one])} after version {number}")
        assert time.time() * 1000 < rig.first_ms + (100 + rig.grace) * 1000, "too slow for its grace"
        rig.end()
        assert rig.wait_until_held([one]) == 0
        assert one.stop() == 0, one.output()
        counts = counts_in(one.output())
    print(counts)
    assert rig.check() == counts["pending_expired"] > 0
    assert counts["pending_held"] == counts["pending_found"] + counts["pending_expired"] and counts["pending_found"] > 0


def make_zombie(running):
    """Stopped until the group has given its partitions away; then it goes on with what it had in its hands."""
    running.process.send_signal(signal.SIGSTOP)
    time.sleep(SESSION_SECONDS + 2)
    running.process.send_signal(signal.SIGCONT)
    time.sleep(2)


@pytest.mark.chaos
def test_it_survives_kills_zombies_and_instances_that_come_and_go(rig_of, tmp_path):
    dice = new_dice()
    masters = Masters(tmp_path, dice, 3)
    rig = rig_of(masters, 95, "--set", "batch.messages=100")
    for number in range(3):
        if number > 0:
            rig.serve(number)
        feeding = threading.Thread(target=rig.produce, args=(orders(masters, dice, 1500),), kwargs={"seconds": 12})
        feeding.start()
        for harm in (Running.kill, make_zombie):
            with rig.start("one") as one, rig.start("two") as two:
                time.sleep(dice.uniform(0.3, 2.5))
                harm(dice.choice((one, two)))
                time.sleep(dice.uniform(0, 0.5))
        feeding.join()
        with rig.start("one") as one, rig.start("two") as two:
            one.wait_until_committed()
            print(f"{rig.wait_until_held([one, two])} messages wait by version {number}")
            assert two.stop() == 0 and one.stop() == 0, two.output()
    print(f"{time.time() - rig.first_ms / 1000:.0f} s of {rig.grace} have passed")
    assert time.time() * 1000 < rig.first_ms + rig.grace * 1000, "too slow for its grace"
    rig.end()
    time.sleep(max(0, rig.first_ms / 1000 + rig.grace - 5 - time.time()))
    for _ in range(KILLS_AT_END):  # some sooner than the group gives the partitions of the dead away
        with rig.start("one") as one, rig.start("two") as two:
            time.sleep(dice.uniform(1, SESSION_SECONDS + 2))
            dice.choice((one, two)).kill()
    with rig.start("one") as one, rig.start("two") as two:
        assert rig.wait_until_held([one, two]) == 0
    logs = "".join((tmp_path / f"{name}.log").read_text() for name in ("one", "two"))
    print(f"{logs.count('aborted, ')} aborts, {logs.count('messages wait in')} times it was read back")
    assert rig.check() > 0


@pytest.mark.parametrize("lanes", [pytest.param(1, marks=pytest.mark.chaos), 2])
def test_the_broker_stands_still_now_and_then(topic_name, tmp_path, lanes):
    """Commits stay without an answer, and transactions are aborted: what waits is read back."""
    dice = new_dice()
    masters = Masters(tmp_path, dice, 2)
    with KafkaCluster(brokers=1) as cluster:
        rig = Rig(cluster, tmp_path, topic_name, masters, 75, "--lanes", lanes, "--set", "batch.messages=100",
                  "--set", f"kafka.socket.timeout.ms={SOCKET_MS}", "--set", "kafka.transaction.timeout.ms=30000")

        def stand_still(seconds):
            time.sleep(dice.uniform(0.05, 0.4))
            cluster.freeze_broker(1)
            time.sleep(seconds)
            cluster.thaw_broker(1)
            time.sleep(2)  # the tests' own client gives up on a broker that is not back in its cluster yet

        with rig.start("one", "--set", "kafka.session.timeout.ms=30000") as one:
            one.wait_until_assigned()
            feeding = threading.Thread(target=rig.produce, args=(orders(masters, dice, 3000),), kwargs={"seconds": 12})
            feeding.start()
            for _ in range(3):
                stand_still(FROZEN_SECONDS)
                time.sleep(1)
            feeding.join()
            one.wait_until_committed()
            print(f"{rig.wait_until_held([one])} messages wait")
            rig.serve(1)
            stand_still(FROZEN_SECONDS)
            print(f"{rig.wait_until_held([one])} by version 1, after {time.time() - rig.first_ms / 1000:.0f} s of {rig.grace}")
            rig.end()
            time.sleep(max(0, rig.first_ms / 1000 + rig.grace - time.time()))
            stand_still(FROZEN_SECONDS)
            rig.wait_until_held([one])
            assert one.stop() == 0, one.output()
            print(f"{one.output().count('producer is replaced')} producers were replaced, "
                  f"{one.output().count('messages wait in')} times it was read back")
        assert rig.check() > 0


def test_the_topic_is_compacted(rig_of, tmp_path, compacting):
    dice = new_dice()
    masters = Masters(tmp_path, dice, 2)
    rig = rig_of(masters, 8, config=KEEPS_CLEAN)
    with rig.start() as one:
        rig.produce(orders(masters, dice, 800))
        one.wait_until_committed()
        rig.serve(1)
        rig.wait_until_held([one])
        rig.end()
        rig.wait_until_held([one])
        written = sum(end_offsets(compacting.bootstrap, [rig.pending]).values())
        deadline, left = time.monotonic() + WAIT_SECONDS, written
        while left > written // 10:  # new records roll the segments that the cleaner may touch
            rig.produce(orders(masters, dice, 8))
            rig.end()
            time.sleep(1)
            left = len(read_topic(compacting.bootstrap, rig.pending))
            assert time.monotonic() < deadline, f"{left} of {written} are left"
        print(f"{left} of {written} records are left")


def test_more_than_may_wait_is_published_early(rig_of, tmp_path):
    dice = new_dice()
    masters = Masters(tmp_path, dice, 1)
    rig = rig_of(masters, 3600, "--lanes", 1, "--set", "pending.max=64")
    with rig.start() as one:
        for _ in range(4):
            rig.produce(orders(masters, dice, 300))
            one.wait_until_committed()
        held = rig.held_keys()
        assert 0 < len(held) <= 64
        assert "before their grace is over" in one.output()
        assert one.stop() == 0, one.output()
    found = decoded(rig.cluster.bootstrap, rig.found, "discrepancies")
    ids = [one["id"] for one in found]
    wanted = {record["id"] for late in rig.lates for record in late.published + late.waiting}
    waiting = {record["id"] for late in rig.lates for record in late.waiting}
    assert len(ids) == len(set(ids))
    assert set(ids) <= wanted and wanted - set(ids) <= waiting
    assert len(wanted) - len(ids) >= len(held)  # a message may wait for more than one
    early = [one for one in found if one["unknown_until"]]
    assert early and all(one["unknown_until"] < one["unknown_since"] + timedelta(seconds=3600) for one in early)
    print(f"{len(held)} messages are held, {len(early)} discrepancies of {len(waiting)} were published early")


ROWS = [("no topic", None, None, "create --topic"), ("a topic that deletes", {"cleanup.policy": "delete"}, "delete", "--alter")]


@pytest.mark.parametrize("name, config, policy, remedy", ROWS, ids=[row[0] for row in ROWS])
def test_the_start_says_what_the_topic_lacks(rig_of, compacting, topic_name, tmp_path, name, config, policy, remedy):
    rig = rig_of(Masters(tmp_path, new_dice(), 1), 10)
    topic = topic_name("wrong")
    if config:
        compacting.create_topic(topic, config=config)
    with rig.start("one", "--set", f"pending.topic={topic}") as one:
        assert one.wait_until_ended() == 69, one.output()
        assert remedy in one.output() and topic in one.output(), one.output()

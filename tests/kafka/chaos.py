"""What the tests that break things share: a job that is fed, supervised, watched, and held against the oracle.

    rig = Rig(cluster, folder, topic_name, partitions=4)
    with rig.feeding(rate=600), rig.instance("one") as one:
        one.kill()                     # and it is started again, as a supervisor would
        rig.recovered("kill -9")       # waits for the next commit and prints how long that took
    rig.finish()                       # the rest is worked off
    rig.verify()                       # nothing lost, nothing twice, every field as the oracle has it

FIXWARDEN_TEST_LANES sets `input.lanes` of every instance.
"""

import contextlib
import json
import os
import random
import re
import signal
import sys
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from product import Running, at_point, fixwarden, read_topic, wait_until_stopped

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "oracle"))

import wire  # noqa: E402
from check import Settings, check_record  # noqa: E402
from compare import differences  # noqa: E402
from master import read_masters  # noqa: E402
from spoil import spoiled_orders  # noqa: E402

MASTERS = sorted((TESTS / "data" / "master").glob("*.csv"))
HANG_SECONDS = 90  # without one commit for so long, it hangs
POLL_SECONDS = 0.05
TRY_AGAIN = 75  # what a supervisor starts again
DEAF_SECONDS = 2  # a process that has just been started does not listen to signals yet

# Small batches and short timeouts, so that much happens in little time.
SETTINGS = {
    "batch.messages": 200,
    "batch.commit_interval": "50ms",
    "kafka.session.timeout.ms": 3000,
    "kafka.heartbeat.interval.ms": 500,
    "kafka.transaction.timeout.ms": 10000,
    "kafka.topic.metadata.refresh.interval.ms": 1000,
    "kafka.reconnect.backoff.max.ms": 1000,
}


def new_seed(word=""):
    seed = int(os.environ.get("FIXWARDEN_TEST_SEED") or random.randrange(1 << 32))
    print(f"\nseed {seed} {word}")
    return random.Random(seed)


class Pool:
    """The master, its index, and messages to feed. Costly, so made once for a run."""

    def __init__(self, folder):
        self.index = folder / "chaos.fwx"
        self.rows = read_masters(MASTERS)
        built = fixwarden("index", "build", "--index", self.index, *(word for path in MASTERS for word in ("--master", path)))
        assert built.returncode == 0, built.stderr
        self.version = json.loads(fixwarden("index", "info", self.index, "--json").stdout)["version"]
        self.rules = re.search(r"rules: (\S+)", fixwarden("run", "-b", "127.0.0.1:1", "-t", "x", "--index", self.index).stderr)[1]
        self.messages = list(spoiled_orders(self.rows, random.Random(1), copies=1))


class Instance:
    """One `fixwarden run` under a supervisor: it starts again after a kill, and after status 75."""

    def __init__(self, rig, name, settings, environment=None, brokers=None):
        self.rig, self.name = rig, name
        self.starts = 0
        self.endings = []
        self._arguments = rig.arguments(name, settings)
        self._environment, self._brokers = environment, brokers
        self._over = False
        self._start()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.stop(check=kind is None)

    def _start(self):
        self.starts += 1
        self._started = time.monotonic()
        self.running = Running(self.rig.cluster, self.rig.folder, self.rig.topics, self.rig.group, *self._arguments,
                               brokers=self._brokers, environment=self._environment, name=f"{self.rig.group}-{self.name}")
        self._environment = None  # what a first start is told by it, a second one is not

    def _watch(self):
        while not self._over:
            status = self.running.process.wait()
            self.endings.append(status)
            if self._over or status not in (TRY_AGAIN, -signal.SIGKILL):
                return
            self._start()

    @property
    def process(self):
        return self.running.process

    def output(self):
        return self.running.output()

    def kill(self):
        self.process.kill()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def wait_until_stopped(self):
        wait_until_stopped(self.process, self.output, HANG_SECONDS)

    def wait_until_ended(self, count=1):
        deadline = time.monotonic() + HANG_SECONDS
        while len(self.endings) < count:
            assert time.monotonic() < deadline, f"{self.name} has not ended:\n{self.output()[-4000:]}"
            time.sleep(POLL_SECONDS)

    def check_alive(self):
        unexpected = [status for status in self.endings if status not in (TRY_AGAIN, -signal.SIGKILL)]
        assert not unexpected or self._over, f"{self.name} ended with {unexpected}:\n{self.output()[-4000:]}"

    def stop(self, check=True):
        """Asks it to end, and takes no other status than 0, or 75 where another start would go on."""
        if not self._over:
            self._over = True
            process = self.process
            accepted = [0, TRY_AGAIN, -signal.SIGKILL]
            if time.monotonic() < self._started + DEAF_SECONDS:
                accepted.append(-signal.SIGTERM)
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                status = process.wait(60)
            except Exception:
                process.kill()
                raise AssertionError(f"{self.name} does not end:\n{self.output()[-4000:]}") from None
            self._watcher.join(10)
            assert not check or status in accepted, f"{self.name}: {status}\n{self.output()[-4000:]}"
        self.running.log.close()


class Rig:
    """One input topic, its outputs and its group. What a test asserts at the end is verify()."""

    def __init__(self, cluster, pool, folder, topic_name, dice, partitions=4, brokers=None, settings=None, config=None):
        self.cluster, self.pool, self.folder, self.dice = cluster, pool, folder, dice
        self.input, self.found, self.dead = (topic_name(word) for word in ("fix", "found", "dead"))
        self.topics = [self.input]  # what is subscribed to
        self.group = f"{self.input}-group"
        self.brokers = brokers
        self.settings = {**SETTINGS, **(settings or {})}
        self.earlier = []  # records of a topic that is no more
        self.begins = {}  # partition number: offset, before which nothing is read
        for topic, count in ((self.input, partitions), (self.found, 2), (self.dead, 1)):
            cluster.create_topic(topic, count, config)

    def arguments(self, name, settings=None):
        options = {**self.settings, "output.transactional_id": f"{self.group}-{name}", **(settings or {})}
        if lanes := os.environ.get("FIXWARDEN_TEST_LANES"):
            options["input.lanes"] = lanes
        words = ["--index", self.pool.index, "-o", self.found, "--dead-letters", self.dead]
        for key, value in options.items():
            words += ["--set", f"{key}={value}"]
        return words

    def instance(self, name, settings=None, point=None, environment=None):
        """point: where the first start is killed or stopped, "before:commit_transaction:1:kill"; see tests/tools/points.c."""
        environment = dict(environment or {})
        if point:
            environment.update(at_point(point))
        return Instance(self, name, settings, environment, self.brokers)

    # --- feeding ---

    def producer(self):
        return KafkaProducer(bootstrap_servers=self.cluster.bootstrap.split(","), acks="all", linger_ms=5, retries=1000,
                             metadata_max_age_ms=1000, max_block_ms=60_000, request_timeout_ms=5000, delivery_timeout_ms=120_000)

    def record(self):
        return {"value": self.dice.choice(self.pool.messages), "key": b"%d" % self.dice.randrange(1000)}

    def feed(self, count):
        producer = self.producer()
        try:
            for _ in range(count):
                producer.send(self.input, **self.record())
            producer.flush(120)
        finally:
            producer.close()

    @contextlib.contextmanager
    def feeding(self, rate=600):
        """So many messages a second, within. What the brokers refuse or take twice does not matter: what counts is what
        stands on the topic in the end."""
        over = threading.Event()

        def run():
            producer = self.producer()
            while not over.wait(0.05):
                for _ in range(max(1, rate // 20)):
                    with contextlib.suppress(KafkaError):
                        producer.send(self.input, **self.record())
            with contextlib.suppress(KafkaError):
                producer.flush(60)
            producer.close()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(90)

    # --- watching ---

    def committed(self):
        """{partition number: offset}, asked again while the coordinator moves."""
        deadline = time.monotonic() + HANG_SECONDS
        while True:
            try:
                admin = KafkaAdminClient(bootstrap_servers=self.cluster.alive, request_timeout_ms=5000)
                try:
                    found = admin.list_group_offsets({self.group: None})
                finally:
                    admin.close()
                found = found.get(self.group, found)
                return {partition.partition: meta.offset for partition, meta in found.items() if partition.topic == self.input}
            except (KafkaError, OSError):
                assert time.monotonic() < deadline, "the group's coordinator does not come back"
                time.sleep(POLL_SECONDS)

    def ends(self):
        consumer = KafkaConsumer(bootstrap_servers=self.cluster.bootstrap.split(","))
        try:
            partitions = [TopicPartition(self.input, p) for p in consumer.partitions_for_topic(self.input)]
            return {partition.partition: end for partition, end in consumer.end_offsets(partitions).items()}
        finally:
            consumer.close()

    def recovered(self, what, since=None, instances=()):
        """Waits until something more is committed, and prints how long it took from `since`, or from now."""
        started = since or time.monotonic()
        before = sum(self.committed().values())
        while sum(self.committed().values()) <= before:
            for instance in instances:
                instance.check_alive()
            assert time.monotonic() < started + HANG_SECONDS, f"{what}: no commit in {HANG_SECONDS} s"
            time.sleep(POLL_SECONDS)
        seconds = time.monotonic() - started
        print(f"{what}: goes on after {seconds:.1f} s")
        return seconds

    def admin(self):
        return KafkaAdminClient(bootstrap_servers=self.cluster.bootstrap.split(","), request_timeout_ms=30_000)

    def wait_until_done(self, *instances):
        """Until all that stands on the topic is committed, and nothing hangs on the way there."""
        last, deadline, ends = None, time.monotonic() + HANG_SECONDS, self.ends()
        while True:
            committed = self.committed()
            if all(committed.get(partition, 0) >= end for partition, end in ends.items()):
                return
            for instance in instances:
                instance.check_alive()
            if committed != last:
                last, deadline = committed, time.monotonic() + HANG_SECONDS
            tails = "".join(f"\n{instance.name}: ...{instance.output()[-3000:]}" for instance in instances)
            assert time.monotonic() < deadline, f"it hangs at {committed} of {ends}{tails}"
            time.sleep(POLL_SECONDS)

    def finish(self):
        """One more instance, as the others are gone, works off what is left."""
        with self.instance("last") as last:
            self.wait_until_done(last)

    # --- judging ---

    def input_records(self):
        return read_topic(self.cluster.bootstrap.split(","), self.input)

    def expected(self, records):
        settings = Settings(self.pool.version, self.pool.rules)
        found, dead = [], []
        for record in records:
            origin = {"topic": self.input, "partition": record.partition, "offset": record.offset, "key": record.key,
                      "timestamp": datetime.fromtimestamp(record.timestamp / 1000, timezone.utc)}
            result = check_record(record.value, "strict", self.pool.rows, origin, settings)
            found += result.discrepancies
            dead += result.dead_letters
        return found, dead

    def published(self, topic, what):
        schema = wire.load(what)
        return [wire.decode_single_object(record.value, schema) for record in read_topic(self.cluster.bootstrap.split(","), topic)]

    def verify(self):
        """What read_committed readers see of the outputs is what the oracle makes of every record up to the committed
        offsets, each once."""
        committed = self.committed()
        records = [record for record in self.input_records()
                   if self.begins.get(record.partition, 0) <= record.offset < committed.get(record.partition, 0)] + self.earlier
        wanted, wanted_dead = self.expected(records)
        assert wanted and wanted_dead, "a test that finds nothing shows nothing"
        found, dead = self.published(self.found, "discrepancy"), self.published(self.dead, "dead_letter")
        print(f"{len(records)} messages: {len(found)} discrepancies and {len(dead)} dead letters; "
              f"expected {len(wanted)} and {len(wanted_dead)}")
        assert differences(wanted, found) == ""
        assert differences(wanted_dead, dead) == ""

"""fixwarden itself as tests run it: started, watched by its committed offsets, stopped or killed by its process id."""

import os
import re
import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError

from generated import tool

PROGRESS_SECONDS = 60  # without a committed offset for so long, a test gives up


def fixwarden(*arguments, **more):
    """Runs a command to its end."""
    return subprocess.run([tool("fixwarden"), *map(str, arguments)], capture_output=True, text=True, timeout=120, **more)


def state_of(pid):
    """R, S, T (stopped), ...: proc(5), /proc/pid/stat."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def at_point(point):
    """The environment in which a process is killed or stopped there, "before:commit_transaction:1:kill"; see tests/tools/points.c."""
    return {"LD_PRELOAD": tool("libpoints.so"), "FIXWARDEN_POINT": point}


def wait_until_stopped(process, output, seconds):
    """Until it stands still at its point; output(): what it has said."""
    deadline = time.monotonic() + seconds
    while state_of(process.pid) != "T":
        assert process.poll() is None and time.monotonic() < deadline, f"it never came there:\n{output()[-4000:]}"
        time.sleep(0.05)


def turns_of(log):
    """What a lane's producers do, in their order: (which, "begins") a transaction, or (which, "starts") as it is made. Needs
    kafka.debug=eos and log.level=debug."""
    return [(name, "begins" if state == "InTransaction" else "starts") for name, state in
            re.findall(r" (sink|sink-b)/0: librdkafka: TXNSTATE: .*-> (InTransaction|WaitPID)", log)]


def moment(log, line):
    """When it was first said what matches `line`; the match."""
    found = re.search(rf"^(\S+) [A-Z]+ +{line}", log, re.M)
    return datetime.fromisoformat(found[1].replace("Z", "+00:00")), found


ASSIGNED = r"source/\d+: assigned: ([1-9]\d*) partitions"  # [2] of the match: how many


class Running:
    """`fixwarden run`, stopped at the end of a with block.

    brokers: where it comes in, if not by the way that the tests themselves take. Its log is group.log, or name.log.
    """

    def __init__(self, cluster, workdir, topics, group, *arguments, brokers=None, environment=None, name=None):
        self.bootstrap, self.topics, self.group = cluster.bootstrap, topics, group
        self.log_path = Path(workdir) / f"{name or group}.log"
        command = [tool("fixwarden"), "run", "-b", brokers or cluster.bootstrap, "-g", group]
        for topic in topics:
            command += ["-t", topic]
        self.log = open(self.log_path, "ab")
        self.log_start = self.log.tell()
        self.process = subprocess.Popen([*command, *map(str, arguments)], stdout=self.log, stderr=self.log,
                                        env={**os.environ, **(environment or {})})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()
        self.log.close()

    def output(self):
        return self.log_path.read_text(errors="replace")

    def wait_until_ended(self, seconds=60):
        """Its exit status; what it has said, if it does not end."""
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it has not ended after {seconds} s:\n{self.output()[-8000:]}") from None

    def own_output(self):
        """Without what others have written to the same log before."""
        return self.output()[self.log_start:]

    def wait_until_assigned(self):
        """Until the group has given it partitions."""
        deadline = time.monotonic() + PROGRESS_SECONDS
        while " assigned: " not in self.own_output():
            assert self.process.poll() is None and time.monotonic() < deadline, self.output()
            time.sleep(0.05)

    def wait_until_committed(self, interval=0.05):
        """Until the group's offsets have reached the ends of its topics; asked for every `interval` seconds."""
        ends = end_offsets(self.bootstrap, self.topics)
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        last, deadline = None, time.monotonic() + PROGRESS_SECONDS
        try:
            while True:
                committed = committed_offsets(admin, self.group)
                if all(committed.get(partition, 0) >= end for partition, end in ends.items()):
                    return
                if committed != last:
                    last, deadline = committed, time.monotonic() + PROGRESS_SECONDS
                assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.output()}"
                assert time.monotonic() < deadline, f"no progress at {committed} of {ends}:\n{self.output()}"
                time.sleep(interval)
        finally:
            admin.close()

    def stop(self, how=signal.SIGTERM):
        """Asks it to end; its exit status."""
        self.process.send_signal(how)
        return self.wait_until_ended()

    def kill(self):
        self.process.kill()
        self.process.wait()


def committed_offsets(admin, group):
    try:
        found = admin.list_group_offsets({group: None})
    except (CoordinatorNotAvailableError, NotCoordinatorError, CoordinatorLoadInProgressError):
        return {}  # the group is new, or moving
    found = found.get(group, found)
    return {partition: meta.offset for partition, meta in found.items() if meta.offset > 0}


def end_offsets(bootstrap, topics):
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        partitions = [TopicPartition(topic, p) for topic in topics for p in sorted(consumer.partitions_for_topic(topic))]
        return consumer.end_offsets(partitions)
    finally:
        consumer.close()


def read_topic(bootstrap, topic, isolation="read_committed"):
    """Every record of all partitions that such a reader sees up to now."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, isolation_level=isolation, auto_offset_reset="earliest",
                             enable_auto_commit=False, fetch_max_bytes=64 << 20, max_partition_fetch_bytes=8 << 20)
    try:
        partitions = [TopicPartition(topic, p) for p in sorted(consumer.partitions_for_topic(topic))]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        found, deadline = [], time.monotonic() + PROGRESS_SECONDS
        # By position, not by count: markers and aborted records take offsets but are never handed out.
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            assert time.monotonic() < deadline, f"stuck reading {topic}"
            for records in consumer.poll(timeout_ms=200).values():
                found += records
                deadline = time.monotonic() + PROGRESS_SECONDS
        return found
    finally:
        consumer.close()

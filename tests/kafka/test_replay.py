"""fixwarden replay: parts of topics checked again, to their ends, beside the live run."""

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import time
from collections import Counter

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from cluster import KafkaCluster, Listener
from generated import tool
from ports import free_ports
from product import PROGRESS_SECONDS, at_point, committed_offsets, end_offsets, fixwarden, read_topic, wait_until_stopped
from replies import END_TXN, KeptReplies
from test_first_light import generated_job

FIRST_MS = 1_760_000_000_000
KILLS_MAX = 12
NO_FIX = b"no FIX"  # one dead letter for each


class Replays:
    """Replays of the topics of one cluster, into topics of their own, from one index."""

    def __init__(self, cluster, topic_name, folder, index):
        self.cluster, self.folder, self.index = cluster, folder, index
        self.found, self.dead = topic_name("replayed"), topic_name("replayed-dead")
        for topic in (self.found, self.dead):
            cluster.create_topic(topic, partitions=2)

    def command(self, *arguments, output=True):
        command = [tool("fixwarden"), "replay", "-b", self.cluster.bootstrap, "--index", self.index]
        if output:
            command += ["-o", self.found, "--dead-letters", self.dead]
        return [str(word) for word in (*command, *arguments)]

    def start(self, *arguments, output=True, environment=None):
        log = open(self.folder / "replay.log", "ab")
        return subprocess.Popen(self.command(*arguments, output=output), stdout=log, stderr=log, cwd=self.folder,
                                env={**os.environ, **(environment or {})})

    def wait_for_output(self, process):
        """Until something is published, so that more is under way."""
        deadline = time.monotonic() + PROGRESS_SECONDS
        while not any(end_offsets(self.cluster.bootstrap, [self.found, self.dead]).values()):
            assert process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def log(self):
        return (self.folder / "replay.log").read_text(errors="replace")

    def run(self, *arguments, output=True, status=0):
        """To its end, which it has to find by itself."""
        result = subprocess.run(self.command(*arguments, output=output), capture_output=True, text=True, cwd=self.folder,
                                timeout=120)
        assert result.returncode == status, result.stdout + result.stderr
        return result

    def resume(self, plan, *more, **options):
        return self.run("--resume", plan, *more, output=False, **options)

    def published(self):
        return published(self.cluster, self.found), published(self.cluster, self.dead)


def published(cluster, topic):
    """What a reader of committed records sees: bytes, as a multiset."""
    return Counter((record.key, record.value) for record in read_topic(cluster.bootstrap, topic))


def small_index(folder):
    """Of a master that nothing is found in, for topics of dead letters."""
    master, index = folder / "small.csv", folder / "small.fwx"
    master.write_text("symbol,isin,mic,currency\nAAPL,US0378331005,XNAS,USD\n")
    subprocess.run([tool("fixwarden"), "index", "build", "--master", master, "--index", index], check=True, capture_output=True)
    return index


def small_replays(cluster, topic_name, folder):
    return Replays(cluster, topic_name, folder, small_index(folder))


def send(cluster, topic, count, partition=0, first=0, step_ms=1000):
    """Records that are no FIX, a second apart by their timestamps; their offsets."""
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap, acks="all")
    try:
        sent = [producer.send(topic, NO_FIX, key=b"%d" % n, partition=partition, timestamp_ms=FIRST_MS + n * step_ms)
                for n in range(first, first + count)]
        return [future.get(timeout=60).offset for future in sent]
    finally:
        producer.close()


def send_in_transaction(cluster, topic, count, end, partition=0):
    """`end`: commit, abort or leave. The producer, if its transaction is left open."""
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap, transactional_id=f"{topic}-{end}", acks="all")
    producer.init_transactions()
    producer.begin_transaction()
    for n in range(count):
        producer.send(topic, NO_FIX, partition=partition).get(timeout=60)
    if end == "leave":
        return producer
    (producer.commit_transaction if end == "commit" else producer.abort_transaction)()
    producer.close()
    return None


def offsets_line(text):
    """records, without one, gone, read before, not read: which add up to all offsets."""
    line = re.search(r"^Offsets: (\d+); (\d+) records, (\d+) without one .*, (\d+) gone, (\d+) read before, (\d+) not read$", text, re.M)
    total, *parts = map(int, line.groups())
    assert sum(parts) == total, text
    return tuple(parts)


def messages_checked(text):
    return int(re.search(r"^Messages: (\d+) seen", text, re.M)[1])


def plan_of(replays):
    plans = sorted(replays.folder.glob("fixwarden-replay-*.json"))
    assert len(plans) == 1, plans
    return plans[0]


@pytest.fixture
def replays(cluster, topic_name, tmp_path):
    return small_replays(cluster, topic_name, tmp_path)


@pytest.fixture
def dead_topic(cluster, topic_name):
    """A topic to fill with what is no FIX."""
    topic = topic_name("in")
    cluster.create_topic(topic, partitions=1)
    return topic


@pytest.fixture
def live_job(cluster, topic_name, tmp_path):
    """A job that has run to its end, and replays of what it has read."""
    job, _, _ = generated_job(cluster, topic_name, tmp_path, 5_000, 60_000, 4, "--set", "batch.messages=1000")
    job.run_to_the_end()
    job.wanted = published(cluster, job.found), published(cluster, job.dead)
    assert job.wanted[0] and job.wanted[1]
    return job, Replays(cluster, topic_name, tmp_path, job.index)


@pytest.mark.parametrize("words, error", [
    ("", "it needs --from TIME, --offsets or --resume"),
    ("--from yesterday", "--from: 'yesterday' is no time"),
    ("--from 2026-11-25T09:30:00", "is no time"),
    ("--from -1h --to earliest", "there is nothing before it"),
    ("--from -1h --to -2h", "--to is not later than --from"),
    ("--from -1h --to -1h", "--to is not later than --from"),
    ("--from -1h --offsets t:0=1-2", "exclude each other"),
    ("-t t --offsets t:0=1-2", "exclude each other"),
    ("--offsets t:0", "'t:0' is not TOPIC:PARTITION=FROM-TO"),
    ("--offsets t:0=1-2 --offsets t:0=5-6", "t:0 is named twice"),
    ("--from -1h", "it needs --output TOPIC, of its own, or --same-topic"),
    ("--from -1h -o o --same-topic", "exclude each other"),
    ("--from -1h --same-topic --dead-letters d", "exclude each other"),
    ("--from -1h -o fixwarden.discrepancies", "is a topic of the live run"),
    ("--from -1h -o o --dead-letters fixwarden.dead-letters", "is a topic of the live run"),
    ("--from -1h -o " + 240 * "o", "is too long for a topic's name"),
    ("--from -1h --dry-run --manifest m.json", "exclude each other"),
    ("--from -1h -o o --rate 0", "--rate: '0' is no number from 1 to 10000000"),
    ("--from -1h -o o --rate 10000001", "--rate: '10000001' is no number"),
    ("--from -1h -o o --speed 0x", "--speed: '0x' is none of"),
    ("--resume m.json --lanes 3", "--resume and --lanes exclude each other"),
])
def test_what_contradicts_itself_is_refused_before_anything_is_asked(words, error):
    result = fixwarden("replay", "-b", "127.0.0.1:1", *words.split())
    assert result.returncode == 64 and error in result.stderr, result.stderr


def test_the_same_bytes_as_the_live_run_each_time_and_the_live_group_is_left_alone(live_job, cluster, topic_name):
    job, replays = live_job
    group = job.input + "-group"
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    before = committed_offsets(admin, group)
    job.arguments += ["--lanes", 1]
    with job.start() as live:
        live.wait_until_assigned()
        first = replays.run("-t", job.input, "--from", "earliest")
        again = Replays(cluster, topic_name, replays.folder, job.index)
        again.run("-t", job.input, "--from", "earliest", "--lanes", 1, "--manifest", "second.json")
        described = admin.describe_groups([group])
        assert live.stop() == 0, live.output()
    assert replays.published() == job.wanted
    assert again.published() == job.wanted
    assert committed_offsets(admin, group) == before
    admin.close()
    assert len(described[group]["members"]) == 1, described
    assert offsets_line(first.stdout) == (60_000, 0, 0, 0, 0)
    assert messages_checked(first.stdout) == 60_000
    assert live.own_output().count(" assigned: ") == 1, "it was never rebalanced"


def test_parts_by_offsets_are_the_whole(live_job):
    job, replays = live_job
    for part in ("0-5000", "5000-5001", "5001-"):
        words = [word for p in range(4) for word in ("--offsets", f"{job.input}:{p}={part}")]
        replays.run(*words)
    assert replays.published() == job.wanted


def test_a_replay_into_the_topics_of_the_live_run_says_so_in_a_header(live_job, cluster):
    job, replays = live_job
    live = ["--set", f"output.topic={job.found}", "--set", f"output.dead_letter_topic={job.dead}"]
    refused = replays.run("-t", job.input, "--from", "earliest", *live, "-o", job.found, output=False, status=64)
    assert "--same-topic" in refused.stderr
    refused = replays.run("-t", job.input, "--from", "earliest", *live, output=False, status=64)
    assert "--output TOPIC" in refused.stderr
    replays.run("-t", job.input, "--from", "earliest", *live, "--same-topic", output=False)
    run = json.loads(plan_of(replays).read_text())["run"].encode()
    for topic, wanted in zip((job.found, job.dead), job.wanted):
        by_header = {(): Counter(), (("fixwarden-replay", run),): Counter()}
        for record in read_topic(cluster.bootstrap, topic):
            by_header[tuple(record.headers)][(record.key, record.value)] += 1
        assert list(by_header.values()) == [wanted, wanted]


def test_a_killed_run_goes_on_and_loses_and_repeats_nothing(live_job):
    job, replays = live_job
    more = ["--set", "batch.messages=500", "--set", "batch.commit_interval=50ms", "--set", "kafka.transaction.timeout.ms=5000"]
    seed = random.randrange(1 << 32)
    print(f"\nseed {seed}")
    dice = random.Random(seed)
    process = replays.start("-t", job.input, "--from", "earliest", "--rate", 10_000, "--lanes", 2, *more)
    replays.wait_for_output(process)
    kills = 0
    while kills < KILLS_MAX and process.poll() is None:
        process.kill()
        process.wait()
        kills += 1
        process = replays.start("--resume", plan_of(replays), *more, output=False)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=dice.uniform(0.3, 2.5))
    process.wait(timeout=60)
    assert process.returncode == 0 and kills >= 2, replays.log()
    print(f"{kills} kills")
    assert replays.published() == job.wanted
    complete = replays.resume(plan_of(replays))
    assert offsets_line(complete.stdout) == (0, 0, 0, 60_000, 0)
    assert replays.published() == job.wanted


def test_a_broker_that_stands_still_in_the_middle_of_a_run(topic_name, tmp_path):
    """Commits without an answer, producers that are replaced, and records that are taken again, also of ranges that were read."""
    with KafkaCluster(brokers=1) as cluster:
        job, _, _ = generated_job(cluster, topic_name, tmp_path, 5_000, 60_000, 4, "--set", "batch.messages=1000")
        job.run_to_the_end()
        wanted = published(cluster, job.found), published(cluster, job.dead)
        replays = Replays(cluster, topic_name, tmp_path, job.index)
        process = replays.start("-t", job.input, "--from", "earliest", "--rate", 20_000, "--lanes", 1,
                                "--set", "batch.messages=500", "--set", "kafka.socket.timeout.ms=1000",
                                "--set", "kafka.transaction.timeout.ms=20000")
        replays.wait_for_output(process)
        for _ in range(2):
            cluster.freeze_broker(1)
            time.sleep(3)
            cluster.thaw_broker(1)
            time.sleep(0.3)
        assert process.wait(timeout=60) == 0, replays.log()
        print(f"\n{replays.log().count('producer is replaced')} producers were replaced")
        assert replays.published() == wanted
        assert offsets_line(replays.log()) == (60_000, 0, 0, 0, 0)


def test_an_interrupted_run_commits_says_how_to_go_on_and_ends(live_job):
    job, replays = live_job
    process = replays.start("-t", job.input, "--from", "earliest", "--rate", 20_000)
    replays.wait_for_output(process)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 75, replays.log()
    plan = plan_of(replays)
    assert f"replay --resume {plan.name}" in replays.log()
    records, _, _, before, left = offsets_line(replays.log())
    assert records > 0 and before == 0 and left > 0
    rest = replays.resume(plan, "--rate", 1_000_000)
    assert offsets_line(rest.stdout) == (left, 0, 0, records, 0)
    assert replays.published() == job.wanted


@pytest.mark.parametrize("stopped", [False, True])
def test_a_second_process_of_one_run_fences_the_first(live_job, stopped):
    job, replays = live_job
    first = replays.start("-t", job.input, "--from", "earliest", "--rate", 5_000, "--lanes", 3)
    replays.wait_for_output(first)
    if stopped:
        first.send_signal(signal.SIGSTOP)
    second = replays.start("--resume", plan_of(replays), "--rate", 10_000_000, output=False)
    assert second.wait(timeout=60) == 0, replays.log()
    first.send_signal(signal.SIGCONT)
    assert first.wait(timeout=60) == 75, replays.log()
    assert replays.published() == job.wanted


@pytest.mark.parametrize("stopped", [False, True], ids=["killed", "stopped"])
def test_a_run_goes_on_at_once_though_its_predecessor_left_offsets_in_a_transaction(live_job, stopped):
    job, replays = live_job
    first = replays.start("-t", job.input, "--from", "earliest", "--lanes", 1, "--set", "batch.messages=500",
                          "--set", "kafka.transaction.timeout.ms=300000",
                          environment=at_point("after:send_offsets_to_transaction:3:stop"))
    wait_until_stopped(first, replays.log, PROGRESS_SECONDS)
    if not stopped:
        first.kill()
    replays.resume(plan_of(replays))
    first.send_signal(signal.SIGCONT)
    assert first.wait(timeout=60) == (75 if stopped else -signal.SIGKILL), replays.log()
    assert replays.published() == job.wanted


@pytest.mark.parametrize("point", ["before:init_transactions:3", "before:init_transactions:4"],
                         ids=["before it replaces its first producer", "between its two"])
@pytest.mark.parametrize("part", [False, True], ids=["to the end", "a part"])
def test_a_second_process_goes_on_while_the_first_is_in_doubt(topic_name, tmp_path, point, part):
    """The end of a transaction was not answered, and the first is about to replace its producers, by which it fences the
    second. It must not go on from where it was."""
    ports = free_ports(1)
    listeners = {"KEPT": Listener(advertised={1: ports[0]})}
    with KafkaCluster(brokers=1, listeners=listeners) as cluster, KeptReplies({ports[0]: cluster.port("KEPT", 1)}) as kept:
        job, _, _ = generated_job(cluster, topic_name, tmp_path, 5_000, 60_000, 4, "--set", "batch.messages=1000")
        job.run_to_the_end()
        wanted = published(cluster, job.found), published(cluster, job.dead)
        replays = Replays(cluster, topic_name, tmp_path, job.index)
        first = replays.start("-b", cluster.address("KEPT"), "-t", job.input, "--from", "earliest", "--rate", 10_000,
                              "--lanes", 1, "--set", "batch.messages=500", "--set", "kafka.socket.timeout.ms=1000",
                              "--set", "kafka.transaction.timeout.ms=4000",
                              environment=at_point(point + ":stop"))
        replays.wait_for_output(first)
        kept.hold_back(END_TXN, 2)
        wait_until_stopped(first, replays.log, PROGRESS_SECONDS)
        second = replays.start("--resume", plan_of(replays), "--rate", 10_000 if part else 1_000_000, output=False)
        if part:
            time.sleep(3)
            assert second.poll() is None, replays.log()
        else:
            assert second.wait(timeout=60) == 0, replays.log()
        first.send_signal(signal.SIGCONT)
        assert first.wait(timeout=60) == 75, replays.log()
        if part:
            assert second.wait(timeout=60) == 75, replays.log()
            replays.resume(plan_of(replays), "--rate", 1_000_000)
        assert replays.published() == wanted


def test_another_version_or_other_rules_cannot_go_on(live_job, cluster):
    job, replays = live_job
    process = replays.start("-t", job.input, "--from", "earliest", "--rate", 5_000)
    replays.wait_for_output(process)
    process.kill()
    process.wait()
    plan = plan_of(replays)
    other = small_index(replays.folder)
    assert "the replay is of version" in replays.resume(plan, "--index", other, status=65).stderr
    assert "the run began with" in replays.resume(plan, "--set", "rules.AMBIGUOUS_SECURITY=off", status=78).stderr
    assert "framing" in replays.resume(plan, "--set", "input.framing=log", status=78).stderr
    assert "exclude each other" in replays.resume(plan, "--from", "earliest", status=64).stderr
    version = json.loads(plan.read_text())["index"]["version"]
    assert "has version" in replays.run("-t", job.input, "--from", "earliest", "--index-version", "0" * 16, status=65).stderr
    replays.resume(plan, "--rate", 1_000_000, "--index-version", version)
    assert replays.published() == job.wanted


def test_a_dry_run_counts_and_leaves_no_trace(live_job, cluster):
    job, replays = live_job
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    groups = {group["group_id"] for group in admin.list_groups()}
    dry = replays.run("-t", job.input, "--from", "earliest", "--dry-run", output=False)
    assert {group["group_id"] for group in admin.list_groups()} == groups
    admin.close()
    assert offsets_line(dry.stdout) == (60_000, 0, 0, 0, 0)
    assert f"it would be {sum(job.wanted[0].values())} discrepancies, {sum(job.wanted[1].values())} dead letters" in dry.stdout
    assert list(replays.folder.glob("fixwarden-replay-*.json")) == []
    for topic in (replays.found, replays.dead):
        assert read_topic(cluster.bootstrap, topic, isolation="read_uncommitted") == []


@pytest.mark.parametrize("start, end, wanted", [
    ("@{3}", "@{7}", [3, 4, 5, 6]),  # the first one is in, the last one is not
    ("@{3}+1", "@{7}+1", [4, 5, 6, 7]),
    ("@{0}", "@{1}", [0]),
    ("earliest", "@{2}", [0, 1]),
    ("@{8}", "now", [8, 9]),
    ("@{20}", "now", []),
    ("2025-10-09T08:53:23Z", "2025-10-09T10:53:25+02:00", [3, 4]),
])
def test_the_bounds_of_time(replays, cluster, dead_topic, start, end, wanted):
    send(cluster, dead_topic, 10)

    def moment(text):
        at = re.match(r"@\{(\d+)\}(\+1)?$", text)
        return f"@{FIRST_MS + int(at[1]) * 1000 + bool(at[2])}" if at else text

    result = replays.run("-t", dead_topic, "--from", moment(start), "--to", moment(end))
    assert offsets_line(result.stdout) == (len(wanted), 0, 0, 0, 0)
    assert sum(replays.published()[1].values()) == len(wanted)
    ranges = json.loads(plan_of(replays).read_text())["ranges"]
    assert [(r["from"], r["to"]) for r in ranges] == [(wanted[0], wanted[-1] + 1)] if wanted else [(10, 10)]


def test_an_open_transaction_at_the_end_is_left_out_and_told(replays, cluster, dead_topic):
    send(cluster, dead_topic, 5)
    producer = send_in_transaction(cluster, dead_topic, 3, "leave")
    try:
        result = replays.run("-t", dead_topic, "--from", "earliest")
        assert "a transaction is open: it is read up to offset 5, and what follows, up to 8, is not" in result.stderr
        assert offsets_line(result.stdout) == (5, 0, 0, 0, 0)
        refused = replays.run("--offsets", f"{dead_topic}:0=0-9", "--manifest", "x.json", status=65)
        assert "it ends at offset 8, before 9" in refused.stderr
    finally:
        producer.abort_transaction()
        producer.close()


def test_markers_and_aborted_records_end_a_range_as_any_other(replays, cluster, dead_topic):
    send(cluster, dead_topic, 4)                          # 0 to 3
    send_in_transaction(cluster, dead_topic, 3, "commit")  # 4 to 6, and a marker at 7
    send_in_transaction(cluster, dead_topic, 3, "abort")   # 8 to 10, and a marker at 11
    whole = replays.run("-t", dead_topic, "--from", "earliest")
    assert offsets_line(whole.stdout) == (7, 5, 0, 0, 0)
    for number, (part, wanted) in enumerate({"0-8": (7, 1), "7-8": (0, 1), "7-10": (0, 3), "8-": (0, 4), "3-5": (2, 0)}.items()):
        result = replays.run("--offsets", f"{dead_topic}:0={part}", "--manifest", f"{number}.json")
        assert offsets_line(result.stdout) == (*wanted, 0, 0, 0), part
        assert offsets_line(replays.resume(f"{number}.json").stdout) == (0, 0, 0, sum(wanted), 0), part


def test_empty_partitions_and_empty_topics_end_at_once(replays, cluster, topic_name):
    topic = topic_name("empty")
    cluster.create_topic(topic, partitions=5)
    result = replays.run("-t", topic, "--from", "earliest")
    assert offsets_line(result.stdout) == (0, 0, 0, 0, 0)
    send(cluster, topic, 6, partition=3)
    result = replays.run("-t", topic, "--from", "earliest", "--manifest", "second.json")
    assert offsets_line(result.stdout) == (6, 0, 0, 0, 0)


def test_a_topic_or_partition_that_is_not_there_is_named(replays, dead_topic, topic_name):
    absent = topic_name("absent")
    for words in (("-t", absent, "--from", "earliest"), ("--offsets", f"{absent}:0=0-1")):
        assert f"topic {absent} does not exist" in replays.run(*words, status=69).stderr
    assert f"{dead_topic}/7: " in replays.run("--offsets", f"{dead_topic}:7=0-1", status=69).stderr
    assert "is a pattern" in replays.run("-t", "^fix", "--from", "earliest", status=64).stderr


def test_a_compacted_tail_ends_by_itself(topic_name, tmp_path):
    """The range ends with offsets that are compacted away, in the middle of the topic."""
    with KafkaCluster(brokers=1, properties={"log.cleaner.backoff.ms": "300", "log.cleaner.min.compaction.lag.ms": "0"}) as cluster:
        replays, topic = small_replays(cluster, topic_name, tmp_path), topic_name("compacted")
        cluster.create_topic(topic, config={"cleanup.policy": "compact", "segment.ms": "200", "min.cleanable.dirty.ratio": "0.01",
                                            "delete.retention.ms": "0"})
        send(cluster, topic, 5, first=50)  # keys that stay
        for _ in range(3):
            send(cluster, topic, 10)  # the same ten keys
            time.sleep(0.4)           # and a segment of its own, for the next one to close
        end = send(cluster, topic, 10)[-1] + 1
        wait_until_compacted(cluster, topic, end)
        part = replays.run("--offsets", f"{topic}:0=0-{end - 15}")
        records, without, *others = offsets_line(part.stdout)
        print(f"\n{records} records at {end - 15} offsets")
        assert records >= 5 and without >= 5 and others == [0, 0, 0]
        replays.run("-t", topic, "--from", "earliest", "--manifest", "all.json")


def wait_until_compacted(cluster, topic, end):
    deadline = time.monotonic() + PROGRESS_SECONDS
    while any(end - 20 <= record.offset < end - 15 for record in read_topic(cluster.bootstrap, topic)):
        assert time.monotonic() < deadline, "the cleaner has not come"
        send(cluster, topic, 1, first=100)  # closes segments
        time.sleep(0.5)


def test_what_is_gone_is_told_and_refused_unless_it_is_allowed(replays, cluster, dead_topic):
    send(cluster, dead_topic, 10)
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    admin.delete_records({TopicPartition(dead_topic, 0): 4})
    admin.close()
    refused = replays.run("--offsets", f"{dead_topic}:0=1-8", status=65)
    assert f"{dead_topic}/0: offsets 1 to 3 are gone" in refused.stderr and "--allow-missing" in refused.stderr
    refused = replays.run("-t", dead_topic, "--from", f"@{FIRST_MS}", status=65)
    assert "all before offset 4 is gone" in refused.stderr
    assert list(replays.folder.glob("fixwarden-replay-*.json")) == [], "nothing was begun"
    allowed = replays.run("--offsets", f"{dead_topic}:0=1-8", "--allow-missing", "--manifest", "a.json")
    assert offsets_line(allowed.stdout) == (4, 0, 3, 0, 0)
    all_gone = replays.run("--offsets", f"{dead_topic}:0=1-3", "--allow-missing", "--manifest", "e.json")
    assert offsets_line(all_gone.stdout) == (0, 0, 2, 0, 0)
    by_time = replays.run("-t", dead_topic, "--from", f"@{FIRST_MS}", "--allow-missing", "--manifest", "b.json")
    assert offsets_line(by_time.stdout) == (6, 0, 0, 0, 0)
    earliest = replays.run("-t", dead_topic, "--from", "earliest", "--manifest", "c.json")
    assert offsets_line(earliest.stdout) == (6, 0, 0, 0, 0)
    later = replays.run("-t", dead_topic, "--from", f"@{FIRST_MS + 6000}", "--manifest", "d.json")
    assert offsets_line(later.stdout) == (4, 0, 0, 0, 0)


def test_records_that_go_while_a_run_is_stopped_are_told(replays, cluster, dead_topic):
    send(cluster, dead_topic, 200)
    process = replays.start("-t", dead_topic, "--from", "earliest", "--rate", 20)
    replays.wait_for_output(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 75, replays.log()
    read = offsets_line(replays.log())[0]
    assert 0 < read < 150
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    admin.delete_records({TopicPartition(dead_topic, 0): 150})
    admin.close()
    refused = replays.resume(plan_of(replays), status=65)
    assert f"{dead_topic}/0: offsets {read} to 149 are gone" in refused.stderr
    rest = replays.resume(plan_of(replays), "--allow-missing", "--rate", 1000)
    assert offsets_line(rest.stdout) == (50, 0, 150 - read, read, 0)


def test_records_that_go_while_they_are_read_end_the_run(replays, cluster, dead_topic):
    count, size = 3000, 2000
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap, linger_ms=0, batch_size=0)
    for _ in range(count):
        producer.send(dead_topic, b"x" * size)
    producer.close()
    process = replays.start("-t", dead_topic, "--from", "earliest", "--rate", 100, "--set", "kafka.queued.max.messages.kbytes=16",
                            "--set", "kafka.fetch.message.max.bytes=4000", "--set", "kafka.queued.min.messages=1")
    replays.wait_for_output(process)
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    admin.delete_records({TopicPartition(dead_topic, 0): count - 10})
    admin.close()
    assert process.wait(timeout=60) == 65, replays.log()
    assert "records are gone before they were read" in replays.log()
    rest = replays.resume(plan_of(replays), "--allow-missing", "--rate", 1_000_000)
    records, _, gone, before, left = offsets_line(rest.stdout)
    assert records == 10 and gone > 0 and before > 0 and left == 0
    assert sum(replays.published()[1].values()) == before + records


def test_a_topic_that_is_gone_or_made_again_is_told(replays, cluster, dead_topic):
    send(cluster, dead_topic, 200)
    process = replays.start("-t", dead_topic, "--from", "earliest", "--rate", 20, "--set", "kafka.transaction.timeout.ms=3000")
    replays.wait_for_output(process)
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    admin.delete_topics([dead_topic])
    assert process.wait(timeout=60) == 69, replays.log()
    assert dead_topic in replays.resume(plan_of(replays), status=69).stderr
    cluster.create_topic(dead_topic)
    send(cluster, dead_topic, 3)
    again = replays.resume(plan_of(replays), status=65)
    assert "it was made again" in again.stderr or "holds no offset" in again.stderr
    admin.close()


def test_a_rate_is_not_exceeded(replays, cluster, dead_topic):
    send(cluster, dead_topic, 900)
    started = time.monotonic()
    result = replays.run("-t", dead_topic, "--from", "earliest", "--rate", 300)
    assert time.monotonic() - started >= 2.8
    assert offsets_line(result.stdout) == (900, 0, 0, 0, 0)


@pytest.mark.parametrize("speed, seconds", [("1x", 3.0), ("3x", 1.0), ("max", 0)])
def test_records_come_at_the_pace_of_their_timestamps(replays, cluster, topic_name, speed, seconds):
    topic = topic_name("paced")
    cluster.create_topic(topic, partitions=2)
    for partition in range(2):
        send(cluster, topic, 31, partition=partition, step_ms=100)
    started = time.monotonic()
    result = replays.run("-t", topic, "--from", "earliest", "--speed", speed)
    assert time.monotonic() - started >= seconds
    assert offsets_line(result.stdout) == (62, 0, 0, 0, 0)
    stamps = sorted(record.timestamp for record in read_topic(cluster.bootstrap, replays.dead))
    assert stamps[-1] - stamps[0] >= seconds * 900, "spread over the time, not held back to its end"


def test_new_records_behind_the_range_are_left_alone(replays, cluster, dead_topic):
    """The topic goes on while it is read."""
    send(cluster, dead_topic, 300)
    process = replays.start("-t", dead_topic, "--from", "earliest", "--rate", 200)
    replays.wait_for_output(process)
    send(cluster, dead_topic, 500)
    assert process.wait(timeout=60) == 0, replays.log()
    assert sum(replays.published()[1].values()) == 300
    assert end_offsets(cluster.bootstrap, [dead_topic])[TopicPartition(dead_topic, 0)] == 800


def test_a_progress_bar_on_a_terminal_only(replays, cluster, dead_topic):
    send(cluster, dead_topic, 300)
    main, terminal = os.openpty()
    process = subprocess.Popen(replays.command("-t", dead_topic, "--from", "earliest", "--rate", "300"), cwd=replays.folder,
                               stdout=subprocess.PIPE, stderr=terminal)
    os.close(terminal)
    out, shown = process.stdout.read(), b""
    try:
        while chunk := os.read(main, 4096):
            shown += chunk
    except OSError:
        pass  # how Linux says that the terminal's other end is closed
    assert process.wait() == 0
    assert re.search(rb"\r\[=+ *\] +\d+%  \d+ records", shown) and b"\r\x1b[K" in shown
    assert b"\r" not in out

"""The whole way of the data through a real broker, held against the oracle and against a plan, field by field."""

import json
import random
import re
import signal
import sys
import time
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import pytest
from kafka import KafkaProducer

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "oracle"))

import wire  # noqa: E402
from check import Settings, check_record  # noqa: E402
from compare import differences  # noqa: E402
from generated import master, messages, run  # noqa: E402
from master import read_masters  # noqa: E402
from product import Running, fixwarden, read_topic  # noqa: E402
from spoil import spoiled_orders  # noqa: E402

MASTERS = sorted((TESTS / "data" / "master").glob("*.csv"))
FIX_FILES = sorted(path for path in (TESTS / "data" / "fix").iterdir())
BY_LINE = ("fix2json-100-fix42.dat", "jspurefix-fix44-pipe.txt")  # the others have no line ends: one record of many messages
SCHEMAS = {"discrepancies": wire.load("discrepancy"), "dead-letters": wire.load("dead_letter")}
CARRIED = ("name", "sector")
PARTITIONS = 3


def real_records():
    """(key, value) of what the four FIX files hold."""
    for path in FIX_FILES:
        data = path.read_bytes()
        values = data.splitlines() if path.name in BY_LINE else [data]
        for value in values:
            yield path.name.encode(), value


def produce(bootstrap, topic, records, **more):
    """Sends in order and returns the origins, as the oracle wants them."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=20, **more)
    try:
        sent = [producer.send(topic, value=value, key=key, timestamp_ms=(1_760_000_000 + n) * 1000)
                for n, (key, value) in enumerate(records)]
        metadata = [future.get(timeout=60) for future in sent]
    finally:
        producer.close()
    return [{"topic": topic, "partition": m.partition, "offset": m.offset, "key": key,
             "timestamp": datetime.fromtimestamp(1_760_000_000 + n, timezone.utc)} for n, (m, (key, _)) in enumerate(zip(metadata, records))]


def expected_of(records, origins, profile, rows, settings):
    """What the oracle makes of the same bytes at the same places."""
    discrepancies, dead_letters, counts = [], [], Counter()
    for (_, value), origin in zip(records, origins):
        result = check_record(value, profile, rows, origin, settings)
        discrepancies += result.discrepancies
        dead_letters += result.dead_letters
        counts.update(result.counts)
    return discrepancies, dead_letters, counts


def settings_of(index):
    """Version and rule set are fixwarden's own to say."""
    info = json.loads(fixwarden("index", "info", index, "--json").stdout)
    rules = fixwarden("config", "show").stdout
    found = re.search(r"default-[0-9a-f]{16}", rules)
    return info["version"], found[0] if found else None


def decoded(bootstrap, topic, what, registry=None):
    """The records of an output topic as fastavro reads them."""
    schema, found = SCHEMAS[what], []
    for record in read_topic(bootstrap, topic):
        if registry:
            schema_id, value = wire.decode_confluent(record.value, schema)
            assert json.loads(registry.schema(schema_id)) == json.loads((TESTS.parent / "schemas" / SCHEMA_FILE[what]).read_text())
        else:
            value = wire.decode_single_object(record.value, schema)
        found.append(value)
    return found


SCHEMA_FILE = {"discrepancies": "discrepancy.avsc", "dead-letters": "dead_letter.avsc"}


class Job:
    """One run of the job over records of its own, and what it has to publish."""

    def __init__(self, cluster, topic_name, folder, masters, *arguments):
        self.cluster, self.folder = cluster, folder
        self.input, self.found, self.dead = (topic_name(word) for word in ("fix", "discrepancies", "dead-letters"))
        self.masters, self.index = masters, folder / "master.fwx"
        cluster.create_topic(self.input, partitions=PARTITIONS)
        cluster.create_topic(self.found, partitions=2)
        cluster.create_topic(self.dead, partitions=1)
        self.arguments = ["-o", self.found, "--dead-letters", self.dead, "--index", self.index, *arguments]
        for path in masters:
            self.arguments += ["--master", path]

    def start(self, environment=None):
        return Running(self.cluster, self.folder, [self.input], self.input + "-group", *self.arguments, environment=environment)

    def run_to_the_end(self):
        with self.start() as job:
            job.wait_until_committed()
            assert job.stop() == 0, job.output()
            return job.output()


def print_kinds(title, discrepancies, dead_letters, counts):
    kinds = Counter(one["kind"] for one in discrepancies) + Counter(f"dead letter {one['reason']}" for one in dead_letters)
    print(f"\n{title}: " + ", ".join(f"{value} {name}" for name, value in sorted(counts.items())))
    for kind, number in sorted(kinds.items()):
        print(f"  {number:6} {kind}")


def check_agreement(job, title, records, profile, registry=None):
    origins = produce(job.cluster.bootstrap, job.input, records)
    job.run_to_the_end()
    version, rules = settings_of(job.index)
    found = decoded(job.cluster.bootstrap, job.found, "discrepancies", registry)
    dead = decoded(job.cluster.bootstrap, job.dead, "dead-letters", registry)
    rule_set = rules or found[0]["rule_set"]
    rows = read_masters(job.masters, carry=CARRIED)
    wanted, wanted_dead, counts = expected_of(records, origins, profile, rows, Settings(version, rule_set))
    print_kinds(title, wanted, wanted_dead, counts)
    assert differences(wanted, found) == ""
    assert differences(wanted_dead, dead) == ""
    assert wanted or wanted_dead, "a test that finds nothing shows nothing"


@pytest.mark.parametrize("framing", ["log", "strict"])
def test_the_real_files_give_exactly_the_oracle_s_discrepancies(cluster, registry, topic_name, tmp_path, framing):
    carried = [word for name in CARRIED for word in ("--carry", name)]
    with_registry = registry if framing == "log" else None
    job = Job(cluster, topic_name, tmp_path, MASTERS, *carried, "--set", f"input.framing={framing}",
              *(["--registry", registry.url] if with_registry else []))
    check_agreement(job, f"real files, framing {framing}", list(real_records()), framing, with_registry)


def test_orders_on_every_real_listing_spoiled_at_random(cluster, topic_name, tmp_path):
    seed = random.randrange(1 << 32)
    print(f"\nseed {seed}")
    rows = read_masters(MASTERS, carry=CARRIED)
    records = [(b"k", value) for value in spoiled_orders(rows, random.Random(seed), copies=4)]
    carried = [word for name in CARRIED for word in ("--carry", name)]
    job = Job(cluster, topic_name, tmp_path, MASTERS, *carried)
    check_agreement(job, f"{len(records)} spoiled orders", records, "strict")


def plan_of(lines, partitions):
    """The plan as the multiset that has to be on the topics: places are partition and offset."""
    found, dead = Counter(), Counter()
    for line in lines:
        place = (line["message"] % partitions, line["message"] // partitions)
        if "dead_letter" in line:
            dead[(*place, line["dead_letter"])] += 1
        else:
            found[(*place, line["kind"], line["tag"], line["identifier_position"], line["observed"], line["expected"])] += 1
    return found, dead


def published_of(job):
    found = Counter((one["origin"]["partition"], one["origin"]["offset"], one["kind"], one["tag"],
                     one["identifier_position"], one["observed"], one["expected"])
                    for one in decoded(job.cluster.bootstrap, job.found, "discrepancies"))
    dead = Counter((one["origin"]["partition"], one["origin"]["offset"], one["reason"])
                   for one in decoded(job.cluster.bootstrap, job.dead, "dead-letters"))
    return found, dead


def assert_same(wanted, seen):
    missing, surplus = wanted - seen, seen - wanted
    assert not missing and not surplus, f"{sum(missing.values())} missing, {sum(surplus.values())} surplus: " \
        f"{list(missing)[:3]} {list(surplus)[:3]}"


def generated_job(cluster, topic_name, folder, rows, count, partitions, *arguments):
    """A job over generated messages, put on its topic, and their plan."""
    table = master(folder / "master.csv", rows=rows)
    out, lines, summary = messages(folder, "messages", rows=rows, count=count)
    job = Job(cluster, topic_name, folder, [table], *arguments)
    job.input = topic_name("generated")
    made = run("fixwarden-produce", "--bootstrap", cluster.bootstrap, "--topic", job.input, "--partitions", partitions,
               "--create", out)
    assert made.returncode == 0, made.stderr
    out.unlink()
    return job, plan_of(lines, partitions), summary


@pytest.mark.parametrize("lanes", [1, 3])
def test_a_killed_job_publishes_each_discrepancy_once(cluster, topic_name, tmp_path, lanes):
    seed = random.randrange(1 << 32)
    print(f"\nseed {seed}")
    dice = random.Random(seed)
    job, (found, dead), _ = generated_job(cluster, topic_name, tmp_path, 20_000, 300_000, 4,
                                          "--set", "batch.messages=2000", "--lanes", lanes)
    fixwarden("index", "build", "--master", job.masters[0], "--index", job.index)
    for _ in range(4):
        with job.start() as running:
            time.sleep(dice.uniform(0.3, 1.2))
            running.kill()
    job.run_to_the_end()
    seen = published_of(job)
    print(f"{sum(found.values())} discrepancies and {sum(dead.values())} dead letters after 4 kills")
    assert_same(found, seen[0])
    assert_same(dead, seen[1])


@pytest.mark.parametrize("how, lanes", [(signal.SIGTERM, 1), (signal.SIGINT, 1), (signal.SIGTERM, 2)])
def test_a_stopped_job_goes_on_where_it_was(cluster, topic_name, tmp_path, how, lanes):
    job, (found, dead), _ = generated_job(cluster, topic_name, tmp_path, 5_000, 100_000, 2, "--set", "batch.messages=500",
                                          "--lanes", lanes)
    for _ in range(3):
        with job.start() as running:
            time.sleep(0.8)
            assert running.stop(how) == 0, running.output()
    job.run_to_the_end()
    seen = published_of(job)
    assert_same(found, seen[0])
    assert_same(dead, seen[1])


@pytest.mark.parametrize("lanes", [1, 2])
def test_at_least_once_misses_nothing(cluster, topic_name, tmp_path, lanes):
    job, (found, dead), _ = generated_job(cluster, topic_name, tmp_path, 5_000, 60_000, 2, "--delivery", "at-least-once",
                                          "--set", "batch.messages=500", "--lanes", lanes)
    with job.start() as running:
        time.sleep(0.8)
        running.kill()
    job.run_to_the_end()
    seen = published_of(job)
    assert not found - seen[0] and not dead - seen[1]
    assert set(seen[0]) == set(found) and set(seen[1]) == set(dead)


@pytest.mark.parametrize("strategy, lanes", [("cooperative-sticky", 1), ("cooperative-sticky", 2), ("range", 2), ("roundrobin", 1)])
def test_two_instances_share_a_group_and_one_of_them_leaves(cluster, topic_name, tmp_path, strategy, lanes):
    job, (found, dead), _ = generated_job(cluster, topic_name, tmp_path, 5_000, 200_000, 4, "--set", "batch.messages=1000",
                                          "--set", f"kafka.partition.assignment.strategy={strategy}", "--lanes", lanes)
    fixwarden("index", "build", "--master", job.masters[0], "--index", job.index)
    other = list(job.arguments)
    with Running(cluster, tmp_path, [job.input], job.input + "-group", *other, "--set", "output.transactional_id=one") as one:
        time.sleep(0.5)
        with Running(cluster, tmp_path, [job.input], job.input + "-group", *other, "--set", "output.transactional_id=two") as two:
            time.sleep(1.5)
            assert one.stop() == 0, one.output()
            two.wait_until_committed()
            assert two.stop() == 0, two.output()
    seen = published_of(job)
    assert_same(found, seen[0])
    assert_same(dead, seen[1])


def test_1_200_000_messages_agree_with_the_plan(cluster, topic_name, tmp_path):
    count = 1_200_000
    job, (found, dead), summary = generated_job(cluster, topic_name, tmp_path, 1_000_000, count, 4)
    built = fixwarden("index", "build", "--master", job.masters[0], "--index", job.index)
    assert built.returncode == 0, built.stderr
    job.masters[0].unlink()
    job.arguments = job.arguments[:-2]  # the index alone
    bare = run("bare-consumer", "--bootstrap", cluster.bootstrap, "--topic", job.input, "--count", count)
    assert bare.returncode == 0, bare.stderr
    started = time.monotonic()
    with job.start() as running:
        running.wait_until_committed()
        seconds = time.monotonic() - started
        assert running.stop() == 0, running.output()
        ended = running.output()
    print("\n" + bare.stdout.strip())
    print(f"fixwarden: {count} messages, {seconds:.1f} s from start to the last commit, {count / seconds:.0f} messages/s")
    print(ended.strip().splitlines()[-1])
    for kind, number in sorted(summary["by_kind"].items()):
        print(f"  {number:6} {kind}")
    print(f"  {sum(dead.values()):6} dead letters")
    seen = published_of(job)
    assert_same(found, seen[0])
    assert_same(dead, seen[1])

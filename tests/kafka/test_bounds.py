"""What bounds the job: its memory, whatever comes; what it carries of headers; and what it does in a storm of discrepancies."""

import json
import random
import time
from collections import Counter

import pytest
import stdnum.isin
from confluent_kafka import Producer
from kafka import KafkaAdminClient

from product import Running, committed_offsets, fixwarden, read_topic
from resident import Resident
from test_first_light import SCHEMAS, Job, decoded, expected_of, produce, settings_of

import wire  # noqa: E402  (test_first_light has put the oracle in the path)
from check import Settings  # noqa: E402
from compare import differences  # noqa: E402
from master import read_masters  # noqa: E402

MIB = 1 << 20
SOH = "\x01"
BIG = 900_000  # bytes; Kafka's default limit of a message is 1,048,588
MARKETS, CURRENCIES = ["XNYS", "XNAS", "XLON"], ["USD", "EUR", "GBP"]


def isin(number):
    body = f"US{number:09d}"
    return body + stdnum.isin.calc_check_digit(body)


def write_master(path, rows, right=True):
    """All else but the ISIN is another's in a master that is not right."""
    lines = ["symbol,isin,currency,mic"]
    for n in range(rows):
        other = n if right else n + 1
        symbol = f"S{n}" if right else f"W{n}"
        lines.append(f"{symbol},{isin(n)},{CURRENCIES[other % 3]},{MARKETS[other % 3]}")
    path.write_text("\n".join(lines) + "\n")
    return path


def message(kind, *fields):
    body = SOH.join([f"35={kind}", "49=A", "56=B", "34=1", "52=20260101-00:00:00", *fields]) + SOH
    head = f"8=FIX.4.4{SOH}9={len(body.encode())}{SOH}{body}"
    return f"{head}10={sum(head.encode()) % 256:03d}{SOH}".encode()


def order(n, *more):
    return message("D", f"11=O{n}", f"55=S{n}", f"48={isin(n)}", "22=4", f"15={CURRENCIES[n % 3]}", f"207={MARKETS[n % 3]}", "54=1", "38=100",
                   "44=10.5", *more)


def refit(value):
    """With the checksum that a changed message has."""
    body = value[:value.rindex(b"10=")]
    return body + f"10={sum(body) % 256:03d}{SOH}".encode()


def order_list(count, rows):
    entries = [field for n in range(count) for field in
               (f"11=L{n}", f"67={n + 1}", f"55=S{n % rows}", f"48={isin(n % rows)}", "22=4", "54=1", "38=100", "44=10.5")]
    return message("E", "66=L", "394=1", f"68={count}", f"73={count}", *entries)


def run_watched(job):
    """To the end; its log, and the most that it held."""
    with job.start() as running:
        resident = Resident(running.process.pid)
        running.wait_until_committed()
        peak = resident.peak()
        resident.end()
        assert running.stop() == 0, running.output()
        assert resident.samples > 5, "too short to say anything"
        return running.output(), resident.most, peak


def backlog(dice, rows):
    """Large and small, mixed: text, bytes that are no FIX, lists of instruments, single orders."""
    records = [order(n % rows) for n in range(8_000)]
    records += [order(n, "58=" + "x" * BIG) for n in range(80)]
    records += [b"no FIX " + dice.randbytes(BIG) for _ in range(24)]
    records += [order_list(4_000, rows) for _ in range(3)]
    dice.shuffle(records)
    return [(f"k{n % 16}".encode(), record) for n, record in enumerate(records)]


def test_large_messages_and_a_wrong_master_stay_within_memory_max(cluster, topic_name, tmp_path):
    seed, limit, rows = random.randrange(1 << 32), 112 * MIB, 500
    print(f"\nseed {seed}")
    table = write_master(tmp_path / "master.csv", rows, right=False)
    job = Job(cluster, topic_name, tmp_path, [table], "--lanes", 2, "--set", f"memory.max={limit}")
    records = backlog(random.Random(seed), rows)
    origins = produce(cluster.bootstrap, job.input, records, max_request_size=2 * MIB)
    fixwarden("index", "build", "--master", table, "--index", job.index)
    log, held, peak = run_watched(job)
    print(f"held {held / MIB:.1f} MiB without the index, at the most {peak / MIB:.1f} MiB with it, of {limit / MIB:.0f}")
    version, _ = settings_of(job.index)
    found = decoded(cluster.bootstrap, job.found, "discrepancies")
    dead = decoded(cluster.bootstrap, job.dead, "dead-letters")
    wanted, wanted_dead, counts = expected_of(records, origins, "strict", read_masters([table]), Settings(version, found[0]["rule_set"]))
    print(", ".join(f"{value} {name}" for name, value in sorted(counts.items())), f"{len(wanted)} discrepancies")
    assert differences(wanted, found) == ""
    assert differences(wanted_dead, dead) == ""
    assert held <= limit and peak <= limit + job.index.stat().st_size


def test_a_message_beyond_the_budget_ends_the_job_with_the_reason(cluster, topic_name, tmp_path):
    """The library would ask for it for ever."""
    job = Job(cluster, topic_name, tmp_path, [write_master(tmp_path / "master.csv", 5)], "--lanes", 1, "--set", "memory.max=64M")
    job.input = topic_name("large")
    cluster.create_topic(job.input, partitions=1, config={"max.message.bytes": str(16 * MIB)})
    produce(cluster.bootstrap, job.input, [(b"k", b"x" * 10 * MIB)], max_request_size=16 * MIB)
    with job.start() as running:
        assert running.wait_until_ended() == 78, running.output()
        assert "[memory] max" in running.output()


# --- headers and keys ---

TRACE = ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
STATES = [("tracestate", b"a=1"), ("tracestate", b"b=2")]
HEADERS = [
    # what is special about them, the headers of the input record, those that arrive
    ("none", [], []),
    ("what is named, in its order, and nothing else", [("other", b"x"), *STATES, TRACE], [*STATES, TRACE]),
    ("a null and an empty value", [("tracestate", None), ("tracestate", b"")], [("tracestate", None), ("tracestate", b"")]),
    ("a name is compared byte by byte", [("Traceparent", b"x"), ("x-desk", b"7")], [("x-desk", b"7")]),
    ("as many as are carried", [("tracestate", b"s")] * 32, [("tracestate", b"s")] * 32),
    ("one more: none", [("tracestate", b"s")] * 33, []),
    ("as long as is carried", [("tracestate", b"s" * (8192 - 10))], [("tracestate", b"s" * (8192 - 10))]),
    ("a byte more: none", [("tracestate", b"s" * (8192 - 9))], []),
    ("thousands that nobody asked for", [("other", b"x")] * 5000 + [TRACE], [TRACE]),
]


def produce_with_headers(bootstrap, topic, records):
    """Their places. kafka-python sends no nulls."""
    places = []
    producer = Producer({"bootstrap.servers": bootstrap, "message.max.bytes": 2 * MIB})
    for n, (value, headers) in enumerate(records):
        producer.produce(topic, value, headers=headers, partition=n % 3,
                         on_delivery=lambda err, sent: places.append((sent.partition(), sent.offset())))
        producer.flush()
    return places


def place(value):
    return value["origin"]["partition"], value["origin"]["offset"]


def test_headers_arrive_with_every_discrepancy_and_dead_letter(cluster, topic_name, tmp_path):
    """Each record twice: one with several discrepancies, one that is no FIX, and one with none."""
    table = write_master(tmp_path / "master.csv", 50, right=False)
    right = write_master(tmp_path / "right.csv", 1)
    right.write_text("symbol,isin,currency,mic\n" + f"S99,{isin(99)},USD,XNYS\n")
    job = Job(cluster, topic_name, tmp_path, [table, right], "--set", "output.carry_headers=traceparent, tracestate, x-desk")
    records = [(value, headers) for n, (_, headers, _) in enumerate(HEADERS) for value in (order(n), b"no FIX", order(99))]
    sent = produce_with_headers(cluster.bootstrap, job.input, records)
    wanted = {at: HEADERS[n // 3][2] for n, at in enumerate(sent)}
    log = job.run_to_the_end()
    seen = Counter()
    for topic, what in ((job.found, "discrepancies"), (job.dead, "dead-letters")):
        for record in read_topic(cluster.bootstrap, topic):
            value = wire.decode_single_object(record.value, SCHEMAS[what])
            assert list(record.headers) == wanted[place(value)], place(value)
            seen[place(value)] += 1
    assert len(seen) == 2 * len(HEADERS) and sum(seen.values()) > 3 * len(HEADERS), seen
    assert f"headers_dropped={2 * 2} " in log, log  # two kinds of headers, each with a discrepancy and a dead letter


def keys_of(bootstrap, topic):
    return [(record.key, record.partition) for record in read_topic(bootstrap, topic)]


def test_one_instrument_has_one_key_and_so_one_partition(cluster, topic_name, tmp_path):
    job = Job(cluster, topic_name, tmp_path, [write_master(tmp_path / "master.csv", 5)])
    unknown = isin(77)
    produce(cluster.bootstrap, job.input, [(str(n).encode(), value) for n, value in enumerate([
        message("D", "11=1", f"48={unknown}", "22=4"),
        message("D", "11=2", f"48={unknown.lower()}", "22=4", "55=X"),
        message("D", "11=3", "48=B0YBKJ7", "22=2", "454=1", f"455={unknown}", "456=4"),
        message("D", "11=4", f"48= {unknown} ", "22=4", "15=USD"),
    ])])
    job.run_to_the_end()
    keys = keys_of(cluster.bootstrap, job.found)
    assert len(keys) >= 4 and set(key for key, _ in keys) == {unknown.encode()} and len(set(keys)) == 1, keys


# --- storms ---

def wrong_and_right(folder, rows):
    wrong = write_master(folder / "wrong.csv", rows, right=False)
    return wrong, write_master(folder / "right.csv", rows)


def storm_job(cluster, topic_name, folder, wrong, *arguments):
    job = Job(cluster, topic_name, folder, [wrong], "--lanes", 2, "--set", "storm.minimum=300", "--set", "storm.window=60s",
              "--set", "reload.check_interval=200ms", *arguments)
    job.alerts = topic_name("alerts")
    cluster.create_topic(job.alerts, partitions=1)
    job.arguments += ["--set", f"output.alert_topic={job.alerts}"]
    fixwarden("index", "build", "--master", wrong, "--index", job.index)
    return job


def orders(rows, count):
    return [(str(n).encode(), order(n % rows)) for n in range(count)]


def alerts_of(job):
    return [json.loads(record.value) for record in read_topic(job.cluster.bootstrap, job.alerts)]


def as_oracle(job, records, origins, table, version, rule_set):
    return expected_of(records, origins, "strict", read_masters([table]), Settings(version, rule_set))[0]


def test_a_storm_gives_one_alert_and_goes_on(cluster, topic_name, tmp_path):
    wrong, _ = wrong_and_right(tmp_path, 100)
    job = storm_job(cluster, topic_name, tmp_path, wrong)
    records = orders(100, 6000)
    origins = produce(cluster.bootstrap, job.input, records)
    log = job.run_to_the_end()
    version, _ = settings_of(job.index)
    found = decoded(cluster.bootstrap, job.found, "discrepancies")
    assert differences(as_oracle(job, records, origins, wrong, version, found[0]["rule_set"]), found) == ""
    alert, = alerts_of(job)
    assert (alert["alert"], alert["version"], alert["action"]) == ("STORM", version, "ALERT")
    assert 300 <= alert["discrepant"] <= alert["messages"] <= 6000
    print(log)
    assert log.count(" a storm: ") == 1 and "pauses" not in log and " alerts=1 " in log, log


def committed_of(job):
    admin = KafkaAdminClient(bootstrap_servers=job.cluster.bootstrap)
    try:
        return {(partition.topic, partition.partition): offset
                for partition, offset in committed_offsets(admin, job.input + "-group").items()}
    finally:
        admin.close()


def wait_for(running, what, times=1):
    deadline = time.monotonic() + 60
    while running.output().count(what) < times:
        assert running.process.poll() is None and time.monotonic() < deadline, running.output()
        time.sleep(0.05)


def test_a_storm_pauses_until_another_version_serves(cluster, topic_name, tmp_path):
    """Longer than a member may be silent; another instance comes and goes meanwhile, and leaves its partitions to one that pauses."""
    wrong, right = wrong_and_right(tmp_path, 100)
    job = storm_job(cluster, topic_name, tmp_path, wrong, "--set", "storm.action=pause", "--set", "kafka.session.timeout.ms=6000",
                    "--set", "kafka.max.poll.interval.ms=6000", "--set", "batch.messages=100",
                    "--set", "gate.max_vanished=100%")  # the right master has no security of the wrong one
    spoiled = [(key, value.replace(b"15=USD", b"15=CHF") if n % 7 == 0 else value) for n, (key, value) in enumerate(orders(100, 8000))]
    records = [(key, refit(value)) for key, value in spoiled]
    origins = produce(cluster.bootstrap, job.input, records)
    with job.start() as running:
        wait_for(running, " pauses", 2)
        held = committed_of(job)
        time.sleep(8)
        assert committed_of(job) == held
        (tmp_path / "other").mkdir()
        other = Running(cluster, tmp_path / "other", [job.input], job.input + "-group", "--set", "output.transactional_id=other", *job.arguments)
        with other:
            wait_for(other, " pauses")
            assert other.stop() == 0, other.output()
        held = committed_of(job)
        time.sleep(4)
        assert committed_of(job) == held
        version = settings_of(job.index)[0]
        fixwarden("index", "build", "--master", right, "--index", job.index)
        running.wait_until_committed()
        assert running.stop() == 0, running.output()
        log = running.output()
    found = decoded(cluster.bootstrap, job.found, "discrepancies")
    rule_set, newer = found[0]["rule_set"], settings_of(job.index)[0]
    before = [o["offset"] < held.get((job.input, o["partition"]), 0) for o in origins]
    wanted = as_oracle(job, *zip(*[(r, o) for r, o, b in zip(records, origins, before) if b]), wrong, version, rule_set)
    wanted += as_oracle(job, *zip(*[(r, o) for r, o, b in zip(records, origins, before) if not b]), right, newer, rule_set)
    print(f"\n{sum(before)} of {len(records)} before the pause, {len(wanted)} discrepancies")
    assert 300 <= sum(before) < len(records)
    assert differences(wanted, found) == ""
    assert len(alerts_of(job)) == 2  # one of each instance
    assert log.count(" a storm: ") == 1 and log.count(" goes on") == 2, log

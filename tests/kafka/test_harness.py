"""The harness itself: a broker that serves, dies and comes back, and a registry that answers and refuses."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from cluster import ClusterError, KafkaCluster, java_hash
from registry import Registry, RegistryError

SCHEMA = json.dumps({"type": "record", "name": "Point", "fields": [{"name": "x", "type": "int"}]})
END_SECONDS = 30
HERE = Path(__file__).parent


def read_committed(bootstrap, topic):
    """Every value of partition 0 that a read_committed reader sees up to now."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest", enable_auto_commit=False
    )
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        end = consumer.end_offsets([partition])[partition]
        values = []
        deadline = time.monotonic() + END_SECONDS
        # By position, not by count: markers and aborted records take offsets but are never handed out.
        while consumer.position(partition) < end:
            assert time.monotonic() < deadline, f"stuck at {consumer.position(partition)} of {end}"
            for records in consumer.poll(timeout_ms=200).values():
                values += [record.value for record in records]
        return values
    finally:
        consumer.close()


def produce(bootstrap, topic, values):
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    try:
        for value in values:
            producer.send(topic, value)
        producer.flush(END_SECONDS)
    finally:
        producer.close()


def is_alive(pid):
    """A zombie has ended, whoever has yet to ask after it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children_of(pid):
    """Of all its threads: the brokers are children of one, commands of another."""
    return [int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]


def test_what_is_produced_is_read(cluster, topic_name):
    topic = topic_name()
    cluster.create_topic(topic, partitions=1)
    produce(cluster.bootstrap, topic, [b"one", b"two"])
    assert read_committed(cluster.bootstrap, topic) == [b"one", b"two"]


def test_a_committed_reader_sees_no_aborted_record(cluster, topic_name):
    topic = topic_name()
    cluster.create_topic(topic)
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap, transactional_id=topic)
    try:
        producer.init_transactions()
        for value, end in ((b"kept", producer.commit_transaction), (b"dropped", producer.abort_transaction)):
            producer.begin_transaction()
            producer.send(topic, value)
            end()
    finally:
        producer.close()
    assert read_committed(cluster.bootstrap, topic) == [b"kept"]


def test_a_topic_takes_partitions_and_settings(cluster, topic_name):
    topic = topic_name()
    cluster.create_topic(topic, partitions=3, config={"compression.type": "zstd"})
    produce(cluster.bootstrap, topic, [b"packed" * 100])
    consumer = KafkaConsumer(bootstrap_servers=cluster.bootstrap)
    try:
        assert consumer.partitions_for_topic(topic) == {0, 1, 2}
    finally:
        consumer.close()


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_every_compression_is_read(cluster, topic_name, codec):
    topic = topic_name()
    cluster.create_topic(topic, config={"compression.type": codec})
    produce(cluster.bootstrap, topic, [b"packed" * 100])
    assert read_committed(cluster.bootstrap, topic) == [b"packed" * 100]


def test_a_topic_outlives_the_loss_of_any_broker(topic_name):
    topic = topic_name()
    with KafkaCluster(brokers=3) as cluster:
        cluster.create_topic(topic)
        for broker, take_down in zip(cluster.brokers, (cluster.kill_broker, cluster.stop_broker, cluster.kill_broker)):
            take_down(broker)
            produce(cluster.bootstrap, topic, [b"%d is away" % broker])
            cluster.start_broker(broker)
        assert read_committed(cluster.bootstrap, topic) == [b"1 is away", b"2 is away", b"3 is away"]


def test_a_broker_that_cannot_start_says_why():
    with pytest.raises(ClusterError, match="(?s)ended while starting.*no.such.Reporter"):
        KafkaCluster(brokers=1, properties={"metric.reporters": "no.such.Reporter"})


def test_a_property_that_kafka_refuses_is_named():
    with pytest.raises(ClusterError, match="(?s)StorageTool failed.*num.io.threads"):
        KafkaCluster(brokers=1, properties={"num.io.threads": "none"})


def test_a_broker_that_is_not_there_cannot_be_killed(cluster):
    with pytest.raises(ClusterError, match="no broker 2"):
        cluster.kill_broker(2)


def test_brokers_die_with_a_killed_parent(tmp_path):
    script = HERE / "cluster.py"
    command = [sys.executable, str(script), "--workdir", str(tmp_path), "--", "cat"]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 60
        while len(children := children_of(parent.pid)) < 2:  # the broker, and cat
            assert parent.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        parent.stdin.close()
    deadline = time.monotonic() + 10
    while any(is_alive(child) for child in children):
        assert time.monotonic() < deadline, f"still there: {children}"
        time.sleep(0.1)


def test_the_command_line_passes_the_exit_code_on():
    script = HERE / "cluster.py"
    shown = subprocess.run(
        [sys.executable, str(script), "--topic", "orders:2", "--", "sh", "-c", 'echo "$FIXWARDEN_TEST_BROKERS"; exit 7'],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert shown.returncode == 7
    assert shown.stdout.startswith("127.0.0.1:")


@pytest.mark.parametrize("text, value", [("", 0), ("abc", 96354), ("polygenelubricants", 0)])
def test_a_hash_is_java_s(text, value):
    """The last one's is the least of all integers, whose sign is taken off and leaves nothing."""
    assert java_hash(text) == value


def test_a_port_that_was_given_is_given_to_nobody_else():
    """So many that two who do not know of each other have some in common, all but surely: 400 of some 22,000 each. The
    servers that listen on them come later."""
    ask = [sys.executable, "-c", "import ports; print(*ports.free_ports(400), flush=True); input()"]
    given = []
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            other = stack.enter_context(subprocess.Popen(ask, cwd=HERE, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            given += other.stdout.readline().split()
    assert len(set(given)) == len(given) == 800


def test_a_registered_schema_is_fetched_by_its_id(registry, topic_name):
    subject = topic_name() + "-value"
    schema_id = registry.register(subject, SCHEMA)
    assert registry.schema(schema_id) == SCHEMA
    assert registry.register(subject, SCHEMA) == schema_id
    assert registry.versions(subject) == [1]


def test_an_unknown_schema_id_is_an_error(registry):
    with pytest.raises(RegistryError) as caught:
        registry.schema(1_000_000)
    assert (caught.value.status, caught.value.code) == (404, 40403)


def test_a_refusing_registry_refuses_registrations_only(refusing_registry):
    with pytest.raises(RegistryError, match="incompatible") as caught:
        refusing_registry.register("point-value", SCHEMA)
    assert (caught.value.status, caught.value.code) == (409, 409)
    assert refusing_registry.subjects() == []


def test_a_registry_can_call_a_schema_invalid():
    with Registry(refuse=422) as registry, pytest.raises(RegistryError) as caught:
        registry.register("point-value", SCHEMA)
    assert (caught.value.status, caught.value.code) == (422, 42201)


def test_a_registry_refuses_to_start_with_a_strange_status():
    with pytest.raises(RegistryError, match="-refuse 418"):
        Registry(refuse=418)


def test_a_closed_registry_is_gone():
    with Registry() as registry:
        pid = registry._process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)

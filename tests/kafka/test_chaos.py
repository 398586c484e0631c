"""Consumers, brokers and the network are broken in every way that is known; nothing is lost, nothing comes twice, nothing hangs.

tests/run runs a selection of ten minutes, tests/run --chaos all of it: what is marked chaos is not in the selection.
"""

import contextlib
import re
import signal
import time

import pytest
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from chaos import TRY_AGAIN, Pool, Rig, new_seed
from cluster import KafkaCluster, Listener
from ports import free_ports
from product import fixwarden, turns_of
from replies import END_TXN, TXN_OFFSET_COMMIT, KeptReplies
from toxiproxy import Toxiproxy

OLD_KAFKA = "3.9.1"
SOCKET_SECONDS = 3  # how long an instance behind a bad network waits for an answer
BAD_NETWORK = {"kafka.socket.timeout.ms": SOCKET_SECONDS * 1000, "kafka.socket.connection.setup.timeout.ms": 2000}


@pytest.fixture(scope="session")
def pool(tmp_path_factory):
    return Pool(tmp_path_factory.mktemp("pool"))


@pytest.fixture(scope="module")
def three():
    """Three brokers, replication 3. Tests leave them up. PROXIED leads through toxiproxy, KEPT through KeptReplies."""
    ports = free_ports(6)
    listeners = {"PROXIED": Listener(advertised=dict(enumerate(ports[:3], 1))), "KEPT": Listener(advertised=dict(enumerate(ports[3:], 1)))}
    with KafkaCluster(3, listeners=listeners) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def network(three):
    with Toxiproxy.before(three, "PROXIED") as proxies:
        yield proxies


@pytest.fixture
def rig3(three, pool, tmp_path, topic_name):
    return Rig(three, pool, tmp_path, topic_name, new_seed())


@pytest.fixture
def rig(cluster, pool, tmp_path, topic_name):
    return Rig(cluster, pool, tmp_path, topic_name, new_seed())


# --- the consumer is killed ---

POINTS = [
    # where; in the selection
    ("before:init_transactions:1", False), ("after:init_transactions:1", True), ("after:subscribe:1", False),
    ("before:begin_transaction:1", False), ("after:begin_transaction:2", True), ("after:produce:1", True), ("after:produce:300", True),
    ("before:send_offsets_to_transaction:2", True), ("after:send_offsets_to_transaction:2", True),
    ("before:commit_transaction:2", True), ("after:commit_transaction:2", True),
    ("after:commit_transaction:1", False), ("before:commit_transaction:1", False), ("after:begin_transaction:1", False),
]


def selected(rows):
    """Parameters of rows whose last word says whether they are in the selection."""
    return [pytest.param(*row[:-1], id=row[0], marks=[] if row[-1] else [pytest.mark.chaos]) for row in rows]


SECOND_PRODUCER = [
    # With one lane its two producers take turns, so that the second transaction is the second one's.
    ("after:init_transactions:1", False), ("before:init_transactions:2", True), ("after:init_transactions:2", False),
    ("after:begin_transaction:2", False), ("after:send_offsets_to_transaction:2", True), ("before:commit_transaction:2", True),
    ("after:commit_transaction:2", False), ("before:begin_transaction:3", False),
]


def kill_at(rig, point, settings=None):
    rig.feed(2000)
    with rig.instance("one", settings, point=point + ":kill") as one:
        rig.wait_until_done(one)
        assert one.endings == [-signal.SIGKILL], one.output()
    rig.verify()


@pytest.mark.parametrize("point", selected(POINTS))
def test_killed_at_a_named_point(rig, point):
    kill_at(rig, point)


@pytest.mark.parametrize("point", selected(SECOND_PRODUCER))
def test_killed_with_a_transaction_of_the_second_producer(rig, point):
    kill_at(rig, point, {"input.lanes": 1})


def test_killed_as_it_leaves_the_group(rig):
    rig.feed(1000)
    # With a number of lanes that is set no consumer comes and goes before, to see how many partitions there are.
    with rig.instance("one", {"input.lanes": 1}, point="before:consumer_close:1:kill") as one:
        rig.wait_until_done(one)
        rig.feed(1000)
        one.stop()
        assert one.endings == [-signal.SIGKILL], one.output()
    rig.finish()
    rig.verify()


def kill_at_random(rig, times):
    with rig.feeding(), rig.instance("one") as one:
        for _ in range(times):
            time.sleep(rig.dice.uniform(0.1, 1.5))
            one.kill()
        rig.recovered(f"kill -9, the last of {times}", instances=[one])
    rig.finish()
    rig.verify()


def test_killed_at_random(rig):
    kill_at_random(rig, 8)


@pytest.mark.chaos
def test_killed_a_hundred_times_at_random(rig):
    kill_at_random(rig, 100)


@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.chaos)])
def test_killed_at_random_with_a_broker_of_3_9(pool, tmp_path, topic_name, times):
    with KafkaCluster(version=OLD_KAFKA) as old:
        kill_at_random(Rig(old, pool, tmp_path, topic_name, new_seed()), times)


# --- zombies ---

STANDSTILLS = ["after:produce:300", "after:send_offsets_to_transaction:2", "before:commit_transaction:2", "before:begin_transaction:3"]


@pytest.mark.parametrize("point", [STANDSTILLS[0], STANDSTILLS[2], *(pytest.param(p, marks=pytest.mark.chaos) for p in (STANDSTILLS[1], STANDSTILLS[3]))])
def test_stopped_beyond_the_transaction_s_timeout(cluster, pool, tmp_path, topic_name, point):
    """SIGSTOP, until its session and its transaction are over and another has its partitions; then SIGCONT."""
    rig = Rig(cluster, pool, tmp_path, topic_name, new_seed(), settings={"kafka.transaction.timeout.ms": 4000})
    rig.feed(1500)
    with rig.feeding(rate=300), rig.instance("one", point=point + ":stop") as one:
        one.wait_until_stopped()
        with rig.instance("two") as two:
            rig.recovered("SIGSTOP of another", instances=[two])
            time.sleep(5)
            one.resume()
            rig.recovered("SIGCONT", instances=[one, two])
            time.sleep(3)
    print(f"the zombie ended with {one.endings}")
    rig.finish()
    rig.verify()


def test_two_processes_under_one_id_fence_each_other(rig):
    """Supervised, they go on doing so; each ends with 75, none says a word as a zombie."""
    shared = {"output.transactional_id": f"{rig.group}-shared"}
    with rig.feeding(), rig.instance("one", shared) as one:
        rig.recovered("the first", instances=[one])
        with rig.instance("two", shared) as two:
            one.wait_until_ended()
            time.sleep(8)
        rig.recovered("one of two", instances=[one])
    print(f"endings: {one.endings}, {two.endings}")
    assert one.endings[0] == TRY_AGAIN, one.output()
    rig.finish()
    rig.verify()


# --- brokers ---


def test_each_broker_is_killed_and_started_again(rig3):
    with rig3.feeding(rate=200), rig3.instance("one") as one:
        rig3.recovered("the first commit", instances=[one])
        for broker in rig3.cluster.brokers:
            rig3.cluster.kill_broker(broker)
            rig3.recovered(f"kill -9 of broker {broker}", instances=[one])
            rig3.cluster.start_broker(broker)
            rig3.recovered(f"start of broker {broker}", instances=[one])
    rig3.finish()
    rig3.verify()


@pytest.mark.parametrize("rounds", [1, pytest.param(5, marks=pytest.mark.chaos)])
def test_the_leaders_of_the_internal_topics_are_killed(rig3, rounds):
    with rig3.feeding(rate=200), rig3.instance("one") as one:
        rig3.recovered("the first commit", instances=[one])
        for _ in range(rounds):
            for what, leader in (("__transaction_state", lambda: rig3.cluster.transaction_coordinator(f"{rig3.group}-one-0")),
                                 ("__consumer_offsets", lambda: rig3.cluster.group_coordinator(rig3.group))):
                broker = leader()
                rig3.cluster.kill_broker(broker)
                rig3.recovered(f"kill -9 of broker {broker}, which led {what}", instances=[one])
                rig3.cluster.start_broker(broker)
                rig3.recovered(f"start of broker {broker}", instances=[one])
    rig3.finish()
    rig3.verify()


@pytest.mark.chaos
def test_brokers_stand_still_for_a_while(rig3):
    """SIGSTOP of a broker: its connections stay, and nobody answers."""
    rig3.settings.update(BAD_NETWORK)
    with rig3.feeding(rate=200), rig3.instance("one") as one:
        rig3.recovered("the first commit", instances=[one])
        broker = rig3.cluster.transaction_coordinator(f"{rig3.group}-one-0")
        rig3.cluster.freeze_broker(broker)
        try:
            rig3.recovered(f"SIGSTOP of broker {broker}", instances=[one])
        finally:
            rig3.cluster.thaw_broker(broker)
        rig3.recovered(f"SIGCONT of broker {broker}", instances=[one])
    rig3.finish()
    rig3.verify()


# --- instances come and go ---

PROTOCOLS = {
    "range": {"kafka.partition.assignment.strategy": "range"},
    "cooperative-sticky": {"kafka.partition.assignment.strategy": "cooperative-sticky"},
    "static": {"kafka.partition.assignment.strategy": "cooperative-sticky"},
}


def wait_until(instance, is_so):
    """Until that is so of what the instance has said."""
    deadline = time.monotonic() + 30
    while not is_so(instance.output()):
        assert time.monotonic() < deadline, instance.output()
        time.sleep(0.05)


def wait_until_assigned(instance, partitions):
    wait_until(instance, lambda said: sum(map(int, re.findall(r"assigned: (\d+) partitions", said))) >= partitions)


@pytest.mark.parametrize("rounds", [1, pytest.param(8, marks=pytest.mark.chaos)])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_instance_becomes_four_and_one_again(cluster, pool, tmp_path, topic_name, protocol, rounds):
    rig = Rig(cluster, pool, tmp_path, topic_name, new_seed(protocol), partitions=8)

    def instance(name):
        own = {"kafka.group.instance.id": f"{rig.group}-{name}"} if protocol == "static" else {}
        return rig.instance(name, {**PROTOCOLS[protocol], **own})

    with rig.feeding(), instance("one") as one:
        rig.recovered("the first commit", instances=[one])
        for _ in range(rounds):
            with contextlib.ExitStack() as more:
                three = [more.enter_context(instance(name)) for name in ("two", "three", "four")]
                rig.recovered("four instances", instances=[one, *three])
                time.sleep(rig.dice.uniform(1, 3))
                rig.dice.choice([one, *three]).kill()
                time.sleep(rig.dice.uniform(0, 2))
            rig.recovered("one instance", instances=[one])
    rig.finish()
    rig.verify()


@pytest.mark.parametrize("before", [0, 200])
def test_a_rebalance_comes_while_a_batch_is_being_taken(cluster, pool, tmp_path, topic_name, before):
    """Messages of partitions that stay have been taken for the batch at hand, and then they are paused for the rebalance:
    librdkafka before 2.1.0 drops those messages, and goes on behind them (confluentinc/librdkafka#4208)."""
    settings = {**PROTOCOLS["cooperative-sticky"], "input.lanes": 1, "batch.messages": 2000}
    rig = Rig(cluster, pool, tmp_path, topic_name, new_seed(), settings=settings)
    with rig.instance("one", point="long:consume_batch_queue:60") as one:
        wait_until_assigned(one, 4)
        rig.feed(before)
        wait_until(one, lambda said: "a long call begins" in said)
        rig.feed(200)
        with rig.instance("two") as two:
            wait_until_assigned(two, 1)
            rig.feed(200)
            rig.wait_until_done(one)
    rig.finish()
    rig.verify()


# --- the network ---

FAULTS = [
    # name, toxics: (kind, stream, attributes); in the selection
    ("latency", [("latency", "downstream", {"latency": 200, "jitter": 100}), ("latency", "upstream", {"latency": 50})], False),
    ("reset", [("reset_peer", "downstream", {"timeout": 300})], True),
    ("slicing", [("slicer", "downstream", {"average_size": 20, "size_variation": 10, "delay": 50}),
                 ("slicer", "upstream", {"average_size": 20, "size_variation": 10, "delay": 50})], False),
    ("black hole", [("timeout", "downstream", {"timeout": 0}), ("timeout", "upstream", {"timeout": 0})], True),
    ("nothing comes through to the brokers", [("timeout", "upstream", {"timeout": 0})], False),
    ("nothing comes back from the brokers", [("timeout", "downstream", {"timeout": 0})], True),
    ("a narrow line", [("bandwidth", "downstream", {"rate": 30})], False),
]


def finish_directly(rig):
    """The rest, and the check of all, past what stands between the job and its brokers."""
    rig.brokers = None
    rig.finish()
    rig.verify()


@pytest.mark.parametrize("fault, toxics", selected(FAULTS))
def test_the_network_is_bad_for_a_while(three, network, pool, tmp_path, topic_name, fault, toxics):
    rig = Rig(three, pool, tmp_path, topic_name, new_seed(), brokers=three.address("PROXIED"), settings=BAD_NETWORK)
    with rig.feeding(rate=300), rig.instance("one") as one:
        rig.recovered("the first commit", instances=[one])
        for seconds in (2, SOCKET_SECONDS + 4):
            with contextlib.ExitStack() as bad:
                for kind, stream, attributes in toxics:
                    bad.enter_context(network.toxic(kind, stream, **attributes))
                time.sleep(seconds)
            rig.recovered(f"{seconds} s of it: {fault}", instances=[one])
    print(f"endings: {one.endings}")
    finish_directly(rig)


def test_no_broker_can_be_reached_for_a_while(three, network, pool, tmp_path, topic_name):
    rig = Rig(three, pool, tmp_path, topic_name, new_seed(), brokers=three.address("PROXIED"), settings=BAD_NETWORK)
    with rig.feeding(rate=300), rig.instance("one") as one:
        rig.recovered("the first commit", instances=[one])
        with network.down():
            time.sleep(8)
        rig.recovered("8 s without brokers", instances=[one])
    rig.finish()
    rig.verify()


@pytest.fixture
def kept(three):
    ports = {int(address.rpartition(":")[2]): three.port("KEPT", broker)
             for broker, address in zip(three.brokers, three.address("KEPT").split(","))}
    with KeptReplies(ports) as proxy:
        yield proxy


@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.chaos)])
@pytest.mark.parametrize("key", [END_TXN, TXN_OFFSET_COMMIT], ids=["commit", "offsets"])
def test_the_reply_comes_later_than_the_socket_waits(three, kept, pool, tmp_path, topic_name, key, rounds):
    """The broker has done its part; the client gives up and asks again on another connection."""
    rig = Rig(three, pool, tmp_path, topic_name, new_seed(), brokers=three.address("KEPT"), settings=BAD_NETWORK)
    with rig.feeding(rate=300), rig.instance("one") as one:
        for _ in range(rounds):
            rig.recovered("before", instances=[one])
            kept.hold_back(key, SOCKET_SECONDS + rig.dice.uniform(0.5, 2))
            rig.recovered(f"{kept.count} replies kept back", instances=[one])
    print(f"endings: {one.endings}")
    finish_directly(rig)


@pytest.mark.parametrize("key", [END_TXN, TXN_OFFSET_COMMIT], ids=["commit", "offsets"])
def test_killed_before_the_reply_arrives(three, kept, pool, tmp_path, topic_name, key):
    rig = Rig(three, pool, tmp_path, topic_name, new_seed(), brokers=three.address("KEPT"), settings=BAD_NETWORK)
    with rig.feeding(rate=300), rig.instance("one") as one:
        for _ in range(3):
            rig.recovered("before", instances=[one])
            kept.keep(key)
            assert kept.kept.wait(30)
            one.kill()
            kept.release()
        rig.recovered("killed with a reply outstanding", instances=[one])
    finish_directly(rig)


def test_a_transaction_that_fails_before_the_broker_hears_of_it(three, kept, pool, tmp_path, topic_name):
    """As when a token has ended. The broker refuses to abort it, which the library takes for the end of the producer."""
    rig = Rig(three, pool, tmp_path, topic_name, new_seed(), brokers=three.address("KEPT"), settings={**BAD_NETWORK, "input.lanes": 1})
    with rig.feeding(rate=300), rig.instance("one") as one:
        for _ in range(3):
            for _ in range(3):
                rig.recovered("before", instances=[one])  # by either producer
            kept.refuse(2)
        assert "(INVALID_TXN_STATE)" in one.output(), one.output()
        assert one.endings == [], one.output()
    finish_directly(rig)


@pytest.mark.parametrize("point", selected([
    ("before:init_transactions:3", False), ("after:init_transactions:3", True), ("after:init_transactions:4", True),
    ("after:begin_transaction:1", False),
]))
def test_killed_while_a_commit_is_in_doubt(three, kept, pool, tmp_path, topic_name, point):
    """Whichever of a lane's two producers it was: both are replaced, the first one first."""
    rig = Rig(three, pool, tmp_path, topic_name, new_seed(), brokers=three.address("KEPT"), settings={**BAD_NETWORK, "input.lanes": 1})
    with rig.feeding(rate=300), rig.instance("one", point=point + ":kill") as one:
        rig.recovered("before", instances=[one])
        kept.hold_back(END_TXN, SOCKET_SECONDS + rig.dice.uniform(0.5, 2))
        one.wait_until_ended()
        rig.recovered("killed in doubt", instances=[one])
    assert one.endings[0] == -signal.SIGKILL
    finish_directly(rig)


def test_after_a_commit_that_was_in_doubt_both_producers_are_replaced_before_one_begins(three, kept, pool, tmp_path, topic_name):
    settings = {**BAD_NETWORK, "input.lanes": 1, "kafka.debug": "eos", "log.level": "debug"}
    rig = Rig(three, pool, tmp_path, topic_name, new_seed(), brokers=three.address("KEPT"), settings=settings)
    with rig.feeding(rate=300), rig.instance("one") as one:
        for _ in range(3):
            rig.recovered("before", instances=[one])
            kept.hold_back(END_TXN, SOCKET_SECONDS + 1)
            rig.recovered("in doubt", instances=[one])
    turns = turns_of(one.output())
    starts = [i for i, turn in enumerate(turns) if turn == ("sink", "starts")]
    assert len(starts) >= 1 + 3, turns
    for i in starts:
        assert turns[i:i + 3] == [("sink", "starts"), ("sink-b", "starts"), ("sink", "begins")][:len(turns) - i]
    begins = [turn for turn in turns if turn[1] == "begins"]
    print(f"{len(begins)} transactions, {len(starts) - 1} of them in doubt")
    finish_directly(rig)


# --- topics ---


def test_a_topic_gains_partitions(rig):
    with rig.feeding(), rig.instance("one") as one:
        rig.recovered("the first commit", instances=[one])
        admin = rig.admin()
        admin.create_partitions({rig.input: 9})
        admin.close()
        deadline = time.monotonic() + 60
        while set(rig.committed()) != set(range(9)):
            assert time.monotonic() < deadline, f"the new partitions are not read: {rig.committed()}"
            time.sleep(0.2)
    rig.finish()
    rig.verify()


def test_a_topic_gains_partitions_while_a_group_starts_at_the_latest(rig):
    """What is produced to a partition before the job knows of it is read as well; what was there before the group is not."""
    rig.feed(500)
    rig.begins = rig.ends()
    rig.settings["input.start"] = "latest"
    with rig.instance("one") as one:
        wait_until_assigned(one, 4)
        rig.feed(500)
        rig.wait_until_done(one)
        admin = rig.admin()
        admin.create_partitions({rig.input: 6})
        admin.close()
        rig.feed(500)
        rig.wait_until_done(one)
    rig.verify()


def test_a_topic_gains_partitions_while_nobody_reads(rig):
    rig.settings["input.start"] = "latest"
    with rig.instance("one") as one:
        wait_until_assigned(one, 4)
        rig.feed(500)
        rig.wait_until_done(one)
    admin = rig.admin()
    admin.create_partitions({rig.input: 6})
    admin.close()
    time.sleep(1)
    rig.feed(500)
    rig.finish()
    rig.verify()


def test_a_pattern_comes_to_match_a_topic_while_a_group_starts_at_the_latest(rig):
    """What is produced to a topic before the job knows of it is read; what a topic held before the group was is not."""
    rig.settings["input.start"] = "latest"
    rig.settings["kafka.topic.metadata.refresh.interval.ms"] = 5000
    rig.topics = [f"^{rig.input}(-late)?$"]
    rig.feed(500)
    with rig.instance("one") as one:
        wait_until_assigned(one, 4)
        rig.input += "-late"
        rig.cluster.create_topic(rig.input, 4)
        rig.feed(500)
        rig.wait_until_done(one)
    rig.verify()


def test_killed_before_the_first_commit_of_a_group_that_starts_at_the_latest(rig):
    rig.settings["input.start"] = "latest"
    with rig.instance("one", point="before:commit_transaction:1:kill") as one:
        wait_until_assigned(one, 4)
        rig.feed(500)
        rig.wait_until_done(one)
        assert one.endings == [-signal.SIGKILL], one.output()
    rig.verify()


def test_a_topic_is_deleted_and_made_again(rig):
    with rig.instance("one") as one:
        rig.feed(1000)
        rig.wait_until_done(one)
        rig.earlier += rig.input_records()
        admin = rig.admin()
        admin.delete_topics([rig.input])
        admin.close()
        time.sleep(3)
        rig.cluster.create_topic(rig.input, 4)
        rig.feed(1500)
        rig.wait_until_done(one)
    rig.verify()


def test_a_topic_is_deleted_and_made_again_while_nobody_reads(rig):
    rig.feed(1000)
    with rig.instance("one") as one:
        rig.wait_until_done(one)
    rig.earlier += rig.input_records()
    admin = rig.admin()
    admin.delete_topics([rig.input])
    admin.close()
    time.sleep(2)
    rig.cluster.create_topic(rig.input, 4)
    rig.feed(1500)
    rig.finish()
    rig.verify()


# --- sizes ---


def send_large(rig, size):
    """Of bytes that no codec makes smaller, and that are no FIX."""
    limit = size + (1 << 20)
    producer = KafkaProducer(bootstrap_servers=rig.cluster.bootstrap, max_request_size=limit)
    producer.send(rig.input, value=rig.dice.randbytes(size), key=b"k").get(60)
    producer.close()


def set_limit(rig, topic, limit):
    admin = rig.admin()
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": str(limit)})])
    admin.close()


def test_records_up_to_the_topic_s_limit_pass(cluster, pool, tmp_path, topic_name):
    """Larger than what is asked for of a partition: the first record of a fetch comes all the same."""
    limit = 12 << 20
    rig = Rig(cluster, pool, tmp_path, topic_name, new_seed(), config={"max.message.bytes": str(limit + (1 << 20))})
    rig.feed(300)
    send_large(rig, limit)
    rig.feed(300)
    rig.finish()
    rig.verify()


def test_a_dead_letter_that_the_output_refuses_stops_the_job_and_is_not_lost(cluster, pool, tmp_path, topic_name):
    limit = 4 << 20
    rig = Rig(cluster, pool, tmp_path, topic_name, new_seed())
    set_limit(rig, rig.input, limit)
    rig.feed(500)
    send_large(rig, limit // 2)
    rig.feed(500)
    stopped = fixwarden("run", "-b", cluster.bootstrap, "-g", rig.group, "-t", rig.input, *rig.arguments("one"))
    assert stopped.returncode == 69, stopped.stderr
    assert "max.message.bytes" in stopped.stderr.splitlines()[-1] and rig.dead in stopped.stderr.splitlines()[-1]
    set_limit(rig, rig.dead, 2 * limit)
    rig.finish()
    rig.verify()

"""Nothing lost and nothing twice when the broker or the job stands still in the middle of its work."""

import contextlib
import random
import signal
import subprocess
import time
from collections import Counter

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from cluster import KafkaCluster
from kafka import KafkaAdminClient
from product import at_point, committed_offsets, fixwarden, turns_of, wait_until_stopped
from test_first_light import Job, assert_same, generated_job, master, produce, published_of

# A broker thaws before the transaction's time is over; what it aborts by itself ends the process, fenced.
SOCKET_MS, FROZEN_SECONDS, TRANSACTION_MS = 1000, 3, 20_000


@pytest.fixture
def own_cluster():
    with KafkaCluster(brokers=1) as cluster:
        yield cluster


def working_job(cluster, topic_name, folder, *arguments):
    """A job of many small transactions, with its index made."""
    job, plan, _ = generated_job(cluster, topic_name, folder, 5_000, 300_000, 4, "--set", "batch.messages=1000", *arguments)
    fixwarden("index", "build", "--master", job.masters[0], "--index", job.index)
    return job, plan


def wait_for_commits(running):
    """Until something is committed, so that more is under way."""
    admin = KafkaAdminClient(bootstrap_servers=running.bootstrap)
    deadline = time.monotonic() + 60
    try:
        while not committed_offsets(admin, running.group):
            assert time.monotonic() < deadline, running.output()
            time.sleep(0.02)
    finally:
        admin.close()


def check(job, plan):
    """Each discrepancy and dead letter of the plan is there once."""
    seen = published_of(job)
    assert_same(plan[0], seen[0])
    assert_same(plan[1], seen[1])
    print(f"{sum(plan[0].values())} discrepancies and {sum(plan[1].values())} dead letters, each once")


@pytest.mark.parametrize("lanes", [1, 2])
def test_a_broker_that_stands_still_in_the_middle_of_the_work(own_cluster, topic_name, tmp_path, lanes):
    job, plan = working_job(own_cluster, topic_name, tmp_path, "--lanes", lanes, "--set", f"kafka.socket.timeout.ms={SOCKET_MS}",
                            "--set", f"kafka.transaction.timeout.ms={TRANSACTION_MS}")
    with job.start() as running:
        wait_for_commits(running)
        for _ in range(3):
            time.sleep(random.uniform(0.1, 0.6))
            own_cluster.freeze_broker(1)
            time.sleep(FROZEN_SECONDS)
            own_cluster.thaw_broker(1)
        running.wait_until_committed()
        assert running.stop() == 0, running.output()
        print(f"\n{running.output().count('producer is replaced')} producers were replaced")
    check(job, plan)


def test_the_two_producers_of_a_lane_take_turns(cluster, topic_name, tmp_path):
    """So that none begins while the broker still writes the markers of its own last transaction: with one of them two thirds
    of all transactions are told to come again later."""
    job, plan = working_job(cluster, topic_name, tmp_path, "--lanes", 1, "--set", "kafka.debug=eos", "--set", "log.level=debug")
    log = job.run_to_the_end()
    begins = [which for which, what in turns_of(log) if what == "begins"]
    held_up = log.count("CONCURRENT_TRANSACTIONS") + log.count("concurrent operation")
    print(f"\n{len(begins)} transactions, {held_up} of them held up by the markers of another")
    assert len(begins) > 20, "a test of few transactions shows nothing"
    assert all(first != second for first, second in zip(begins, begins[1:]))
    assert held_up < len(begins) / 10
    check(job, plan)


def test_a_call_that_hangs_ends_the_process(own_cluster, topic_name, tmp_path):
    job, plan = working_job(own_cluster, topic_name, tmp_path, "--lanes", 2, "--set", "batch.stall_timeout=2s")
    # Stopped in the middle of a commit, so that one hangs however fast the rest was.
    with job.start(at_point("before:commit_transaction:2:stop")) as running:
        wait_until_stopped(running.process, running.output, 60)
        own_cluster.freeze_broker(1)
        running.process.send_signal(signal.SIGCONT)
        started = time.monotonic()
        assert running.wait_until_ended() == 75, running.output()
        print(f"\nended after {time.monotonic() - started:.1f} s")
        assert "batch.stall_timeout" in running.output()
        own_cluster.thaw_broker(1)
    job.arguments += ["--set", "batch.stall_timeout=1m"]
    job.run_to_the_end()
    check(job, plan)


def test_a_lane_that_waits_beside_one_that_hangs_ends_with_it(own_cluster, topic_name, tmp_path):
    """Waiting for deliveries shows signs of life, and may be for the same broker."""
    job, plan = working_job(own_cluster, topic_name, tmp_path, "--lanes", 2, "--set", "batch.stall_timeout=2s",
                            "--set", "kafka.linger.ms=1000")  # so that there is something left to deliver
    for _ in range(6):  # both may wait just then, and none hangs; or both may hang, and none waits
        status = None
        with job.start(at_point("before:flush:2:stop")) as running:
            wait_until_stopped(running.process, running.output, 60)
            own_cluster.freeze_broker(1)
            running.process.send_signal(signal.SIGCONT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = running.process.wait(timeout=15)
            own_cluster.thaw_broker(1)
        assert status in (None, 75), running.output()
        waited = "it has not ended beside one that hangs" in running.output()
        if waited:
            break
    assert waited and status == 75, running.output()
    job.arguments += ["--set", "batch.stall_timeout=1m"]
    job.run_to_the_end()
    check(job, plan)


def test_a_zombie_publishes_nothing_and_ends(cluster, topic_name, tmp_path):
    """Stopped beyond the session and the transaction; another one under the same ids has taken its place."""
    job, plan = working_job(cluster, topic_name, tmp_path, "--set", "output.transactional_id=" + topic_name("id"),
                            "--set", "kafka.session.timeout.ms=6000", "--set", "kafka.transaction.timeout.ms=3000",
                            "--set", f"kafka.socket.timeout.ms={SOCKET_MS}")
    with job.start() as zombie:
        wait_for_commits(zombie)
        zombie.process.send_signal(signal.SIGSTOP)
        try:
            job.run_to_the_end()
        finally:
            zombie.process.send_signal(signal.SIGCONT)
        # Where it had nothing in its hands when it was stopped, it learns that it is fenced when it has.
        more = produce(cluster.bootstrap, job.input, [(b"k", b"no FIX")] * 8)
        assert zombie.wait_until_ended() == 75, zombie.output()
    job.run_to_the_end()
    for origin in more:
        plan[1][(origin["partition"], origin["offset"], "NOT_FIX")] += 1
    check(job, plan)


@pytest.mark.parametrize("ending", ["", "-b"], ids=["the first, as it was when there was one", "the second"])
def test_whoever_has_the_id_of_one_of_a_lane_s_producers_is_fenced_at_the_start(cluster, topic_name, tmp_path, ending):
    """And what it left open is published by nobody."""
    name = topic_name("id")
    job = Job(cluster, topic_name, tmp_path, [master(tmp_path / "master.csv", rows=100)], "--lanes", 1,
              "--set", "output.transactional_id=" + name)
    predecessor = Producer({"bootstrap.servers": cluster.bootstrap, "transactional.id": f"{name}-0{ending}"})
    predecessor.init_transactions()
    predecessor.begin_transaction()
    predecessor.produce(job.dead, b"left open")
    predecessor.flush()
    origins = produce(cluster.bootstrap, job.input, [(b"k", b"no FIX")] * 8)
    job.run_to_the_end()
    with pytest.raises(KafkaException, match="fenced|_FENCED|epoch"):
        predecessor.commit_transaction()
    assert_same(Counter((origin["partition"], origin["offset"], "NOT_FIX") for origin in origins), published_of(job)[1])


def test_offsets_that_a_transaction_still_holds_are_waited_for(cluster, topic_name, tmp_path):
    """Until its markers are written the group answers with no offset, which is not to be taken for "there is none"."""
    job = Job(cluster, topic_name, tmp_path, [master(tmp_path / "master.csv", rows=100)], "--set", "input.start=latest")
    fixwarden("index", "build", "--master", job.masters[0], "--index", job.index)
    origins = produce(cluster.bootstrap, job.input, [(b"k", b"no FIX")] * 8)
    offsets = [TopicPartition(job.input, origins[3]["partition"], origins[3]["offset"])]
    group = Consumer({"bootstrap.servers": cluster.bootstrap, "group.id": job.input + "-group"})
    predecessor = Producer({"bootstrap.servers": cluster.bootstrap, "transactional.id": topic_name("predecessor")})
    predecessor.init_transactions()
    predecessor.begin_transaction()
    predecessor.send_offsets_to_transaction(offsets, group.consumer_group_metadata())
    group.close()
    with job.start() as running:
        time.sleep(3)
        predecessor.commit_transaction()
        running.wait_until_committed()
        assert running.stop() == 0, running.output()
    wanted = Counter((origin["partition"], origin["offset"], "NOT_FIX") for origin in origins[3:])
    assert_same(wanted, published_of(job)[1])


def test_at_least_once_output_goes_ahead_of_its_offsets(cluster, topic_name, tmp_path):
    """Which are committed in their time, or at the end, and nothing is published a second time with them."""
    job = Job(cluster, topic_name, tmp_path, [master(tmp_path / "master.csv", rows=100)], "--lanes", 1,
              "--delivery", "at-least-once", "--set", "batch.commit_interval=60s")
    fixwarden("index", "build", "--master", job.masters[0], "--index", job.index)
    with job.start() as running:
        for count in (1, 2, 3):
            produce(cluster.bootstrap, job.input, [(b"k", b"no FIX")])
            while published_of(job)[1].total() < count:
                assert running.process.poll() is None, running.output()
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap)
        assert not committed_offsets(admin, running.group)
        assert running.stop() == 0, running.output()
        assert sum(committed_offsets(admin, running.group).values()) == 3
        admin.close()
    assert published_of(job)[1].total() == 3


def test_static_members_come_back_to_their_partitions(cluster, topic_name, tmp_path):
    job, plan = working_job(cluster, topic_name, tmp_path, "--lanes", 2, "--set", "kafka.group.instance.id=here")
    for _ in range(3):
        with job.start() as running:
            time.sleep(1)
            assert running.stop() == 0, running.output()
    job.run_to_the_end()
    check(job, plan)

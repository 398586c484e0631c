"""Nothing lost and nothing twice when the broker or the job stands still in the middle of its work."""

import random
import signal
import time

import pytest

from cluster import KafkaCluster
from kafka import KafkaAdminClient
from product import committed_offsets, fixwarden
from test_first_light import assert_same, generated_job, produce, published_of

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


def test_a_call_that_hangs_ends_the_process(own_cluster, topic_name, tmp_path):
    job, plan = working_job(own_cluster, topic_name, tmp_path, "--lanes", 2, "--set", "batch.stall_timeout=2s")
    with job.start() as running:
        wait_for_commits(running)
        own_cluster.freeze_broker(1)
        started = time.monotonic()
        assert running.process.wait(timeout=60) == 75, running.output()
        print(f"\nended after {time.monotonic() - started:.1f} s")
        assert "batch.stall_timeout" in running.output()
        own_cluster.thaw_broker(1)
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
        assert zombie.process.wait(timeout=60) == 75, zombie.output()
    job.run_to_the_end()
    for origin in more:
        plan[1][(origin["partition"], origin["offset"], "NOT_FIX")] += 1
    check(job, plan)


def test_static_members_come_back_to_their_partitions(cluster, topic_name, tmp_path):
    job, plan = working_job(cluster, topic_name, tmp_path, "--lanes", 2, "--set", "kafka.group.instance.id=here")
    for _ in range(3):
        with job.start() as running:
            time.sleep(1)
            assert running.stop() == 0, running.output()
    job.run_to_the_end()
    check(job, plan)

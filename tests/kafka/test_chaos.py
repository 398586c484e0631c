"""Consumers, brokers and the network are broken in every way that is known; nothing is lost, nothing comes twice, nothing hangs.

What is not marked chaos is the selection that tests/run makes; tests/run --chaos runs the long rest.
"""

import signal
import time

import pytest

from chaos import HANG_SECONDS, TRY_AGAIN, Pool, Rig, new_seed


@pytest.fixture(scope="session")
def pool(tmp_path_factory):
    return Pool(tmp_path_factory.mktemp("pool"))


@pytest.fixture
def rig(cluster, pool, tmp_path, topic_name):
    return Rig(cluster, pool, tmp_path, topic_name, new_seed())


# --- the consumer is killed ---

POINTS = [
    "before:init_transactions:1", "after:init_transactions:1", "after:subscribe:1",
    "before:begin_transaction:1", "after:begin_transaction:2", "after:produce:1", "after:produce:300",
    "before:send_offsets_to_transaction:2", "after:send_offsets_to_transaction:2",
    "before:commit_transaction:2", "after:commit_transaction:2",
]


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point(rig, point):
    rig.feed(2000)
    with rig.instance("one", point=point + ":kill") as one:
        rig.wait_until_done(one)
        assert one.endings == [-signal.SIGKILL], one.output()
    rig.verify()


def test_killed_as_it_leaves_the_group(rig):
    rig.feed(1000)
    with rig.instance("one", point="before:consumer_close:1:kill") as one:
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

"""replay --as-of live of a run that waited for its master (pending.grace): the same bytes, whatever each wait ended by."""

import contextlib
import subprocess
from collections import Counter

import pytest

from product import read_topic
from test_pending import Masters, Rig, new_dice, orders
from test_replay import Replays, plan_of

import wire  # of tests/oracle, whose place test_pending has made known

SCHEMA = wire.load("discrepancy")
GRACE = 25
WAITS_STILL = 300  # messages, of which the last part of the run is made


def whole(cluster, topic):
    """What a reader sees, headers included, as a multiset."""
    return Counter((record.key, record.value, tuple(record.headers)) for record in read_topic(cluster.bootstrap, topic))


@pytest.fixture(scope="module")
def live(cluster, numbers, tmp_path_factory):
    """Messages that wait until a version knows what they name, in part or all of it, until their grace is over, or still."""
    dice, folder = new_dice(), tmp_path_factory.mktemp("late")
    masters = Masters(folder, dice, 3)
    rig = Rig(cluster, folder, lambda word: f"late-{word}-{next(numbers)}", masters, GRACE, "--set", "reload.keep=100")
    rig.marks = f"late-marks-{next(numbers)}"
    cluster.create_topic(rig.marks, 3)
    rig.told = ["--set", f"output.versions_topic={rig.marks}"]
    with rig.start("one", *rig.told, "--lanes", 2) as one:
        rig.produce(orders(masters, dice, 300), age=100)
        rig.produce(orders(masters, dice, 1200))
        one.wait_until_committed()
        print(f"{rig.wait_until_held([one])} messages wait")
        rig.serve(1)
        print(f"{rig.wait_until_held([one])} after version 1")
        one.kill()
    with rig.start("one", *rig.told, "--lanes", 1) as one:
        rig.serve(2)
        print(f"{rig.wait_until_held([one])} after version 2")
        rig.end()
        assert rig.wait_until_held([one]) == 0
        rig.produce(orders(masters, dice, WAITS_STILL))
        one.wait_until_committed()
        rig.left = rig.wait_until_held([one])
        assert one.stop() == 0, one.output()
    rig.wanted = whole(cluster, rig.found), whole(cluster, rig.dead)
    assert rig.left > 0 and rig.check() > 0
    return rig


@pytest.fixture
def replays(cluster, live, topic_name, tmp_path):
    return Replays(cluster, topic_name, tmp_path, live.index)


def published(replays):
    return whole(replays.cluster, replays.found), whole(replays.cluster, replays.dead)


def assert_same(wanted, got):
    for what, one, other in zip(("discrepancies", "dead letters"), wanted, got):
        missing, more = one - other, other - one
        assert not missing and not more, (f"{what}: {missing.total()} of {one.total()} are missing, {more.total()} are there besides: "
                                          f"{next(iter(missing), None)} / {next(iter(more), None)}")


def test_it_gives_the_bytes_of_the_live_run(live, replays):
    result = replays.run("-t", live.input, "--from", "earliest", "--as-of", "live", *live.told)
    assert_same(live.wanted, published(replays))
    line = next(line for line in result.stdout.splitlines() if "waited for the master" in line)
    print(result.stdout)
    held, found, over, still = (int(word) for word in line.split() if word.isdigit())
    assert held == found + over + still and min(found, over, still) > 0, line


def test_all_of_a_message_stands_in_its_place(cluster, live, replays):
    """What waited is not behind what came later, as it was in the live run: of each input partition all goes by offsets."""
    def is_in_order(topic):
        last = {}
        for record in sorted(read_topic(cluster.bootstrap, topic), key=lambda one: (one.partition, one.offset)):
            origin = wire.decode_single_object(record.value, SCHEMA)["origin"]
            lane, place = (record.partition, origin["partition"]), (origin["offset"], origin["message"])
            if place < last.get(lane, place):
                return False
            last[lane] = place
        return True

    replays.run("-t", live.input, "--from", "earliest", "--as-of", "live", *live.told)
    assert is_in_order(replays.found) and not is_in_order(live.found)


def test_parts_are_the_whole(live, replays):
    for number, part in enumerate(("0-100", "100-101", "101-")):
        words = [word for p in range(4) for word in ("--offsets", f"{live.input}:{p}={part}")]
        replays.run(*words, "--as-of", "live", "--manifest", f"{number}.json", *live.told)
    assert_same(live.wanted, published(replays))


def assert_that_a_killed_run_goes_on(live, replays, *more):
    """Killed in the middle of what is published, and once more as it goes on."""
    small = ["--set", "batch.messages=50", "--set", "batch.commit_interval=50ms", "--set", "kafka.transaction.timeout.ms=5000"]
    process = replays.start("-t", live.input, "--from", "earliest", "--as-of", "live", *more, *small, *live.told)
    replays.wait_for_output(process)
    process.kill()
    process.wait()
    process = replays.start("--resume", plan_of(replays), *small, output=False)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=1)
    process.kill()
    process.wait()
    replays.resume(plan_of(replays), "--rate", 1_000_000)
    assert_same(live.wanted, published(replays))


def test_a_killed_run_goes_on(live, replays):
    assert_that_a_killed_run_goes_on(live, replays, "--rate", 300, "--lanes", 2)


def test_other_rules_are_refused(live, replays):
    refused = replays.run("-t", live.input, "--from", "earliest", "--as-of", "live", "--set", "rules.AMBIGUOUS_SECURITY=off", *live.told,
                          status=65)
    assert "by the rules" in refused.stderr


def test_by_one_version_nothing_waits(live, replays):
    """As ever: what a version lacks is unknown, at once."""
    result = replays.run("-t", live.input, "--from", "earliest", "--as-of", "message-time", *live.told)
    assert "waited for the master" not in result.stdout

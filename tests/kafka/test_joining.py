"""The lanes of one process join their group together, however fast each is, if none is late.

The broker shares the group out with the first member that joins (group.initial.rebalance.delay.ms=0)."""

import pytest

from product import ASSIGNED, at_point, fixwarden, moment
from test_first_light import assert_same, generated_job, published_of

WAITED_MS = 1000  # for the others, by a lane that is about to join


@pytest.mark.parametrize("late_ms", [3 * WAITED_MS, WAITED_MS * 4 // 5])
def test_a_lane_waits_for_the_others_unless_they_are_late(cluster, topic_name, tmp_path, late_ms):
    job, plan, _ = generated_job(cluster, topic_name, tmp_path, 1_000, 2_000, 4, "--lanes", 2)
    fixwarden("index", "build", "--master", job.masters[0], "--index", job.index)
    with job.start(at_point(f"before:subscribe:2:{late_ms}")) as running:
        running.wait_until_committed()
        assert running.stop() == 0, running.output()
    start, _ = moment(running.output(), "lanes: 2 lanes")
    assigned, found = moment(running.output(), ASSIGNED)
    assigned, partitions = round((assigned - start).total_seconds() * 1000), int(found[2])
    print(f"\nthe other lane comes {late_ms} ms late; {assigned} ms until {partitions} partitions are assigned")
    if late_ms < WAITED_MS:
        assert assigned >= late_ms
    else:
        assert WAITED_MS <= assigned < late_ms and partitions == 4
    for wanted, seen in zip(plan, published_of(job)):
        assert_same(wanted, seen)

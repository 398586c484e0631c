"""The lanes of one process join their group together, however fast each is, if none is late.

The broker shares the group out with the first member that joins (group.initial.rebalance.delay.ms=0)."""

import re
from datetime import datetime

import pytest

from product import at_point, fixwarden
from test_first_light import assert_same, generated_job, published_of

WAITED_MS = 1000  # for the others, by a lane that is about to join


@pytest.mark.parametrize("late_ms", [3 * WAITED_MS, WAITED_MS * 4 // 5])
def test_a_lane_waits_for_the_others_unless_they_are_late(cluster, topic_name, tmp_path, late_ms):
    job, plan, _ = generated_job(cluster, topic_name, tmp_path, 1_000, 2_000, 4, "--lanes", 2)
    fixwarden("index", "build", "--master", job.masters[0], "--index", job.index)
    with job.start(at_point(f"before:subscribe:2:{late_ms}")) as running:
        running.wait_until_committed()
        assert running.stop() == 0, running.output()
        assigned, partitions = first_assignment(running.output())
    print(f"\nthe other lane comes {late_ms} ms late; {assigned} ms until {partitions} partitions are assigned")
    if late_ms < WAITED_MS:
        assert assigned >= late_ms
    else:
        assert WAITED_MS <= assigned < late_ms and partitions == 4
    for wanted, seen in zip(plan, published_of(job)):
        assert_same(wanted, seen)


def first_assignment(log):
    """Milliseconds from where the lanes start, and to how many partitions."""
    start = re.search(r"^(\S+) INFO  lanes: 2 lanes", log, re.M)
    assigned = re.search(r"^(\S+) INFO  source/\d: assigned: ([1-9]\d*) partitions", log, re.M)
    begin, end = (datetime.fromisoformat(found[1].replace("Z", "+00:00")) for found in (start, assigned))
    return round((end - begin).total_seconds() * 1000), int(assigned[2])

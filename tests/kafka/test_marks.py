"""The marks say of every record by which version of the index it was judged, whatever happens to the job."""

import time

import pytest

from chaos import Pool, new_seed
from product import read_topic
from versions import Versions, VersionedRig, put_in_place

from compare import differences  # of tests/oracle, whose place chaos has made known

SWAPS = 6
STILL_SECONDS = 4  # beyond the session's time-out


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return Pool(tmp_path_factory.mktemp("marks"))


@pytest.fixture(scope="module")
def versions(tmp_path_factory, pool):
    made = Versions(tmp_path_factory.mktemp("versions"))
    made.know(pool.version, pool.index, pool.rows)
    dice = new_seed("versions")
    for _ in range(2):
        made.add_altered(dice)
    return made


def swap(rig, dice, serving):
    """Another version than the one that serves; the one that does now."""
    other = dice.choice([version for version in rig.versions if version.name != serving])
    put_in_place(other.index, rig.serving)
    return other.name


def stand_still(instance):
    """Until the group has given its partitions to others, and what it has begun can only be aborted."""
    instance.pause()
    time.sleep(STILL_SECONDS)
    instance.resume()


def test_the_marks_name_what_judged_each_record_through_swaps_kills_and_rebalances(cluster, pool, versions, tmp_path, topic_name):
    dice = new_seed()
    rig = VersionedRig(cluster, pool, tmp_path, topic_name, dice, versions)
    serving = pool.version
    with rig.feeding(rate=1500), rig.instance("one") as one, rig.instance("two") as two:
        rig.recovered("start", instances=[one, two])
        for number in range(SWAPS):
            serving = swap(rig, dice, serving)
            time.sleep(dice.uniform(0.1, 1))
            if number % 3 == 1:
                dice.choice([one, two]).kill()
            if number % 3 == 2:
                stand_still(dice.choice([one, two]))
            rig.recovered(f"swap {number}", instances=[one, two])
    rig.finish()
    assert rig.marks().changes() >= SWAPS / 2
    rig.verify()


def without_repeats(wanted, found):
    """At least once: what was judged again may have been published before, and by another version."""
    version = {record["id"]: record.get("master_version") for record in wanted}
    return list({record["id"]: record for record in found
                 if version.get(record["id"], "none") == record.get("master_version")}.values())


def test_at_least_once_is_marked_as_well(cluster, pool, versions, tmp_path, topic_name):
    dice = new_seed()
    rig = VersionedRig(cluster, pool, tmp_path, topic_name, dice, versions, settings={"output.delivery": "at-least-once"})
    serving = pool.version
    with rig.feeding(rate=1000), rig.instance("one") as one:
        rig.recovered("start", instances=[one])
        for number in range(3):
            serving = swap(rig, dice, serving)
            rig.recovered(f"swap {number}", instances=[one])
            time.sleep(0.5)
    rig.finish()
    assert rig.marks().changes() >= 3
    wanted, wanted_dead = rig.expected(rig.input_records())
    assert wanted and wanted_dead
    assert differences(wanted, without_repeats(wanted, rig.published(rig.found, "discrepancy"))) == ""
    assert differences(wanted_dead, without_repeats(wanted_dead, rig.published(rig.dead, "dead_letter"))) == ""


def test_a_batch_without_output_is_marked(cluster, pool, tmp_path, topic_name):
    """Heartbeats: nothing is found in them, and nothing but marks is published."""
    rig = VersionedRig(cluster, pool, tmp_path, topic_name, new_seed(), Versions(tmp_path))
    heartbeat = next(message for message in pool.messages if b"\x0135=0\x01" in message)
    pool_of_one = [heartbeat] * 2
    rig.pool = type("Quiet", (), {"messages": pool_of_one, "index": pool.index, "rules": pool.rules})
    rig.feed(200)
    rig.finish()
    marks = rig.marks()
    assert sum(rig.committed().values()) == 200
    for partition in rig.committed():
        assert marks.of(rig.input, partition, 0).version == pool.version
    assert read_topic(cluster.bootstrap, rig.found) == []


def test_a_topic_of_marks_that_is_not_there_is_named(cluster, pool, tmp_path, topic_name):
    rig = VersionedRig(cluster, pool, tmp_path, topic_name, new_seed(), Versions(tmp_path), settings={"output.versions_topic": "absent"})
    one = rig.instance("one")
    one.wait_until_ended()
    assert one.endings == [69] and "output.versions_topic" in one.output(), one.output()
    one.running.log.close()

"""replay --as-of: by the version that judged each record live, by that of its time, or by one that is named."""

import contextlib
import os
import shutil
import subprocess
import time

import pytest
from kafka import KafkaProducer

from chaos import Pool, new_seed
from product import fixwarden, read_topic
from test_replay import Replays, offsets_line, plan_of, published
from versions import Versions, VersionedRig, at_time, judged, put_in_place

import wire  # of tests/oracle, whose place chaos has made known
from compare import differences

SWAPS = 5
EARLY = 7  # records from before any version, by their timestamps
OLD_SECONDS = 3600  # within the retention of the topic


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return Pool(tmp_path_factory.mktemp("as-of"))


@pytest.fixture(scope="module")
def live(cluster, pool, numbers, tmp_path_factory):
    """A live run over several versions, with a kill in its middle; all that it has read is judged. It has the records it
    has read, and what it has published of them."""
    dice = new_seed("live")
    versions = Versions(tmp_path_factory.mktemp("versions"))
    versions.know(pool.version, pool.index, pool.rows)
    for _ in range(2):
        versions.add_altered(dice)
    rig = VersionedRig(cluster, pool, tmp_path_factory.mktemp("live"), lambda word: f"as-of-{word}-{next(numbers)}", dice, versions)
    feed_old(cluster, rig)
    serving, served = pool.version, {pool.version}
    with rig.feeding(rate=1000), rig.instance("one") as one:
        rig.recovered("start", instances=[one])
        for number in range(SWAPS):
            others = [version.name for version in versions if version.name != serving]
            serving = dice.choice([name for name in others if name not in served] or others)  # each of them serves
            served.add(serving)
            put_in_place(versions[serving].index, rig.serving)
            time.sleep(1)
            if number == 2:
                one.kill()
            rig.recovered(f"swap {number}", instances=[one])
    rig.finish()
    rig.verify()
    rig.records = rig.input_records()
    rig.wanted = published(cluster, rig.found), published(cluster, rig.dead)
    print(f"{len(rig.records)} records, {len(rig.times())} versions in force, {rig.marks().changes()} changes by marks")
    assert len(rig.times()) >= SWAPS
    return rig


def feed_old(cluster, rig):
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap, acks="all")
    old_ms = round((time.time() - OLD_SECONDS) * 1000)
    for number in range(EARLY):
        producer.send(rig.input, rig.pool.messages[number], timestamp_ms=old_ms + number)
    producer.close()


@pytest.fixture
def replays(cluster, live, topic_name, tmp_path):
    made = Replays(cluster, topic_name, tmp_path, live.serving)
    made.live = ["--set", f"output.versions_topic={live.marks_topic}"]
    return made


def expected_by(rig, version_of):
    found, dead = [], []
    for record in rig.records:
        result = judged(record, rig.input, rig.versions[version_of(record)], rig.pool.rules)
        found += result.discrepancies
        dead += result.dead_letters
    assert found
    return found, dead


def assert_published(cluster, replays, wanted):
    for topic, what, records in zip((replays.found, replays.dead), ("discrepancy", "dead_letter"), wanted):
        schema = wire.load(what)
        got = [wire.decode_single_object(record.value, schema) for record in read_topic(cluster.bootstrap, topic)]
        assert differences(records, got) == ""


def test_as_of_live_gives_the_bytes_of_the_live_run(live, replays):
    result = replays.run("-t", live.input, "--from", "earliest", "--as-of", "live", *replays.live)
    assert replays.published() == live.wanted
    assert "3 index versions, as of live" in result.stdout, result.stdout
    assert offsets_line(result.stdout) == (len(live.records), 0, 0, 0, 0)


def test_parts_as_of_live_are_the_whole(live, replays):
    partitions = sorted({record.partition for record in live.records})
    for number, part in enumerate(("0-100", "100-101", "101-")):
        words = [word for p in partitions for word in ("--offsets", f"{live.input}:{p}={part}")]
        replays.run(*words, "--as-of", "live", "--manifest", f"{number}.json", *replays.live)
    assert replays.published() == live.wanted


def test_by_message_time(cluster, live, replays):
    result = replays.run("-t", live.input, "--from", "earliest", "--as-of", "message-time")
    times = live.times()
    wanted = expected_by(live, lambda record: at_time(times, record.timestamp))
    assert_published(cluster, replays, wanted)
    early = sum(record.timestamp < times[0][0] for record in live.records)
    assert early >= EARLY
    assert f"{early} records are from before the first version, which judged them" in result.stdout, result.stdout


def test_by_a_version_that_serves_no_more(cluster, live, replays):
    serving = live.times()[-1][1]
    other = next(version.name for version in live.versions if version.name != serving)
    result = replays.run("-t", live.input, "--from", "earliest", "--as-of", other)
    assert_published(cluster, replays, expected_by(live, lambda _: other))
    assert f"Index version {other}" in result.stdout
    now = replays.run("-t", live.input, "--from", "earliest", "--as-of", "now", "--dry-run", output=False)
    assert f"Index version {serving}" in now.stdout


@pytest.fixture
def own_folder(live, tmp_path):
    """A copy of the versions, to be spoiled."""
    return shutil.copytree(live.folder_of_versions, tmp_path / "kept")


@pytest.mark.parametrize("as_of", ["live", "message-time"])
def test_a_killed_run_goes_on_by_the_versions_with_which_it_began(live, replays, own_folder, as_of):
    """Though one more was in force meanwhile, by what the folder says now."""
    folder = ["--set", f"master.versions={own_folder}"]
    small = ["--set", "batch.messages=200", "--set", "batch.commit_interval=50ms", "--set", "kafka.transaction.timeout.ms=5000"]
    whole = Replays(replays.cluster, lambda word: f"{replays.found}-{word}", replays.folder, live.serving)
    whole.run("-t", live.input, "--from", "earliest", "--as-of", as_of, *replays.live, *folder, "--manifest", "whole.json")
    process = replays.start("-t", live.input, "--from", "earliest", "--as-of", as_of, "--rate", 2000, "--lanes", 2,
                            *small, *replays.live, *folder)
    replays.wait_for_output(process)
    process.kill()
    process.wait()
    kept = sorted(own_folder.glob("*.fwx"))
    shutil.copy(kept[-1], own_folder / kept[0].name.replace(kept[0].stem.split("-")[1], kept[-1].stem.split("-")[1]))
    process = replays.start("--resume", plan_of(replays), *small, *folder, output=False)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=1)
    process.kill()
    process.wait()
    assert "exclude each other" in replays.resume(plan_of(replays), "--as-of", "now", status=64).stderr
    hidden = [path.rename(path.with_suffix(".hidden")) for path in kept if kept[0].stem[-16:] == path.stem[-16:]]
    refused = replays.resume(plan_of(replays), *folder, status=65)
    assert "lacks 1 of the 3 versions" in refused.stderr and kept[0].stem[-16:] in refused.stderr, refused.stderr
    for path in hidden:
        path.rename(path.with_suffix(".fwx"))
    replays.resume(plan_of(replays), *folder, "--rate", 1_000_000)
    assert replays.published() == whole.published()
    assert as_of != "live" or replays.published() == live.wanted


def test_a_version_that_is_overwritten_before_or_during_a_run_ends_it(live, replays, own_folder):
    folder = ["--set", f"master.versions={own_folder}"]
    process = replays.start("-t", live.input, "--from", "earliest", "--as-of", "live", "--rate", 500, *replays.live, *folder)
    replays.wait_for_output(process)
    victim = sorted(own_folder.glob("*.fwx"))[-1]
    with open(victim, "r+b") as out:
        out.seek(8192)
        out.write(os.urandom(4096))
    assert process.wait(timeout=60) == 74, replays.log()
    assert "was overwritten or cut while it was used" in replays.log() and str(own_folder) in replays.log()
    for path in own_folder.glob(f"*-{victim.stem[-16:]}.fwx"):
        if path != victim:
            shutil.copy(victim, path)
    assert str(own_folder) in replays.resume(plan_of(replays), *folder, status=65).stderr


def test_what_no_version_judged_is_refused_and_named(cluster, live, replays, topic_name, tmp_path):
    empty = topic_name("no-marks")
    cluster.create_topic(empty)
    refused = replays.run("-t", live.input, "--from", "earliest", "--as-of", "live", "--set", f"output.versions_topic={empty}", status=65)
    assert f"{empty}: {live.input}/" in refused.stderr and "no mark says by which version offsets 0 to" in refused.stderr
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap)
    producer.send(empty, b"{}")
    producer.close()
    refused = replays.run("-t", live.input, "--from", "earliest", "--as-of", "live", "--set", f"output.versions_topic={empty}", status=65)
    assert f"{empty}/0 offset 0: it is no mark" in refused.stderr
    refused = replays.run("-t", live.input, "--from", "earliest", "--as-of", "live", "--set", "rules.AMBIGUOUS_SECURITY=off",
                          *replays.live, status=65)
    assert "it was judged by the rules" in refused.stderr
    nowhere = ["--set", f"master.versions={tmp_path / 'nowhere'}"]
    refused = replays.run("-t", live.input, "--from", "earliest", "--as-of", "live", *replays.live, *nowhere, status=65)
    assert "nowhere lacks 3 of the 3 versions" in refused.stderr
    refused = replays.run("-t", live.input, "--from", "earliest", "--as-of", "message-time", *nowhere, status=65)
    assert "nowhere: there is no version of the index" in refused.stderr
    refused = replays.run("-t", live.input, "--from", "earliest", "--as-of", "0" * 16, status=65)
    assert "which is not in" in refused.stderr
    refused = replays.run("-t", live.input, "--from", "earliest", "--as-of", "live", "--set", "output.versions_topic=absent", status=69)
    assert "topic absent does not exist" in refused.stderr
    assert list(replays.folder.glob("fixwarden-replay-*.json")) == [], "nothing was begun"


@pytest.mark.parametrize("words, error", [
    ("--as-of yesterday", "'yesterday' is none of now, message-time, live, or a version of 16 hexadecimal digits"),
    ("--as-of version", "is none of"),
    ("--as-of 0123456789ABCDEF", "is none of"),
    ("--as-of 0123456789abcde", "is none of"),
    ("--as-of live", "--as-of live needs [output] versions_topic"),
    ("--as-of message-time --index-version 0123456789abcdef", "exclude each other"),
])
def test_what_contradicts_itself_is_refused(words, error):
    result = fixwarden("replay", "-b", "127.0.0.1:1", "-t", "t", "--from", "-1h", "-o", "o", *words.split())
    assert result.returncode == 64 and error in result.stderr, result.stderr

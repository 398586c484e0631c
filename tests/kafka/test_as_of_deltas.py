"""replay --as-of of versions with deltas: what they were made of is kept, so that they judge again when their files are gone."""

import json
import os
import re
import shutil
import time
from pathlib import Path

import pytest

from product import Running, fixwarden, read_topic
from test_as_of_late import assert_same, assert_that_a_killed_run_goes_on, published, whole
from test_deltas import BASE, LATER, Live, change, new_dice
from test_replay import Replays
from versions import Version, at_time, judged, time_and_version

import wire  # of tests/oracle, whose place test_deltas has made known
from compare import differences
from master import master_of

SCHEMA = wire.load("discrepancy")
DELTAS = 8
KEEP = 5  # of fewer versions than there are
YOUNG = 600  # seconds for which a content is not removed


class MarkedLive(Live):
    """A job that publishes marks; its records have the time at which they are sent."""

    def __init__(self, cluster, topic_name, folder):
        super().__init__(cluster, topic_name, folder)
        self.marks = topic_name("marks")
        cluster.create_topic(self.marks, 2)
        self.told = ["--set", f"output.versions_topic={self.marks}"]
        self.kept = Path(f"{self.index}.versions")

    def start(self, *more):
        return Running(self.cluster, self.folder, [self.input], self.input + "-group", "-o", self.found, "--dead-letters",
                       self.dead, "--index", self.index, "--set", f"deltas.directory={self.deltas}", *self.told,
                       "--set", "batch.commit_interval=20ms", "--set", "batch.messages=200", "--set", "reload.check_interval=200ms",
                       "--set", "reload.keep=10", "--set", f"output.transactional_id={self.input}", *more)

    def send(self, dice, count=20):
        send, self.producer.send = self.producer.send, lambda *words, **more: send(*words, **{**more, "timestamp_ms": round(time.time() * 1000)})
        super().send(dice, count)
        self.producer.send = send

    def replace_master(self, text):
        """Another base, by which deltas that are older are contained in it. Its version."""
        (self.folder / "master.csv").write_text(text)
        built = fixwarden("index", "build", "--master", self.folder / "master.csv", "--index", self.index)
        assert built.returncode == 0, built.stderr
        self.base = master_of([text.encode()])
        self.version = json.loads(fixwarden("index", "info", self.index, "--json").stdout)["version"]

    def times(self):
        """[(milliseconds, version)] as the folder says; what is below comes first."""
        found = []
        for path in (*self.kept.glob("*.fwx"), *self.kept.glob("*.fwd")):
            ms, version = time_and_version(path)
            found.append((ms, path.suffix == ".fwd", version))
        return [(ms, version) for ms, _, version in sorted(found)]

    def records(self):
        return sorted(read_topic(self.cluster.bootstrap, self.input), key=lambda one: one.offset)

    def judged(self, record, version, rules):
        return judged(record, self.input, Version(version, self.index, self.states[version]), rules).discrepancies


def some(dice, count=30):
    return change([[f"S{n}", "", dice.choice(("XNAS", "XNYS")), dice.choice(("USD", "EUR"))] for n in dice.sample(range(300), count)])


@pytest.fixture(scope="module")
def live(cluster, numbers, tmp_path_factory):
    """Deltas that come, change and go, over two masters, with a kill; then all of them are taken away."""
    dice = new_dice()
    live = MarkedLive(cluster, lambda word: f"deltas-{word}-{next(numbers)}", tmp_path_factory.mktemp("deltas"))
    live.send(dice, 50)
    with live.start() as job:
        job.wait_until_assigned()
        for number in range(DELTAS):
            live.put(f"{number:03}.csv", some(dice))
            live.send_until(job, dice, live.note_state())
        (live.deltas / "002.csv").unlink()
        live.send_until(job, dice, live.note_state())
        live.put("003.csv", some(dice))
        live.send_until(job, dice, live.note_state())
        job.kill()
    live.put("100.csv", some(dice))
    with live.start() as job:
        live.send_until(job, dice, live.note_state())
        for path in live.deltas.iterdir():
            path.unlink()
        live.send_until(job, dice, live.note_state())
        for number in range(2):
            live.put(f"{200 + number}.csv", some(dice))
            os.utime(live.deltas / f"{200 + number}.csv", (time.time() + LATER,) * 2)  # on top of the next master, too
            live.send_until(job, dice, live.note_state())
        live.replace_master(BASE.replace("S299,", "S999,"))
        live.send_until(job, dice, live.note_state())
        live.put("300.csv", some(dice))
        os.utime(live.deltas / "300.csv", (time.time() + LATER,) * 2)
        live.send_until(job, dice, live.note_state())
        job.wait_until_committed()
        assert job.stop() == 0, job.output()
        assert "cannot be kept" not in job.output() and "WARN  reload" not in job.output(), job.output()
    shutil.rmtree(live.deltas)
    live.wanted = whole(cluster, live.found), whole(cluster, live.dead)
    live.named = {wire.decode_single_object(record.value, SCHEMA)["master_version"] for record in read_topic(cluster.bootstrap, live.found)}
    print(f"{live.wanted[0].total()} discrepancies by {len(live.named)} versions of {len(live.states)}, {len(live.times())} kept")
    assert len(live.named) >= DELTAS
    return live


@pytest.fixture
def replays(cluster, live, topic_name, tmp_path):
    return Replays(cluster, topic_name, tmp_path, live.index)


@pytest.fixture
def own_folder(live, tmp_path):
    """A copy of what is kept, to be spoiled."""
    shutil.copytree(live.kept, tmp_path / "kept")
    return tmp_path / "kept"


@pytest.mark.parametrize("rows", [1_000_000, 600], ids=["all at once", "a few versions at a time"])
def test_as_of_live_gives_the_bytes_of_the_live_run(live, replays, rows):
    """With room for the rows of one version at least, of which the largest has some 300."""
    result = replays.run("-t", live.input, "--from", "earliest", "--as-of", "live", "--set", f"deltas.max_rows={rows}", *live.told)
    assert_same(live.wanted, published(replays))
    print(result.stdout)


def test_a_killed_run_goes_on(live, replays):
    assert_that_a_killed_run_goes_on(live, replays, "--rate", 500)


def assert_found(cluster, live, replays, version_of_record):
    got = [wire.decode_single_object(record.value, SCHEMA) for record in read_topic(cluster.bootstrap, replays.found)]
    rules = got[0]["rule_set"]
    wanted = [one for record in live.records() for one in live.judged(record, version_of_record(record), rules)]
    assert wanted and differences(wanted, got) == ""


def test_by_message_time(cluster, live, replays):
    times = live.times()

    def in_force(record):
        return at_time(times, record.timestamp)

    replays.run("-t", live.input, "--from", "earliest", "--as-of", "message-time")
    assert len({in_force(record) for record in live.records()}) > DELTAS
    assert_found(cluster, live, replays, in_force)


def test_by_one_version_with_deltas(cluster, live, replays):
    version = live.times()[4][1]
    result = replays.run("-t", live.input, "--from", "earliest", "--as-of", version)
    assert f"Index version {version}" in result.stdout
    assert_found(cluster, live, replays, lambda _: version)


def test_they_are_listed(live):
    listed = fixwarden("index", "versions", "--index", live.index).stdout
    print(listed)
    lines = listed.splitlines()[1:]
    assert [line.split()[1] for line in lines] == [version for _, version in live.times()]
    assert sum("1 deltas over" in line for line in lines) >= 2


@pytest.mark.parametrize("spoil, says", [
    (lambda kept, record, _: record.unlink(), "lacks 1 of the"),
    (lambda kept, record, _: record.write_bytes(b""), "what it was made of is not kept any more (deltas.keep)"),
    (lambda kept, record, _: record.write_bytes(b"fixwarden deltas 1\nxyz\n"), "is no record of deltas"),
    (lambda kept, record, _: record.write_bytes(b"fixwarden deltas 1\n"), "is not that of version"),
    (lambda kept, _, content: content.unlink(), "is not there any more, or damaged"),
    (lambda kept, _, content: flip(content), "delta "),
    (lambda kept, *_: [path.unlink() for path in sorted(kept.glob("*.fwx"))[:2]], "lacks 1 of the"),  # which judged as well
], ids=["a record is gone", "a record was let go", "a record is damaged", "a record is of another version", "a content is gone",
        "a content is damaged", "the index below is gone"])
def test_what_is_missing_is_named_before_anything_is_published(live, replays, own_folder, spoil, says):
    record = one_that_judged(live, own_folder)
    spoil(own_folder, record, own_folder / "deltas" / "-".join(record.read_text().splitlines()[1].split()[:2]))
    refused = replays.run("-t", live.input, "--from", "earliest", "--as-of", "live", "--set", f"master.versions={own_folder}", *live.told,
                          status=65)
    assert says in refused.stderr and str(own_folder) in refused.stderr, refused.stderr
    assert list(replays.folder.glob("fixwarden-replay-*.json")) == [], "nothing was begun"


def one_that_judged(live, kept):
    """A record of deltas; versions that served between two messages are needed by none."""
    return next(path for path in sorted(kept.glob("*.fwd")) if time_and_version(path)[1] in live.named)


def flip(path):
    """A byte of a row, so that it is one that can be read."""
    path.write_bytes(path.read_bytes().replace(b",XNAS,", b",XNYS,", 1))


def test_no_more_is_kept_than_is_asked_for(cluster, topic_name, tmp_path):
    dice = new_dice()
    live = MarkedLive(cluster, topic_name, tmp_path)
    with live.start("--set", f"deltas.keep={KEEP}") as job:
        job.wait_until_assigned()
        for number in range(2 * KEEP):
            live.put("1.csv", some(dice))  # the same one again and again, so that all of its contents but one are of no use
            live.send_until(job, dice, live.note_state())
            for path in (live.kept / "deltas").iterdir():
                os.utime(path, (time.time() - 2 * YOUNG,) * 2)
        job.wait_until_committed()
        assert job.stop() == 0, job.output()
    records = sorted(live.kept.glob("*.fwd"))
    assert [path.stat().st_size > 0 for path in records] == [False] + [True] * KEEP, "the oldest says that more there was"
    assert len(list((live.kept / "deltas").iterdir())) <= KEEP + 2  # the next delta sweeps them out
    replays = Replays(cluster, topic_name, tmp_path, live.index)
    refused = replays.run("-t", live.input, "--from", "earliest", "--as-of", "live", *live.told, status=65)
    assert re.search(r"lacks \d+ of the \d+ versions", refused.stderr), refused.stderr
    refused = replays.run("-t", live.input, "--from", "earliest", "--as-of", "message-time", status=65)
    assert "not kept any more (deltas.keep)" in refused.stderr, refused.stderr
    last = time_and_version(records[-1])[1]
    replays.run("-t", live.input, "--from", "earliest", "--as-of", last)
    assert_found(cluster, live, replays, lambda _: last)

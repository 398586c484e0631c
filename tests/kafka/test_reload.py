"""The master changes under load, in every way in which masters are delivered; each message is judged by one version of it, whole.

What is published is held against the oracle: a discrepancy against the version that it names; and along each partition no version may come
back and no message be without what all versions say of it that may have judged it. tests/run changes the master 20 times, tests/run --chaos 200 times.
"""

import gzip
import hashlib
import json
import os
import random
import re
import resource
import signal
import subprocess
import threading
import time
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from kafka import KafkaProducer

from chaos import new_seed
from product import fixwarden, read_topic
from test_bounds import CURRENCIES, MARKETS, isin, order
from test_first_light import Job, decoded

from check import Settings, check_record  # noqa: E402  (test_first_light has put the oracle in the path)
from compare import differences  # noqa: E402
from master import read_masters  # noqa: E402

BASE = 100  # rows that each master has
SETTLE = 0.3  # seconds
WAIT = 60


# --- what is delivered ---

class Masters:
    """The master at one path, and a copy of each state that may serve, by its number of rows, which no other has."""

    def __init__(self, folder, dice):
        self.path, self.dice, self.made = folder / "master.csv", dice, 0
        self.folder, self.copies = folder, folder / "copies"
        self.copies.mkdir()
        self.texts = {}  # by the number of rows

    def rows(self, count, pattern):
        """A third of the securities has another currency than the messages say."""
        for n in range(count):
            other = n + (n * 7 + pattern) % 3 // 2
            yield f"S{n},{isin(n)},{CURRENCIES[other % 3]},{MARKETS[n % 3]}\n"

    def next(self):
        """Another master: its text."""
        self.made += 1
        return self.keep("symbol,isin,currency,mic\n" + "".join(self.rows(BASE + self.made, self.dice.randrange(3))))

    def longer(self):
        """The last one and one row more."""
        self.made += 1
        before = self.path.read_bytes()
        text = gzip.decompress(before).decode() if before[:2] == b"\x1f\x8b" else before.decode()
        count = text.count("\n") - 1
        return self.keep(text + "".join(list(self.rows(BASE + self.made, 0))[count:]))

    def keep(self, text):
        count = text.count("\n") - 1
        (self.copies / f"{count}.csv").write_text(text)
        self.texts[count] = text
        return text


def write_in_pieces(out, text, pause):
    quarter = len(text) // 4 + 1
    for at in range(0, len(text), quarter):
        out.write(text[at:at + quarter])
        out.flush()
        time.sleep(pause)


def in_place(m):
    text = m.next()
    with open(m.path, "r+") as out:
        out.write(text)
        out.truncate()


def in_pieces(m):
    text = m.next()
    with open(m.path, "w") as out:
        write_in_pieces(out, text, SETTLE / 6)


def appended(m):
    text = m.longer()
    if m.path.read_bytes()[:2] == b"\x1f\x8b":
        m.path.write_text(text)
    else:
        with open(m.path, "a") as out:
            out.write(text[len(m.path.read_text()):])


def moved_in(m):
    new = m.folder / "new.csv"
    new.write_text(m.next())
    new.rename(m.path)


def moved_in_packed(m):
    new = m.folder / "new.csv"
    new.write_bytes(gzip.compress(m.next().encode()))
    new.rename(m.path)


def deleted_and_made_again(m):
    text = m.next()
    m.path.unlink()
    time.sleep(m.dice.choice((0, SETTLE / 2, SETTLE * 2)))
    m.path.write_text(text)


def a_link(m):
    target, link = m.folder / f"target-{m.made}.csv", m.folder / "link"
    target.write_text(m.next())
    link.symlink_to(target)
    link.rename(m.path)


def as_kubernetes_does(m):
    folder, link, data = m.folder / f"..{m.made}", m.folder / "..data_tmp", m.folder / "..data"
    folder.mkdir()
    (folder / "master.csv").write_text(m.next())
    link.symlink_to(folder.name)
    link.rename(data)
    if not m.path.is_symlink() or os.readlink(m.path) != "..data/master.csv":
        link.symlink_to("..data/master.csv")
        link.rename(m.path)


def beside(m, suffix):
    return m.path.with_name(m.path.name + suffix)


def stalling_until_done(m):
    """Half of it lies there for longer than a file has to rest, and so does an old .done."""
    beside(m, ".done").write_text("")
    time.sleep(0.02)
    text = m.next()
    with open(m.path, "w") as out:
        write_in_pieces(out, text, 2 * SETTLE)
    beside(m, ".done").write_text("")


def stalling_until_its_digest_agrees(m):
    text, name = m.next(), m.dice.choice(("md5", "sha256"))
    beside(m, "." + name).write_text(f"{hashlib.new(name, text.encode()).hexdigest()}  master.csv\n")
    with open(m.path, "w") as out:
        write_in_pieces(out, text, 2 * SETTLE)


def twice_at_once(m):
    """The second one comes while the first one is waited for, or built."""
    moved_in(m)
    time.sleep(m.dice.uniform(0, 2 * SETTLE))
    moved_in(m)


def an_index_from_elsewhere(m):
    elsewhere, index = m.folder / "elsewhere.csv", m.folder / "elsewhere.fwx"
    elsewhere.write_text(m.next())
    assert fixwarden("index", "build", "--master", elsewhere, "--index", index).returncode == 0
    index.rename(m.folder / "master.fwx")


def a_touch(m):
    """Nothing changes: nothing may."""
    os.utime(m.path)


WAYS = [in_place, in_pieces, appended, moved_in, moved_in_packed, deleted_and_made_again, a_link, as_kubernetes_does, stalling_until_done,
        stalling_until_its_digest_agrees, twice_at_once, an_index_from_elsewhere, a_touch]


# --- the load ---

class Load(threading.Thread):
    """Orders on securities at random, some of which no master has yet, until end()."""

    def __init__(self, bootstrap, topic, seed, universe, rate):
        super().__init__(daemon=True)
        self.bootstrap, self.topic, self.dice = bootstrap, topic, random.Random(seed)
        self.universe, self.rate, self.ended, self.sent = universe, rate, threading.Event(), []
        self.start()

    def run(self):
        producer = KafkaProducer(bootstrap_servers=self.bootstrap, acks="all", linger_ms=5)
        number = 0
        while not self.ended.wait(0.02):
            for _ in range(int(self.rate * 0.02)):
                # Of now: the broker throws away what is older than a week, from its first half minute on.
                value, when = order(self.dice.randrange(self.universe)), int(time.time() * 1000)
                future = producer.send(self.topic, value=value, key=str(number).encode(), timestamp_ms=when)
                self.sent.append((str(number).encode(), value, when, future))
                number += 1
        producer.close()

    def end(self):
        """(value, origin) of all, along the partitions."""
        self.ended.set()
        self.join()
        partitions = defaultdict(list)
        for key, value, when, future in self.sent:
            place = future.get(timeout=WAIT)
            origin = {"topic": self.topic, "partition": place.partition, "offset": place.offset, "key": key,
                      "timestamp": datetime.fromtimestamp(when // 1000, timezone.utc) + timedelta(milliseconds=when % 1000)}
            partitions[place.partition].append((place.offset, value, origin))
        return [[(value, origin) for _, value, origin in sorted(records, key=lambda record: record[0])] for records in partitions.values()]


# --- the judgement ---

class Judge:
    """What each version says of each message, by the oracle."""

    def __init__(self, masters, versions, rule_set):
        self.rows = [read_masters([masters.copies / f"{count}.csv"]) for _, count in versions]
        self.settings = [Settings(version, rule_set) for version, _ in versions]
        self.versions = [version for version, _ in versions]  # one may serve again later
        self.silent = {}

    def of(self, place, value, origin):
        return check_record(value, "strict", self.rows[place], origin, self.settings[place]).discrepancies

    def is_silent(self, place, value, origin):
        if (place, value) not in self.silent:
            self.silent[place, value] = not self.of(place, value, origin)
        return self.silent[place, value]

    def along(self, records, published):
        """Walks one partition; returns what should have been published, given the versions that were named."""
        wanted, place = [], 0
        for value, origin in records:
            found = published.get((origin["partition"], origin["offset"]), [])
            if found:
                version, = {one["master_version"] for one in found}
                assert version in self.versions[place:], f"{origin}: version {version} has come back"
                place = self.versions.index(version, place)
                wanted += self.of(place, value, origin)
            else:
                silent = [p for p in range(place, len(self.rows)) if self.is_silent(p, value, origin)]
                assert silent, f"{origin}: every version from {place} on finds something, and nothing was published"
                place = silent[0]
        return wanted


def serving(text):
    """(version, rows) in the order in which they served."""
    return [(version, int(rows)) for version, rows in re.findall(r"version ([0-9a-f]{16}) with (\d+) rows serves", text)]


def wait_for(running, what, seconds=WAIT):
    deadline = time.monotonic() + seconds
    while not what(running.output()):
        assert running.process.poll() is None and time.monotonic() < deadline, running.output()
        time.sleep(0.02)


def clear_sides(m):
    for suffix in (".done", ".md5", ".sha256"):
        beside(m, suffix).unlink(missing_ok=True)


def verify(job, masters, log, partitions):
    found = decoded(job.cluster.bootstrap, job.found, "discrepancies")
    published = defaultdict(list)
    for one in found:
        published[one["origin"]["partition"], one["origin"]["offset"]].append(one)
    judge = Judge(masters, serving(log), found[0]["rule_set"])
    wanted = [one for records in partitions for one in judge.along(records, published)]
    assert differences(wanted, found) == ""
    assert len({one["master_version"] for one in found}) > len(judge.rows) / 2, "too few versions have judged anything"
    return found, judge


def change_again_and_again(cluster, topic_name, folder, changes):
    dice = new_seed()
    masters = Masters(folder, dice)
    masters.path.write_text(masters.next())
    job = Job(cluster, topic_name, folder, [masters.path], "--lanes", 2, "--set", f"reload.settle={int(SETTLE * 1000)}ms",
              "--set", "reload.check_interval=500ms", "--set", "reload.ready_file=auto", "--set", "storm.minimum=0")
    ways = [WAYS[n % len(WAYS)] for n in range(changes)]
    dice.shuffle(ways)
    load = Load(cluster.bootstrap, job.input, dice.random(), BASE + changes + 20, 300)
    with job.start() as running:
        running.wait_until_assigned()
        for way in ways:
            way(masters)
            rows = BASE + masters.made
            wait_for(running, lambda text: serving(text)[-1][1] == rows)
            time.sleep(dice.uniform(0, 0.3))
            clear_sides(masters)
        partitions = load.end()
        running.wait_until_committed()
        assert running.stop() == 0, running.output()
        log = running.output()
    found, judge = verify(job, masters, log, partitions)
    print(f"{changes} changes, {len(judge.rows)} versions served, {sum(map(len, partitions))} messages, {len(found)} discrepancies")
    assert "refused" not in log and " ERROR " not in log, log


def test_20_changes_under_load(cluster, topic_name, tmp_path):
    change_again_and_again(cluster, topic_name, tmp_path, 20)


@pytest.mark.chaos
def test_200_changes_under_load(cluster, topic_name, tmp_path):
    change_again_and_again(cluster, topic_name, tmp_path, 200)


# --- without an index; with builders that fail ---

def alerts_of(job):
    return [json.loads(record.value) for record in read_topic(job.cluster.bootstrap, job.alerts)]


def job_with_alerts(cluster, topic_name, folder, masters, *arguments):
    job = Job(cluster, topic_name, folder, masters, "--set", "reload.settle=100ms", "--set", "reload.check_interval=100ms",
              "--set", "storm.minimum=0", *arguments)
    job.alerts = topic_name("alerts")
    cluster.create_topic(job.alerts, partitions=1)
    job.arguments += ["--set", f"output.alert_topic={job.alerts}"]
    return job


def wait_for_alert(job, running, kind):
    deadline = time.monotonic() + WAIT
    while not [alert for alert in alerts_of(job) if alert["alert"] == kind]:
        assert running.process.poll() is None and time.monotonic() < deadline, running.output()
        time.sleep(0.2)


def test_without_a_master_nothing_is_consumed_until_it_comes(cluster, topic_name, tmp_path):
    path = tmp_path / "master.csv"
    job = job_with_alerts(cluster, topic_name, tmp_path, [path])
    load = Load(cluster.bootstrap, job.input, 1, BASE, 300)
    with job.start() as running:
        wait_for(running, lambda text: "not ready: " in text)
        time.sleep(1)
        assert "assigned" not in running.output() and running.output().count("not ready") == 1
        masters = Masters(tmp_path, random.Random(1))
        path.write_text(masters.next())
        running.wait_until_assigned()
        partitions = load.end()
        running.wait_until_committed()
        assert running.stop() == 0, running.output()
        verify(job, masters, running.output(), partitions)


def test_one_that_waits_for_a_master_can_be_stopped(cluster, topic_name, tmp_path):
    job = job_with_alerts(cluster, topic_name, tmp_path, [tmp_path / "eod-*.csv"], "--index", tmp_path / "master.fwx")
    with job.start() as running:
        wait_for(running, lambda text: "eod-*.csv is not there" in text)
        assert running.stop() == 0, running.output()


def many_rows(path, count):
    path.write_text("symbol,isin,currency,mic\n" + "".join(f"T{n},,USD,XNYS\n" for n in range(count)))


def builder_of(running):
    """The process that builds, once there is one."""
    deadline = time.monotonic() + WAIT
    while True:
        found = [int(pid) for task in Path(f"/proc/{running.process.pid}/task").iterdir() for pid in (task / "children").read_text().split()]
        if found:
            return found[0]
        assert time.monotonic() < deadline, running.output()
        time.sleep(0.002)


def under_load(cluster, topic_name, folder, break_it, *arguments, where=None):
    """A job whose first master serves on while the second one cannot be built; what is published is the oracle's."""
    masters = Masters(folder, random.Random(1))
    masters.path.write_text(masters.next())
    job = job_with_alerts(cluster, topic_name, folder, [masters.path], *arguments)
    if where:
        job.arguments += ["--index", where / "master.fwx"]
    load = Load(cluster.bootstrap, job.input, 1, BASE, 300)
    with job.start() as running:
        running.wait_until_assigned()
        break_it(running, masters.path)
        wait_for_alert(job, running, "BUILD_FAILED")
        partitions = load.end()
        running.wait_until_committed()
        assert running.stop() == 0, running.output()
        log = running.output()
    verify(job, masters, log, partitions)
    assert len(serving(log)) == 1, log
    alert, = alerts_of(job)
    assert alert["version"] == serving(log)[0][0]
    print(alert["reason"])
    return alert


def test_a_builder_that_is_killed_is_told(cluster, topic_name, tmp_path):
    def kill(running, path):
        many_rows(path, 300_000)
        os.kill(builder_of(running), signal.SIGKILL)
        wait_for(running, lambda text: "killed by signal 9" in text)

    alert = under_load(cluster, topic_name, tmp_path, kill, "--set", "reload.retry=1h")
    assert "killed by signal 9" in alert["reason"]


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True).returncode != 0:
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_is_full_is_told(cluster, topic_name, tmp_path, small_disk):
    alert = under_load(cluster, topic_name, tmp_path, lambda _, path: many_rows(path, 100_000), "--set", "reload.retry=100ms",
                       where=small_disk)
    assert "has 0 MiB free" in alert["reason"]


def wait_until_at_work(builder):
    """Until it would hear of a SIGTERM: before that it is still being loaded."""
    while not int(re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{builder}/status").read_text())[1], 16) >> (signal.SIGTERM - 1) & 1:
        time.sleep(0.001)


def test_a_builder_without_memory_is_told(cluster, topic_name, tmp_path):
    def confine(running, path):
        many_rows(path, 2_000_000)
        builder = builder_of(running)
        wait_until_at_work(builder)
        resource.prlimit(builder, resource.RLIMIT_AS, (1 << 20, 1 << 20))

    alert = under_load(cluster, topic_name, tmp_path, confine, "--memory", "600M", "--set", "reload.retry=1h")
    assert "memory" in alert["reason"]


def test_a_master_that_is_missed_and_one_that_is_bad_are_told(cluster, topic_name, tmp_path):
    path = tmp_path / "master.csv"
    masters = Masters(tmp_path, random.Random(1))
    path.write_text(masters.next())
    job = job_with_alerts(cluster, topic_name, tmp_path, [path], "--set", "reload.expected_by=00:00Z")
    assert fixwarden("index", "build", "--master", path, "--index", job.index).returncode == 0
    os.utime(job.index, (time.time() - 3 * 86400,) * 2)
    with job.start() as running:
        running.wait_until_assigned()
        wait_for_alert(job, running, "MASTER_MISSED")
        path.write_text(masters.next() + "torn")
        wait_for_alert(job, running, "BUILD_FAILED")
        path.write_text(masters.next())
        wait_for(running, lambda text: len(serving(text)) == 2)
        assert running.stop() == 0, running.output()
    assert sorted(alert["alert"] for alert in alerts_of(job)) == ["BUILD_FAILED", "MASTER_MISSED"]

"""The changes of the day: offline and under load, each discrepancy held against the oracle for the version that it names."""

import csv
import io
import json
import os
import random
import re
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import fastavro
import pytest
from kafka import KafkaProducer

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "oracle"))

import wire  # noqa: E402
from check import Settings, check_file, check_record  # noqa: E402
from compare import differences  # noqa: E402
from deltas import version_of, with_deltas  # noqa: E402
from invented import world_at_random  # noqa: E402
from master import master_of, read_masters  # noqa: E402
from product import Running, fixwarden, read_topic  # noqa: E402
from settings import settings_of  # noqa: E402
from spoil import spoiled_orders  # noqa: E402

SCHEMA = wire.load("discrepancy")
ROUNDS = int(os.environ.get("FIXWARDEN_ROUNDS", "1"))
WAIT_SECONDS = 60
LATER = 3600  # so much newer than the master are deltas that are written before it is indexed


def new_dice():
    seed = int(os.environ.get("FIXWARDEN_SEED") or random.randrange(1 << 32))
    print(f"\nseed {seed}")
    return random.Random(seed)


def text_of(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


class Changes:
    """Deltas at random over a master's text: rows of it changed, deleted, and some that it never had."""

    def __init__(self, master_text, dice):
        self.header, *self.rows = [row for row in csv.reader(io.StringIO(master_text)) if row]
        self.dice = dice

    def delta(self):
        rows = [["action", *self.header]]
        for _ in range(self.dice.randrange(1, 20)):
            row, action = list(self.dice.choice(self.rows)), self.dice.choice(("A", "insert", "C", "change", "u", "D"))
            for place, name in enumerate(self.header):
                if self.dice.random() < 0.15 and name in ("symbol", "mic", "currency", "type", "status"):
                    row[place] = self.dice.choice(self.rows)[place]
            rows.append([action, *row])
        return text_of(rows)


# ---- offline -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("number", range(ROUNDS * 4))
def test_check_with_deltas_says_what_the_oracle_says(tmp_path, number):
    dice = new_dice()
    log, master, config, folder = (tmp_path / name for name in ("orders.log", "master.csv", "fixwarden.ini", "deltas"))
    world = world_at_random(dice, tmp_path, str(log))
    master.write_text(world.master_text)
    config.write_text(world.settings_text)
    base = read_masters([master])
    changes = Changes(world.master_text, dice)
    contents = []
    while len(contents) < 6:  # those that are refused are another test's
        data = changes.delta()
        if with_deltas(base, [*contents, data])[1] == len(contents) + 1:
            contents.append(data)
    rows, _ = with_deltas(base, contents)
    folder.mkdir()
    for place, data in enumerate(contents):
        (folder / f"{place:03}.csv").write_bytes(data)
        os.utime(folder / f"{place:03}.csv", (time.time() + LATER,) * 2)
    log.write_bytes(b"\n".join(spoiled_orders(rows, dice, 1, world)) + b"\n")
    built = fixwarden("index", "build", "--master", master, "--index", tmp_path / "master.fwx")
    assert built.returncode == 0, built.stderr
    out = tmp_path / "found.avro"
    checked = fixwarden("check", "-c", config, "--index", tmp_path / "master.fwx", "--deltas", folder, "--format", "avro",
                        "--output", out, log)
    assert checked.returncode == 0, checked.stderr
    found = list(fastavro.reader(out.open("rb")))
    version = json.loads(fixwarden("index", "info", tmp_path / "master.fwx", "--json").stdout)["version"]
    for data in contents:
        version = version_of(version, data)
    assert found and {record["master_version"] for record in found} == {version}
    settings = settings_of(world.settings_text, master_version=version, rule_set=found[0]["rule_set"])
    wanted = check_file(log.read_bytes(), "log", rows, str(log), settings)
    assert differences(wanted.discrepancies, found) == ""
    info = json.loads(fixwarden("index", "info", tmp_path / "master.fwx", "--json", "--deltas", folder).stdout)
    assert (info["version"], info["rows"]) == (version, len(rows.rows))
    print(f"{len(found)} discrepancies, {len(rows.rows)} rows of {len(base.rows)}")


def test_a_bad_delta_ends_a_command_with_file_line_and_reason(tmp_path):
    (tmp_path / "master.csv").write_text("symbol,isin,mic,currency\nA,US0378331005,XNAS,USD\n")
    fixwarden("index", "build", "--master", tmp_path / "master.csv", "--index", tmp_path / "m.fwx")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "1.csv").write_text("action,symbol,isin,mic,currency\nX,A,,,\n")
    done = fixwarden("index", "lookup", tmp_path / "m.fwx", "SYMBOL", "A", "--deltas", tmp_path / "d")
    assert done.returncode == 65
    assert re.search(r"d/1\.csv: line 2: 'X' is nothing that can be done with a row", done.stderr), done.stderr


# ---- under load ----------------------------------------------------------------------------------------------------

BASE = "symbol,isin,mic,currency\n" + "".join(f"S{n},,XNAS,USD\n" for n in range(300))


class Live:
    """A running job over a master, with a directory of deltas; what is sent, and which states of the master there were."""

    def __init__(self, cluster, topic_name, folder):
        self.cluster, self.folder = cluster, folder
        self.input, self.found, self.dead = (topic_name(word) for word in ("fix", "found", "dead"))
        for topic in (self.input, self.found, self.dead):
            cluster.create_topic(topic, partitions=1)
        self.deltas = folder / "deltas"
        self.deltas.mkdir()
        (folder / "master.csv").write_text(BASE)
        self.index = folder / "master.fwx"
        built = fixwarden("index", "build", "--master", folder / "master.csv", "--index", self.index)
        assert built.returncode == 0, built.stderr
        self.version = json.loads(fixwarden("index", "info", self.index, "--json").stdout)["version"]
        self.base = master_of([BASE.encode()])
        self.states = {}  # version -> the master then
        self.sent = []
        self.producer = KafkaProducer(bootstrap_servers=cluster.bootstrap, acks="all")
        self.note_state()

    def start(self):
        return Running(self.cluster, self.folder, [self.input], self.input + "-group", "-o", self.found, "--dead-letters",
                       self.dead, "--index", self.index, "--set", f"deltas.directory={self.deltas}",
                       "--set", "batch.commit_interval=20ms", "--set", "batch.messages=200")

    def note_state(self):
        """What the directory says now, by the oracle alone; its version."""
        contents = [path.read_bytes() for path in sorted(self.deltas.iterdir())]
        master, applied = with_deltas(self.base, contents)
        version = self.version
        for data in contents[:applied]:
            version = version_of(version, data)
        self.states[version] = master
        return version

    def put(self, name, data):
        """As it should be done: written elsewhere, moved in."""
        (self.folder / "elsewhere").write_bytes(data)
        os.replace(self.folder / "elsewhere", self.deltas / name)

    def send(self, dice, count=20):
        for _ in range(count):
            body = b"35=D\x0149=A\x0156=B\x0134=1\x0152=20260302-10:00:00\x0155=S%d\x01207=%s\x0115=%s\x0138=1\x0144=1\x01" % (
                dice.randrange(330), dice.choice((b"XNAS", b"XNYS")), dice.choice((b"USD", b"EUR")))
            value = b"8=FIX.4.4\x019=%d\x01%s" % (len(body), body)
            value += b"10=%03d\x01" % (sum(value) % 256)
            self.sent.append((value, self.producer.send(self.input, value=value, timestamp_ms=1_760_000_000_000)))

    def send_until(self, job, dice, version):
        """Goes on sending until that version serves; how long that took."""
        began = time.monotonic()
        while f"version {version} with" not in job.output():
            assert job.process.poll() is None and time.monotonic() - began < WAIT_SECONDS, f"{version}:\n{job.output()[-4000:]}"
            self.send(dice)
            time.sleep(0.02)
        took = time.monotonic() - began
        self.send(dice, 60)  # which it judges, unless the next one comes at once
        time.sleep(0.1)
        return took

    def verify(self):
        """No discrepancy is wrong for the version that it names, and of no message is one missing."""
        found = [wire.decode_single_object(record.value, SCHEMA) for record in read_topic(self.cluster.bootstrap, self.found)]
        rules = found[0]["rule_set"]
        by_offset = {}
        for record in found:
            by_offset.setdefault(record["origin"]["offset"], []).append(record)
        last, order = -1, list(self.states)
        for value, future in self.sent:
            offset = future.get(timeout=30).offset
            origin = {"topic": self.input, "partition": 0, "offset": offset,
                      "timestamp": datetime.fromtimestamp(1_760_000_000, timezone.utc)}
            mine = by_offset.pop(offset, [])
            versions = {record["master_version"] for record in mine}
            assert len(versions) <= 1 and versions <= set(self.states), (versions, order)
            # Without a discrepancy it has to be right by one of the versions from the last one that was named on.
            tried = [order.index(version) for version in versions] or range(max(last, 0), len(order))
            assert all(place >= last for place in tried), f"by an older version again: {versions}"
            wrong = [differences(check_record(value, "strict", self.states[order[place]], origin,
                                              Settings(order[place], rules)).discrepancies, mine) for place in tried]
            assert "" in wrong, wrong[0]
            last = max([last, *(order.index(version) for version in versions)])
        assert not by_offset
        named = {record["master_version"] for record in found}
        print(f"{len(self.sent)} messages, {len(found)} discrepancies, by {len(named)} of {len(self.states)} versions")
        return named


def change(rows, action="C"):
    return text_of([["action", "symbol", "isin", "mic", "currency"], *([action, *row] for row in rows)])


def test_deltas_come_change_and_go_under_load(cluster, topic_name, tmp_path):
    dice = new_dice()
    live = Live(cluster, topic_name, tmp_path)
    took = []
    with live.start() as job:
        job.wait_until_assigned()
        live.send(dice, 200)
        for number in range(12):
            symbols = dice.sample(range(300), 20)
            live.put(f"{number:03}.csv", change([[f"S{n}", "", dice.choice(("XNAS", "XNYS")), dice.choice(("USD", "EUR"))]
                                                 for n in symbols], "C"))
            took.append(live.send_until(job, dice, live.note_state()))
        live.put("100.csv", change([[f"S{n}", "", "XNYS", "USD"] for n in range(300, 330)], "A"))
        took.append(live.send_until(job, dice, live.note_state()))
        (live.deltas / "005.csv").unlink()  # what it said is unsaid
        took.append(live.send_until(job, dice, live.note_state()))
        live.put("006.csv", change([[f"S{n}", "", "", ""] for n in range(0, 40)], "D"))  # one that was applied is another
        took.append(live.send_until(job, dice, live.note_state()))
        live.send(dice, 200)
        job.wait_until_committed()
        assert job.stop() == 0, job.output()
    print("until it served: " + ", ".join(f"{seconds:.2f} s" for seconds in took))
    assert len(live.verify()) > 10
    assert "deltas: refused" not in job.output()


def test_a_torn_delta_is_waited_for_and_a_refused_one_holds_up_those_behind_it(cluster, topic_name, tmp_path):
    dice = new_dice()
    live = Live(cluster, topic_name, tmp_path)
    whole = change([[f"S{n}", "", "XNYS", "EUR"] for n in range(0, 150)])
    with live.start() as job:
        job.wait_until_assigned()
        live.send(dice, 200)
        torn = len(whole) - 9
        (live.deltas / "1.csv").write_bytes(whole[:torn])
        live.put("2.csv", change([[f"S{n}", "", "XNYS", "USD"] for n in range(150, 200)]))
        for _ in range(60):  # well beyond the time in which it would be taken
            live.send(dice, 5)
            time.sleep(0.02)
        with open(live.deltas / "1.csv", "ab") as out:
            out.write(whole[torn:])
        live.send_until(job, dice, live.note_state())
        live.put("3.csv", change([["S1", "", "XNAS", "USD"]]) + b"what,S2,,XNAS,USD\n")
        live.put("4.csv", change([[f"S{n}", "", "XNYS", "EUR"] for n in range(200, 250)]))
        began = time.monotonic()
        while "deltas: refused" not in job.output():
            assert time.monotonic() - began < WAIT_SECONDS, job.output()
            live.send(dice, 5)
            time.sleep(0.02)
        assert re.search(r"1 files behind it wait .*3\.csv: line 3: 'what' is nothing", job.output()), job.output()
        live.put("3.csv", change([["S1", "", "XNAS", "USD"]]))
        live.send_until(job, dice, live.note_state())
        live.send(dice, 200)
        job.wait_until_committed()
        assert job.stop() == 0, job.output()
    live.verify()


def test_a_new_master_supersedes_the_deltas_before_it(cluster, topic_name, tmp_path):
    dice = new_dice()
    live = Live(cluster, topic_name, tmp_path)
    with live.start() as job:
        job.wait_until_assigned()
        live.put("1.csv", change([[f"S{n}", "", "XNYS", "EUR"] for n in range(0, 150)]))
        live.send_until(job, dice, live.note_state())
        time.sleep(0.05)
        (tmp_path / "master.csv").write_text(BASE.replace("S299,", "S999,"))  # which does not know of that
        built = fixwarden("index", "build", "--master", tmp_path / "master.csv", "--index", live.index)
        assert built.returncode == 0, built.stderr
        began = time.monotonic()
        while "1.csv: not applied: it is older than the master" not in job.output():
            assert time.monotonic() - began < WAIT_SECONDS, job.output()
            live.send(dice, 5)
            time.sleep(0.02)
        live.states[json.loads(fixwarden("index", "info", live.index, "--json").stdout)["version"]] = \
            master_of([(tmp_path / "master.csv").read_bytes()])
        live.send(dice, 200)
        job.wait_until_committed()
        assert job.stop() == 0, job.output()
    live.verify()

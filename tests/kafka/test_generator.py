"""The generator itself: repeatable, valid where it should be, spoiled where it says so, and nothing else.

Only the last test needs a broker. The plan is compared with the oracle (tests/oracle), which shares no line with the generator.
"""

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from stdnum import cusip, figi, isin
from stdnum.gb import sedol

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "oracle"))

from check import check_record  # noqa: E402
from generated import COUNT, ROWS, SEED, by_message, generate, master, messages, records, run, tool  # noqa: E402
from master import read_masters  # noqa: E402

KINDS = re.findall(r'"([A-Z_]+)"', re.search(r'"Kind".*?\]', (TESTS.parent / "schemas/discrepancy.avsc").read_text(), re.S)[0])
REASONS = re.findall(r'"([A-Z_]+)"', re.search(r'"Reason".*?\]', (TESTS.parent / "schemas/dead_letter.avsc").read_text(), re.S)[0])


def as_plan(result, message):
    """What the oracle found, in the words of the plan."""
    said = [{"message": message, "kind": one["kind"], "tag": one["tag"],
             "identifier_position": one["identifier_position"], "observed": one["observed"], "expected": one["expected"]}
            for one in result.discrepancies]
    return said + [{"message": message, "dead_letter": one["reason"]} for one in result.dead_letters]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("generated")


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(folder):
    a, b, c = (master(folder / f"{name}.csv", 500, seed).read_bytes() for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert a == b != c
    (a, plan_a, _), (b, plan_b, _), (c, plan_c, _) = (
        messages(folder, name, rows=500, seed=seed, count=2000) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert a.read_bytes() == b.read_bytes() != c.read_bytes()
    assert plan_a == plan_b != plan_c


def test_a_longer_master_starts_with_the_shorter_one(folder):
    short, long = master(folder / "short.csv", 401), master(folder / "long.csv", 1000)
    assert long.read_bytes().startswith(short.read_bytes())


def test_every_identifier_of_a_master_is_valid_and_its_rows_are_250_to_300_bytes_on_average(folder):
    path = master(folder / "valid.csv")
    rows = list(csv.DictReader(path.open(newline="")))
    assert len(rows) == ROWS
    for column, standard in (("isin", isin), ("cusip", cusip), ("sedol", sedol), ("figi", figi)):
        filled = [row[column] for row in rows if row[column]]
        assert len(filled) > ROWS / 10
        wrong = [value for value in filled if not standard.is_valid(value)]
        assert not wrong, f"{column}: {wrong[:5]}"
    assert all(row["cusip"] in row["isin"] for row in rows if row["isin"] and row["country"] in ("US", "CA"))
    assert len({row["figi"] for row in rows if row["figi"]}) == sum(1 for row in rows if row["figi"])
    assert any('"' in row["name"] and "," in row["name"] for row in rows)
    assert 250 <= path.stat().st_size / ROWS <= 300


@pytest.mark.parametrize("rate", ["0", "0.02", "0.3", "1"])
def test_as_many_messages_are_planted_as_asked_for(folder, rate):
    _, lines, summary = messages(folder, f"rate{rate}", "--rate", rate)
    assert len(by_message(lines)) == round(COUNT * float(rate)) == summary["discrepant"] + summary["malformed"]
    assert sum(summary[name] for name in ("matched", "discrepant", "malformed", "ignored")) == COUNT
    assert Counter(line["kind"] for line in lines if "kind" in line) == +Counter(summary["by_kind"])


TOO_LARGE = "TOO_MANY_INSTRUMENTS"  # takes a message of 400 KB; the unit tests and the oracle's have one


def test_every_kind_and_every_reason_is_planted(folder):
    _, _, summary = messages(folder, "every")
    assert {kind for kind, n in summary["by_kind"].items() if n} == set(KINDS) - {"OTHER", "Kind"}
    assert {reason for reason, n in summary["by_reason"].items() if n} == set(REASONS) - {"OTHER", "Reason", TOO_LARGE}


@pytest.mark.parametrize("seed, rate", [(SEED, "0.02"), (7, "1")])
def test_the_plan_is_what_the_oracle_finds(folder, seed, rate):
    security_master = read_masters([str(master(folder / f"oracle{seed}.csv", seed=seed))])
    out, lines, summary = messages(folder, f"oracle{seed}", "--rate", rate, seed=seed)
    planned, counts, differ = by_message(lines), Counter(), []
    for i, record in enumerate(records(out)):
        result = check_record(record, "strict", security_master, {"topic": "t", "partition": 0, "offset": i})
        counts.update(result.counts)
        if as_plan(result, i) != planned.get(i, []):
            differ.append(f"message {i}: {record!r}\n  plan   {planned.get(i, [])}\n  oracle {as_plan(result, i)}")
    assert not differ, f"{len(differ)} differ (seed {seed}):\n" + "\n".join(differ[:20])
    assert {name: counts[name] for name in ("matched", "discrepant", "malformed", "ignored")} == {
        name: summary[name] for name in ("matched", "discrepant", "malformed", "ignored")}


def test_messages_are_about_as_long_as_live_ones(folder):
    out, _, _ = messages(folder, "sizes")
    assert 200 <= sum(map(len, records(out))) / COUNT <= 260


def test_lines_hold_what_lengths_hold(folder):
    framed, _, _ = messages(folder, "framed", "--malformed", "no", count=500)
    lines, _, _ = messages(folder, "lines", "--malformed", "no", "--framing", "line", count=500)
    assert lines.read_bytes().split(b"\n")[:-1] == list(records(framed))


@pytest.mark.parametrize("arguments, says", [
    ([], "master or messages"),
    (["master", "--rows", "10", "--out", "x"], "--seed"),
    (["master", "--rows", "0", "--seed", "1", "--out", "x"], "--rows"),
    (["master", "--rows", "1e6", "--seed", "1", "--out", "x"], "1e6"),
    (["master", "--rows", "10", "--seed", "1", "--out", "x", "--colour"], "--colour"),
    (["messages", "--rows", "10", "--seed", "1", "--count", "1", "--out", "x", "--plan", "y"], "400"),
    (["messages", "--rows", "400", "--seed", "1", "--count", "1", "--out", "x", "--plan", "y", "--rate", "2"], "2"),
    (["messages", "--rows", "400", "--seed", "1", "--count", "1", "--out", "x", "--plan", "y", "--framing", "line"],
     "--malformed no"),
])
def test_a_wrong_command_line_names_what_is_wrong_and_writes_nothing(tmp_path, arguments, says):
    refused = generate(*arguments, cwd=tmp_path)
    assert (refused.returncode, says in refused.stderr, list(tmp_path.iterdir())) == (64, True, []), refused.stderr


def test_a_full_disk_is_an_error_and_leaves_neither_file(tmp_path):
    plan = tmp_path / "plan"
    refused = generate("messages", "--rows", 400, "--seed", 1, "--count", 1000, "--out", "/dev/full", "--plan", plan)
    assert refused.returncode == 74 and "/dev/full: No space left" in refused.stderr and not plan.exists()


def test_a_closed_pipe_is_an_error():
    writer = subprocess.Popen([tool("fixwarden-generate"), "master", "--rows", "100000", "--seed", "1", "--out", "/dev/stdout"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    writer.stdout.close()
    assert b"Broken pipe" in writer.stderr.read()
    writer.stderr.close()
    assert writer.wait() == 74


def test_message_i_is_produced_to_partition_i_modulo_p_at_offset_i_divided_by_p(folder, cluster, topic_name):
    from kafka import KafkaConsumer, TopicPartition

    out, _, _ = messages(folder, "produced", count=5000)
    topic, partitions = topic_name(), 3
    made = run("fixwarden-produce", "--bootstrap", cluster.bootstrap, "--topic", topic, "--partitions", partitions,
               "--create", out)
    assert made.returncode == 0 and "5000 messages" in made.stdout, made.stderr
    wanted = {(i % partitions, i // partitions): record for i, record in enumerate(records(out))}
    consumer = KafkaConsumer(bootstrap_servers=cluster.bootstrap, auto_offset_reset="earliest",
                             enable_auto_commit=False, consumer_timeout_ms=5000)
    consumer.assign([TopicPartition(topic, partition) for partition in range(partitions)])
    got = {}
    while len(got) < len(wanted):
        record = next(consumer)  # StopIteration where too few came
        got[record.partition, record.offset] = record.value
    consumer.close()
    assert got == wanted
    bare = run("bare-consumer", "--bootstrap", cluster.bootstrap, "--topic", topic, "--count", 5000)
    assert bare.stdout.startswith(f"bare consumer: 5000 messages, {sum(map(len, wanted.values()))} bytes, "), bare.stderr

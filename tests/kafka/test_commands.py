"""Commands that a person runs first: the demo, tail, check; and that they agree with what fastavro reads."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import fastavro

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "oracle"))

import wire  # noqa: E402
from generated import generate, master, tool  # noqa: E402
from product import fixwarden, read_topic  # noqa: E402
from test_first_light import Job, produce  # noqa: E402


def test_the_demo_finds_what_it_planted():
    result = fixwarden("demo", env={**os.environ, "NO_COLOR": "1"})
    assert result.returncode == 0, result.stderr
    assert "what was found agrees with what was planted" in result.stdout
    assert "differs" not in result.stdout
    assert result.stdout.count("  agrees") == 14, "13 kinds and the dead letters"


def test_the_demo_ends_by_ctrl_c_and_leaves_nothing(tmp_path):
    demo = subprocess.Popen([tool("fixwarden"), "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, "TMPDIR": str(tmp_path)})
    time.sleep(0.5)
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=60)
    assert demo.returncode in (0, 75)
    assert list(tmp_path.iterdir()) == []


def test_tail_shows_what_fastavro_reads(cluster, registry, topic_name, tmp_path):
    masters = sorted((TESTS / "data" / "master").glob("*LSE.csv"))
    job = Job(cluster, topic_name, tmp_path, masters, "--registry", registry.url, "--set", "input.framing=log")
    lines = (TESTS / "data" / "fix" / "fix2json-100-fix42.dat").read_bytes().splitlines()
    produce(cluster.bootstrap, job.input, [(None, line) for line in lines])
    job.run_to_the_end()
    shown = fixwarden("tail", "-b", cluster.bootstrap, "-t", job.found, "--registry", registry.url,
                      "--format", "json", "--exit-at-end")
    assert shown.returncode == 0, shown.stderr
    rows = {row["id"]: row for row in map(json.loads, shown.stdout.splitlines())}
    schema = wire.load("discrepancy")
    read = [wire.decode_confluent(record.value, schema)[1] for record in read_topic(cluster.bootstrap, job.found)]
    assert len(rows) == len(read) == 100
    for one in read:
        row = rows[one["id"]]
        assert (row["kind"], row["observed"], row["origin"]["offset"]) == (one["kind"], one["observed"], one["origin"]["offset"])
        assert row["notional"] == (None if one["notional"] is None else f"{one['notional'].normalize():f}")
    table = fixwarden("tail", "-b", cluster.bootstrap, "-t", job.found, "--registry", registry.url, "--exit-at-end")
    assert table.stdout.count("UNKNOWN_SECURITY") == 100


def test_the_formats_of_check_hold_the_same(tmp_path):
    table = master(tmp_path / "m.csv", rows=2000)
    made = generate("messages", "--rows", 2000, "--seed", 20260302, "--count", 5000, "--malformed", "no", "--framing", "line",
                    "--out", tmp_path / "f.fix", "--plan", tmp_path / "p.json")
    assert made.returncode == 0, made.stderr
    planned = Counter(json.loads(line)["kind"] for line in (tmp_path / "p.json").read_text().splitlines()[:-1])
    index = tmp_path / "i.fwx"
    fixwarden("index", "build", "--master", table, "--index", index)
    results = {name: subprocess.run([tool("fixwarden"), "check", "--index", index, "--format", name, tmp_path / "f.fix"],
                                    capture_output=True, timeout=60) for name in ("json", "csv", "avro", "table")}
    assert all(result.returncode == 0 for result in results.values())
    as_json = [json.loads(line) for line in results["json"].stdout.splitlines()]
    as_avro = list(fastavro.reader(io.BytesIO(results["avro"].stdout)))
    assert Counter(row["kind"] for row in as_json) == planned
    assert [row["id"] for row in as_json] == [row["id"] for row in as_avro], "and in one order"
    assert results["csv"].stdout.count(b"\n") == len(as_json) + 1
    notionals = [row["notional"] for row in as_avro]
    known = [abs(notional) for notional in notionals if notional is not None]
    assert known == sorted(known, reverse=True) and notionals[:len(known)] == [n for n in notionals if n is not None]
    flagged = fixwarden("check", "--index", index, "--fail-on-discrepancy", tmp_path / "f.fix")
    assert flagged.returncode == 1

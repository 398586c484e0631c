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


def test_explain_tells_what_was_published(cluster, topic_name, tmp_path):
    """Each discrepancy on the output topic is found again by explaining its message, with the same severity."""
    table = master(tmp_path / "m.csv", rows=2000)
    made = generate("messages", "--rows", 2000, "--seed", 20260302, "--count", 2000, "--malformed", "no", "--framing", "line",
                    "--out", tmp_path / "f.fix", "--plan", tmp_path / "p.json")
    assert made.returncode == 0, made.stderr
    lines = (tmp_path / "f.fix").read_bytes().splitlines()
    settings = ("--set", "severity.large=notional>=USD:10000000 -> CRITICAL", "--set", "rules.attribute.type=low")
    job = Job(cluster, topic_name, tmp_path, [table], *settings)
    origins = produce(cluster.bootstrap, job.input, [(None, line) for line in lines])
    job.run_to_the_end()
    schema = wire.load("discrepancy")
    published = {}
    for record in read_topic(cluster.bootstrap, job.found):
        one = wire.decode_single_object(record.value, schema)
        published.setdefault((one["origin"]["partition"], one["origin"]["offset"]), []).append(one)
    assert len(published) > 20
    assert {one["severity"] for found in published.values() for one in found} == {"LOW", "MEDIUM", "HIGH", "CRITICAL"}
    for line, origin in zip(lines, origins):
        expected = published.pop((origin["partition"], origin["offset"]), None)
        if expected is None:
            continue
        told = explain(job.index, job.input, settings, line)
        # Those of one message may stand on several partitions of the output.
        assert sorted((d["kind"], d["severity"], d["tag"], d["observed"] or "", d["expected"] or "", i["role"], i["position"])
                      for i in told["instruments"] for d in i["discrepancies"]) == sorted(
            (one["kind"], one["severity"], one["tag"], one["observed"] or "", one["expected"] or "",
             one["instrument"]["role"], one["instrument"]["position"]) for one in expected)
    assert published == {}


def explain(index, topic, settings, message):
    result = subprocess.run([tool("fixwarden"), "explain", "--index", index, "--topic", topic, "--framing", "strict", *settings,
                             "--format", "json", "--fail-on-discrepancy", message], capture_output=True, timeout=60)
    assert result.returncode == 1, result.stderr
    return json.loads(result.stdout)


def test_explain_finds_its_message_in_an_argument_a_file_and_a_stream(tmp_path):
    table = tmp_path / "m.csv"
    table.write_text("symbol,isin,mic,currency\nAAPL,US0378331005,XNAS,USD\n")
    message = "8=FIX.4.4|9=5|35=D|55=AAPL|48=US0378331005|22=4|15=EUR|10=000|"
    log = tmp_path / "log.fix"
    log.write_text(f"10:00 8=FIX.4.4|9=5|35=0|10=000|\n10:01 {message}\n")
    offset = log.read_text().index(message)
    ways = [(("--master", table, message), None), (("--master", table, log, "--offset", offset), None),
            (("--master", table, log, "--message", 1), None), (("--master", table, "-", "--message", 1), log.read_text())]
    for arguments, given in ways:
        told = fixwarden("explain", *arguments, input=given)
        assert told.returncode == 0, told.stderr
        assert "currency  EUR      USD     differs  1" in told.stdout
        assert "OUTCOME  discrepant: 1 discrepancy, up to HIGH" in told.stdout
        assert "\033[" not in told.stdout
    whole = fixwarden("explain", "--master", table, "--row", message)
    assert "AAPL,US0378331005,XNAS,USD" in whole.stdout
    assert fixwarden("explain", "--master", table, "--fail-on-discrepancy", message).returncode == 1
    assert fixwarden("explain", "--master", table, "no message").returncode == 65
    assert fixwarden("explain", "--master", table, log, "--message", 2).returncode == 65
    assert fixwarden("explain", "--master", table, "--format", "csv", message).returncode == 64
    malformed = fixwarden("explain", "--master", table, "--framing", "strict", message)
    assert malformed.returncode == 0 and "OUTCOME  malformed: BODY_LENGTH_MISMATCH" in malformed.stdout

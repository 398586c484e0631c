"""Bad input: one clear line that names the thing, the promised exit status, nothing half-written."""

import gzip
import subprocess

import pytest

from generated import tool
from product import fixwarden

GOOD = "symbol,isin,mic\nAAPL,US0378331005,XNAS\n"
SHORT_ROW = GOOD + "IBM,US4592001014\n"
NO_KEYS = "colour,shape\nred,round\n"
UNCLOSED = GOOD + 'IBM,"US4592001014,XNYS\n'

MASTERS = [
    # what is wrong, content (None: no such file), exit status, words of the line
    ("a master that is not there", None, 74, ["master.csv", "No such file"]),
    ("an empty master", "", 65, ["master.csv", "empty"]),
    ("a header without any identifier", NO_KEYS, 65, ["master.csv", "colour"]),
    ("a row with too few fields", SHORT_ROW, 65, ["master.csv", "line 3", "byte 39", "2 fields", "header has 3", "--max-bad-rows"]),
    ("a quote that never closes", UNCLOSED, 65, ["master.csv", "line 3", "quote"]),
    ("a binary file", "\0\1\2\3" * 100, 65, ["master.csv", "binary"]),
    ("UTF-16", GOOD.encode("utf-16"), 65, ["master.csv", "UTF-16", "iconv"]),
    ("a packed master that is cut", gzip.compress(GOOD.encode())[:-1], 65, ["master.csv", "delivered in part"]),
    ("a packed master that is damaged", gzip.compress(GOOD.encode())[:-8] + b"\0" * 8, 65, ["master.csv", "damaged gzip"]),
    ("bytes behind a packed master", gzip.compress(GOOD.encode()) + b"x", 65, ["master.csv", "no gzip"]),
    ("a bad row in a packed master", gzip.compress(SHORT_ROW.encode()), 65, ["line 3", "byte 39", "2 fields"]),
]


def only_line(result):
    """The last line is the error; what stands before it are facts about the start (INFO, WARN)."""
    lines = result.stderr.strip().splitlines()
    errors = [line for line in lines if line.startswith("fixwarden: ")]
    assert len(errors) == 1 and errors[0] == lines[-1], result.stderr
    return errors[0]


@pytest.mark.parametrize("command", ["index build", "check"])
@pytest.mark.parametrize("content, status, words", [row[1:] for row in MASTERS], ids=[row[0] for row in MASTERS])
def test_a_master_that_is_no_good_is_refused(tmp_path, command, content, status, words):
    path, index = tmp_path / "master.csv", tmp_path / "index.fwx"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "a.fix").write_text("8=FIX.4.2|9=0|35=D|55=AAPL|10=0|\n")
    before = sorted(tmp_path.iterdir())
    more = ["--index", index] if command == "index build" else [tmp_path / "a.fix"]
    result = fixwarden(*command.split(), "--master", path, *more)
    line = only_line(result)
    assert result.returncode == status, result.stderr
    assert all(word in line for word in words), line
    assert sorted(tmp_path.iterdir()) == before, "something was left behind"


def test_a_pattern_names_the_parts_of_one_master(tmp_path):
    (tmp_path / "part-2.csv").write_text("symbol\nB\n")
    (tmp_path / "part-1.csv").write_text("symbol\nA\n")
    built = fixwarden("index", "build", "--master", tmp_path / "part-*.csv", "--index", tmp_path / "i.fwx")
    assert built.returncode == 0, built.stderr
    info = fixwarden("index", "info", tmp_path / "i.fwx", "--json").stdout
    assert info.index("part-1.csv") < info.index("part-2.csv")
    missed = fixwarden("index", "build", "--master", tmp_path / "other-*.csv", "--index", tmp_path / "i.fwx")
    assert missed.returncode == 74 and "no file matches" in only_line(missed)


def test_bad_rows_may_be_allowed_and_are_counted(tmp_path):
    path = tmp_path / "master.csv"
    path.write_text(SHORT_ROW)
    result = fixwarden("index", "build", "--master", path, "--index", tmp_path / "i.fwx", "--max-bad-rows", "1")
    assert result.returncode == 0, result.stderr
    assert "line 3 (byte 39)" in result.stderr


USAGE = [
    ("an unknown command", ["chekc"], 64, ["chekc", "check"]),
    ("an unknown option", ["check", "--formt", "csv"], 64, ["--formt", "--format"]),
    ("a command without what it needs", ["index", "build"], 64, ["master"]),
    ("a size that is none", ["index", "build", "--master", "m", "--memory", "lots"], 64, ["lots"]),
    ("a file that is no index", ["index", "info", __file__], 65, ["test_bad_input.py"]),
    ("a configuration that is not there", ["run", "-c", "/nowhere/fixwarden.ini"], 74, ["/nowhere/fixwarden.ini"]),
]


@pytest.mark.parametrize("arguments, status, words", [row[1:] for row in USAGE], ids=[row[0] for row in USAGE])
def test_wrong_usage_is_one_line(arguments, status, words):
    result = fixwarden(*arguments)
    line = only_line(result)
    assert result.returncode == status, result.stderr
    assert all(word in line for word in words), line


CONFIGURATIONS = [
    ("a misspelled key", "[input]\ntopic = a\n", ["line 2", "topic", "topics"]),
    ("a misspelled section", "[inptu]\n", ["line 1", "inptu", "input"]),
    ("a property that fixwarden owns", "[kafka]\nenable.auto.commit = true\n", ["line 2", "enable.auto.commit"]),
    ("a secret in the open", "[kafka]\nsasl.password = x\n", ["line 2", "sasl.password.file"]),
    ("no such severity", "[rules]\nUNKNOWN_SECURITY = loud\n", ["line 2", "loud"]),
]


@pytest.mark.parametrize("text, words", [row[1:] for row in CONFIGURATIONS], ids=[row[0] for row in CONFIGURATIONS])
def test_a_wrong_configuration_names_file_line_and_remedy(tmp_path, text, words):
    path = tmp_path / "fixwarden.ini"
    path.write_text(text)
    result = fixwarden("config", "check", path)
    line = only_line(result)
    assert result.returncode == 78, result.stderr
    assert str(path) in line and all(word in line for word in words), line


@pytest.fixture
def master_csv(tmp_path):
    path = tmp_path / "master.csv"
    path.write_text(GOOD)
    return path


def test_a_broker_that_is_not_there(master_csv):
    result = fixwarden("run", "-b", "127.0.0.1:1", "-t", "fix", "--master", master_csv)
    line = only_line(result)
    assert result.returncode == 69 and "127.0.0.1:1" in line, result.stderr


def test_a_topic_that_does_not_exist(cluster, topic_name, master_csv):
    topic, found, dead = (topic_name(word) for word in ("nowhere", "found", "dead"))
    cluster.create_topic(found)
    cluster.create_topic(dead)
    result = fixwarden("run", "-b", cluster.bootstrap, "-t", topic, "-o", found, "--dead-letters", dead,
                       "--master", master_csv)
    line = only_line(result)
    assert result.returncode == 69 and topic in line, result.stderr


def test_an_output_topic_that_does_not_exist(cluster, topic_name, master_csv):
    topic, output = topic_name("fix"), topic_name("nowhere")
    cluster.create_topic(topic)
    result = fixwarden("run", "-b", cluster.bootstrap, "-t", topic, "-o", output, "--master", master_csv)
    line = only_line(result)
    assert result.returncode == 69 and output in line, result.stderr


def test_a_schema_that_the_registry_refuses(cluster, refusing_registry, topic_name, master_csv):
    topics = [topic_name(word) for word in ("fix", "found", "dead")]
    for topic in topics:
        cluster.create_topic(topic)
    result = fixwarden("run", "-b", cluster.bootstrap, "-t", topics[0], "-o", topics[1], "--dead-letters", topics[2],
                       "--master", master_csv, "--registry", refusing_registry.url)
    line = only_line(result)
    assert result.returncode == 69 and refusing_registry.url in line and topics[1] in line, result.stderr


def test_a_full_disk_is_an_error_and_leaves_nothing(master_csv, tmp_path):
    with open("/dev/full", "w") as full:
        result = subprocess.run([tool("fixwarden"), "config", "options"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 74 and only_line(result)

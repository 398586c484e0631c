"""C and Python over logs of spoiled orders, without a broker between them: `check` against the oracle, field by field.

Once over the listings of a real master, without settings; and over invented masters with settings at random.
FIXWARDEN_ROUNDS asks for more than one round, each with a seed of its own; FIXWARDEN_SEED repeats one.
"""

import io
import os
import random
import subprocess
import sys
from pathlib import Path

import fastavro
import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "oracle"))

from check import check_file  # noqa: E402
from compare import differences  # noqa: E402
from generated import tool  # noqa: E402
from invented import world_at_random  # noqa: E402
from master import read_masters  # noqa: E402
from product import fixwarden  # noqa: E402
from settings import settings_of  # noqa: E402
from spoil import spoiled_orders  # noqa: E402

MASTERS = sorted((TESTS / "data" / "master").glob("*.csv"))
ROUNDS = int(os.environ.get("FIXWARDEN_ROUNDS", "1"))
WORLDS = 6  # invented masters in a round
PROFILES = {"strict": "strict-log", "log": "log"}  # what check calls it, what the oracle does


def new_seed():
    return int(os.environ.get("FIXWARDEN_SEED") or random.randrange(1 << 32))


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return index_of(MASTERS, tmp_path_factory.mktemp("index"))


def index_of(masters, folder):
    path = folder / "master.fwx"
    built = fixwarden("index", "build", *(word for one in masters for word in ("--master", one)), "--index", path)
    assert built.returncode == 0, built.stderr
    return path


def as_log(orders, dice):
    """One to a line, some with a time stamp before them, some two to a line, some with readable delimiters."""
    for order in orders:
        if dice.random() < 0.2:
            order = order.replace(b"\x01", dice.choice((b"|", b"^A")))
        yield dice.choice((b"", b"", b"10:00:00.123 < ")) + order + dice.choice((b"\n", b"\n", b"\r\n", b"", b" sent\n"))


@pytest.mark.parametrize("framing", PROFILES)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_check_says_what_the_oracle_says(index, tmp_path, framing, number):
    seed = new_seed()
    dice = random.Random(seed)
    rows = read_masters(MASTERS)
    log = tmp_path / "orders.log"
    log.write_bytes(b"".join(as_log(spoiled_orders(rows, dice, copies=1), dice)))
    print(f"\nseed {seed}, framing {framing}: {agreement(index, log, framing, rows, '')}")


@pytest.mark.parametrize("number", range(ROUNDS * WORLDS))
def test_check_says_it_of_invented_masters_with_settings_at_random(tmp_path, number):
    seed = new_seed()
    dice = random.Random(seed)
    log, master, config = (tmp_path / name for name in ("orders.log", "master.csv", "fixwarden.ini"))
    world = world_at_random(dice, tmp_path, str(log))
    master.write_text(world.master_text)
    config.write_text(world.settings_text)
    rows = read_masters([master])
    log.write_bytes(b"".join(as_log(spoiled_orders(rows, dice, 2, world), dice)))
    print(f"\nseed {seed}\n{world.settings_text}")
    print(agreement(index_of([master], tmp_path), log, "log", rows, world.settings_text, "-c", config))


def agreement(index, log, framing, rows, settings, *arguments):
    """Asserts that both say the same of a log; what they say in short."""
    dead_path = log.parent / "dead.avro"
    checked = subprocess.run([tool("fixwarden"), "check", *arguments, "--index", index, "--framing", framing, "--format", "avro",
                              "--dead-letters", dead_path, log], capture_output=True, timeout=120)
    assert checked.returncode == 0, checked.stderr
    found = list(fastavro.reader(io.BytesIO(checked.stdout)))
    dead = list(fastavro.reader(dead_path.open("rb")))
    versions = {name: found[0][name] for name in ("master_version", "rule_set")} if found else {}
    wanted = check_file(log.read_bytes(), PROFILES[framing], rows, str(log), settings_of(settings, **versions))
    assert differences(wanted.discrepancies, found) == ""
    assert differences(wanted.dead_letters, dead) == ""
    said = next(line for line in checked.stderr.decode().splitlines() if " matched" in line)
    for name in ("matched", "discrepant", "malformed", "ignored"):
        assert f"{wanted.counts[name]} {name}" in said, f"{dict(wanted.counts)}: {said}"
    assert said.endswith(f"not FIX: {wanted.counts['skipped']}"), f"{dict(wanted.counts)}: {said}"
    return f"{len(found)} discrepancies, {len(dead)} dead letters, {dict(wanted.counts)}"

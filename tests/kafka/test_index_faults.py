"""The builder of the index, with every system call of it failing, falling short or killing it: the old index or the new
one, never a mixture, and no litter."""

import os
import subprocess

import pytest

from generated import BUILD, master, tool

ROWS = 60_000
MEMORY = "16M"  # so little that it has to spill
SAMPLES = 12    # of the calls of one kind, among them the first and the last ones

# What may happen to each call, and whether the build has to survive it.
FAULTS = [
    ("open", "EMFILE", False), ("open", "EIO", False),
    ("read", "EIO", False), ("read", "EINTR", True), ("read", "short", True),
    ("pread", "EIO", False), ("pread", "EINTR", True), ("pread", "short", True),
    ("write", "ENOSPC", False), ("write", "EINTR", True), ("write", "short", True),
    ("pwrite", "ENOSPC", False), ("pwrite", "EIO", False), ("pwrite", "EINTR", True), ("pwrite", "short", True),
    ("fdatasync", "EIO", False), ("fsync", "EIO", False), ("ftruncate", "ENOSPC", False),
    ("linkat", "EIO", False), ("rename", "EIO", False),
    *((call, "kill", False) for call in ("open", "read", "pread", "write", "pwrite", "fdatasync", "fsync", "linkat", "rename")),
]


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    """A folder with an old index, the master of the new one, its right bytes, and how often each call is made."""
    folder = tmp_path_factory.mktemp("faults")
    small, large = master(folder / "small.csv", rows=500), master(folder / "large.csv", rows=ROWS)
    old, new = folder / "old.fwx", folder / "new.fwx"
    assert build(small, old).returncode == 0
    counted = build(large, new, FIXWARDEN_FAULT_COUNT=str(folder / "counts"))
    assert counted.returncode == 0, counted.stderr
    counts = dict(line.split() for line in (folder / "counts").read_text().splitlines())
    return folder, large, old.read_bytes(), new.read_bytes(), {call: int(count) for call, count in counts.items()}


def build(table, index, **environment):
    return subprocess.run([tool("fixwarden"), "index", "build", "--master", table, "--index", index, "--memory", MEMORY],
                          capture_output=True, text=True, timeout=60,
                          env={**os.environ, "LD_PRELOAD": tool("libfaults.so"), **environment})


def samples(count):
    if count <= SAMPLES:
        return range(1, count + 1)
    third = SAMPLES // 3
    step = (count - 2 * third) // (third + 1)
    return [*range(1, third + 1), *(third + step * (k + 1) for k in range(third)), *range(count - third + 1, count + 1)]


@pytest.mark.parametrize("call, what, survives", FAULTS, ids=[f"{call}-{what}" for call, what, _ in FAULTS])
def test_old_or_new_never_a_mixture(setting, tmp_path, call, what, survives):
    _, table, old, new, counts = setting
    if counts[call] == 0:
        pytest.skip(f"a build makes no call of {call}")
    index = tmp_path / "index.fwx"
    outcomes = set()
    for number in [1] if what == "short" else samples(counts[call]):
        index.write_bytes(old)
        result = build(table, index, FIXWARDEN_FAULT=f"{call}:{number}:{what}")
        where = f"{call} {number} of {counts[call]}: {result.returncode} {result.stderr[-300:]}"
        assert index.read_bytes() in ((new,) if result.returncode == 0 else (old, new)), where
        if what == "kill":
            assert result.returncode in (-9, 0), where
            assert build(table, index).returncode == 0  # takes away what the dead one left
        elif survives:
            assert result.returncode == 0, where
        else:
            assert result.returncode in (0, 74), where
            assert result.returncode == 0 or "fixwarden: " in result.stderr.splitlines()[-1], where
        assert [path.name for path in tmp_path.iterdir()] == ["index.fwx"], where
        outcomes.add(result.returncode)
    print(f"{call} {what}: {sorted(outcomes)}")


def test_a_write_that_fails_on_its_way_to_the_disk_is_told(tmp_path):
    """The kernel tells it once, to whoever waits first; an index that has lost it would look whole."""
    table, index, counts = master(tmp_path / "m.csv", rows=500_000), tmp_path / "m.fwx", tmp_path / "counts"
    assert build(table, index, FIXWARDEN_FAULT_COUNT=str(counts)).returncode == 0
    new = index.read_bytes()
    calls = int(dict(line.split() for line in counts.read_text().splitlines())["sync_file_range"])
    assert calls > 3
    told = 0
    for number in range(1, calls + 1):
        index.write_bytes(b"old")
        result = build(table, index, FIXWARDEN_FAULT=f"sync_file_range:{number}:EIO")
        told += result.returncode == 74 and "cannot be written" in result.stderr
        # What was spilled has checksums instead.
        assert index.read_bytes() == (new if result.returncode == 0 else b"old"), f"{number} of {calls}: {result.stderr}"
    assert told > 1
    assert build(table, index, FIXWARDEN_FAULT="sync_file_range:1:EINTR").returncode == 0  # not to be had: no matter
    print(f"{told} of {calls} calls")


def test_a_write_that_is_lost_unheard_is_found(tmp_path):
    """A spilled key that never got to the disk is seen when it is read; an index's page when the index is opened."""
    table, index, counts = master(tmp_path / "m.csv", rows=ROWS), tmp_path / "m.fwx", tmp_path / "counts"
    assert build(table, index, FIXWARDEN_FAULT_COUNT=str(counts)).returncode == 0
    calls = int(dict(line.split() for line in counts.read_text().splitlines())["pwrite"])
    ends = {"refused by the build": 0, "refused when opened": 0}
    for number in samples(calls):
        index.write_bytes(b"old")
        result = build(table, index, FIXWARDEN_FAULT=f"pwrite:{number}:lost")
        if result.returncode == 74:
            assert "does not hold what was written to it" in result.stderr
            assert index.read_bytes() == b"old"
            ends["refused by the build"] += 1
            continue
        assert result.returncode in (0, 65), result.stderr  # it opens what it has made
        checked = subprocess.run([tool("fixwarden"), "index", "verify", index],
                                 capture_output=True, text=True)
        assert checked.returncode == 65, f"{number} of {calls}: {checked.stdout}{checked.stderr}"
        ends["refused when opened"] += 1
    assert all(ends.values()), ends
    print(ends)

"""The builder keeps its memory budget, page cache included, in a cgroup that allows no more."""

import pytest

from cgroup import memory_group
from generated import master, tool
from product import fixwarden

ROWS = 1_000_000
BUDGET_MB, LIMIT_MB = 32, 64  # the rest is for the program itself and pages on their way to the disk


def test_a_build_lives_within_its_cgroup(tmp_path):
    table = master(tmp_path / "m.csv", rows=ROWS)
    free, bound = tmp_path / "free.fwx", tmp_path / "bound.fwx"
    assert fixwarden("index", "build", "--master", table, "--index", free).returncode == 0
    with memory_group(LIMIT_MB << 20) as group:
        if group is None:
            pytest.skip("no memory cgroup can be made here")
        built = group.run([tool("fixwarden"), "index", "build", "--master", table, "--index", bound,
                           "--memory", f"{BUDGET_MB}M"], capture_output=True, text=True)
        peak = group.peak()
    assert built.returncode == 0, built.stderr
    assert bound.read_bytes() == free.read_bytes()
    size = table.stat().st_size
    print(f"\nmaster of {size >> 20} MiB, index of {bound.stat().st_size >> 20} MiB, "
          f"limit {LIMIT_MB} MiB, peak {peak >> 20 if peak else '?'} MiB")
    assert peak is None or peak <= LIMIT_MB << 20

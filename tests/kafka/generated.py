"""What the generator makes, for the tests that need masters and messages with a plan.

FIXWARDEN_BUILD names the folder of the build; build/release unless it is set.
"""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("FIXWARDEN_BUILD", ROOT / "build" / "release"))
ROWS, SEED, COUNT = 5000, 20260302, 20000


def tool(name):
    found = sorted(path for path in BUILD.rglob(name) if path.is_file())
    assert found, f"no {name} under {BUILD}: build it, or set FIXWARDEN_BUILD"
    return str(found[0])


def run(name, *arguments, **more):
    return subprocess.run([tool(name), *map(str, arguments)], capture_output=True, text=True, **more)


def generate(*arguments, **more):
    return run("fixwarden-generate", *arguments, **more)


def master(path, rows=ROWS, seed=SEED):
    assert generate("master", "--rows", rows, "--seed", seed, "--out", path).returncode == 0
    return path


def messages(folder, name, *more, rows=ROWS, seed=SEED, count=COUNT):
    out, plan = folder / f"{name}.fix", folder / f"{name}.plan"
    made = generate("messages", "--rows", rows, "--seed", seed, "--count", count, "--out", out, "--plan", plan, *more)
    assert made.returncode == 0, made.stderr
    *lines, last = [json.loads(line) for line in plan.read_text().splitlines()]
    return out, lines, last["summary"]


def records(path):
    data, at = path.read_bytes(), 0
    while at < len(data):
        length = int.from_bytes(data[at:at + 4], "little")
        yield data[at + 4:at + 4 + length]
        at += 4 + length
    assert at == len(data)


def by_message(lines):
    found = {}
    for line in lines:
        found.setdefault(line["message"], []).append(line)
    return found

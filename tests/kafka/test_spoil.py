"""The spoiled orders themselves, by the oracle alone: that they reach every line of it, and everything that it can say.

An agreement of the C and the oracle is worth as much as what the orders bring up.
"""

import importlib
import os
import random
import sys
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "oracle"))

import severity  # noqa: E402
from check import check_file  # noqa: E402
from invented import world_at_random  # noqa: E402
from master import master_of  # noqa: E402
from settings import settings_of  # noqa: E402
from spoil import spoiled_orders  # noqa: E402

LEAST_WORLDS, MOST_WORLDS = 5, 100  # it ends when all has been seen
MODULES = ("amounts", "classes", "lookup", "markets", "match", "named", "severity", "steps", "symbols")


class Lines:
    """The lines of the oracle's modules that were run within it."""

    def __init__(self):
        self.files = {str(TESTS / "oracle" / f"{name}.py"): set() for name in MODULES}

    def __enter__(self):
        sys.settrace(self.called)
        return self

    def __exit__(self, *_):
        sys.settrace(None)

    def called(self, frame, event, _):
        return self.ran if frame.f_code.co_filename in self.files else None

    def ran(self, frame, event, _):
        self.files[frame.f_code.co_filename].add(frame.f_lineno)
        return self.ran

    def missing(self):
        """name:line of what is in the functions of the modules and never ran, but for refusals of settings."""
        found = []
        for path, ran in self.files.items():
            text = Path(path).read_text()
            lines = lines_of_functions(compile(text, path, "exec")) - ran
            found += [f"{Path(path).name}:{line}" for line in sorted(lines) if "raise " not in text.splitlines()[line - 1]]
        return found


def forget_what_is_cached():
    """It would not run again."""
    for name in MODULES:
        for one in vars(importlib.import_module(name)).values():
            getattr(one, "cache_clear", lambda: None)()


def lines_of_functions(code, is_function=False):
    lines = {line for _, _, line in code.co_lines() if line and line != code.co_firstlineno} if is_function else set()
    for inner in code.co_consts:
        if hasattr(inner, "co_code"):
            named = inner.co_name[0].islower() or inner.co_name.startswith("__")  # no class, nothing that runs on import
            lines |= lines_of_functions(inner, is_function=is_function or named)
    return lines


def facts_of(record):
    """What is counted of a discrepancy."""
    has_hint, has_notional = record["hint_kind"] is not None, record["notional"] is not None
    return [record["kind"], f"{record['kind']} {record['reason']}", f"severity {record['severity']}", f"found by {record['found_by']}",
            f"{'a hint' if has_hint else 'no hint'}, found by {record['found_by']}", f"looks like {record['hint_kind']}",
            f"exposure {record['counts_exposure']}", f"notional {has_notional}", f"role {record['instrument']['role']}"]


WANTED = {
    *severity.KINDS,
    *(f"INVALID_IDENTIFIER {reason}" for reason in ("TOO_LONG", "LOST_ZEROS", "NO_CHECK_DIGIT", "BAD_SHAPE", "BAD_CHECK_DIGIT")),
    "SYMBOL_MISMATCH RENAMED", "SYMBOL_MISMATCH None",
    *(f"severity {level}" for level in ("LOW", "MEDIUM", "HIGH", "CRITICAL")),
    *(f"found by {how}" for how in ("NOTHING", "IDENTIFIER", "ALTERNATE_IDENTIFIER", "SYMBOL", "SYMBOL_VARIANT", "HINT")),
    *(f"a hint, found by {how}" for how in ("NOTHING", "IDENTIFIER", "SYMBOL", "SYMBOL_VARIANT", "HINT")),
    *(f"looks like {kind}" for kind in ("None", "CUSIP", "ISIN")),
    "exposure True", "exposure False", "notional True", "notional False",
    *(f"role {role}" for role in ("BODY", "LEG", "LIST_ENTRY", "UNDERLYING", "REFERENCE")),
    "matched", "discrepant", "malformed", "ignored", "skipped",
}


def test_what_is_spoiled_reaches_every_line_of_the_oracle_and_all_that_it_says(tmp_path):
    forget_what_is_cached()
    seed = int(os.environ.get("FIXWARDEN_SEED") or random.randrange(1 << 32))
    dice, counted, lines = random.Random(seed), Counter(), Lines()
    for number in range(MOST_WORLDS):
        with lines:
            world = world_at_random(dice, tmp_path, "orders.log")
            rows = master_of([world.master_text.encode()])
            log = b"\n".join(spoiled_orders(rows, dice, 1, world))
            result = check_file(log, "log", rows, "orders.log", settings_of(world.settings_text))
        counted.update(result.counts)
        for record in result.discrepancies:
            counted.update(facts_of(record))
        if number + 1 >= LEAST_WORLDS and not lines.missing() and WANTED <= set(counted):
            break
    print(f"\nseed {seed}, {number + 1} worlds: { {fact: counted[fact] for fact in sorted(WANTED)} }")
    assert sorted(WANTED - set(counted)) == []
    assert ", ".join(lines.missing()) == ""

"""What the tests of the model share: messages and masters in few words, and verdicts as lines."""

import pytest

from check import check_record
from master import master_of
from settings import Settings, settings_of

ORIGIN = {"topic": "orders", "partition": 3, "offset": 42}


def fix(body, version="FIX.4.4", d="\x01"):
    """A whole message; the body is written with | between its fields, and `d` takes its place."""
    text = body.replace("|", d) + d
    head = f"8={version}{d}9={len(text)}{d}"
    return f"{head}{text}10={sum((head + text).encode('latin-1')) % 256:03}{d}".encode("latin-1")


def master(text, **options):
    return master_of([part.encode() for part in text.split("\n---\n")], **options)


def checked(body, rows, settings=None, **more):
    """The verdicts on one message; settings may be an INI text."""
    settings = settings_of(settings) if isinstance(settings, str) else settings or Settings()
    found = check_record(fix(body, **more), "strict", master(rows), ORIGIN, settings)
    assert not found.dead_letters, found.dead_letters
    return found


def brief(record):
    row = record["master"]
    parts = [record["kind"], record["tag"], record["identifier_position"], record["observed"], record["expected"],
             record["found_by"], record["candidates"], row["values"].get("symbol") if row else None]
    return " ".join("-" if part is None else str(part) for part in parts)


def in_full(record):
    """The same with the reason and the hint, where there are any."""
    more = [record["reason"], record["hint_kind"], record["hint_value"]]
    return " ".join([brief(record), *(part for part in more if part is not None)])


def table(rows):
    """For rows that begin with their name."""
    def mark(test):
        names = test.__code__.co_varnames[:test.__code__.co_argcount][-len(rows[0][1:]):]  # behind the fixtures
        return pytest.mark.parametrize(names, [row[1:] for row in rows], ids=[row[0] for row in rows])(test)
    return mark


def assert_finds(body, rows, config, expected):
    found = checked(body, rows, config)
    assert [in_full(record) for record in found.discrepancies] == expected
    assert +found.counts == {"discrepant" if expected else "matched": 1}

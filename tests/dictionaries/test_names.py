"""The names that `explain` shows are those of the data dictionaries: every field and message, by its latest name."""

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "dictionaries"))

import dictionary  # noqa: E402

SOURCE = (TESTS.parent / "consumer" / "fix_names.h").read_text()
FILES = [*list(dictionary.VERSIONS)[:-1], "FIXT11", "FIX50SP2"]  # the oldest first

pytestmark = pytest.mark.skipif(not dictionary.is_there(), reason="the data dictionaries are not there")


def rows(array):
    body = re.search(rf"{array}\[\] = {{(.*?)\n}};", SOURCE, re.S).group(1)
    return [tuple(part.strip().strip('"') for part in row.split(", ", body_columns(array)))
            for row in re.findall(r"\{([^{}]*)\}", body)]


def body_columns(array):
    return 2 if array == "fix_values" else 1


def latest(section, key, strip=str):
    names = {}
    for file in FILES:
        for one in ElementTree.parse(dictionary.FOLDER / f"{file}.xml").getroot().find(section):
            names[strip(one.get(key))] = one.get("name")
    return names


def test_every_field_has_its_latest_name():
    names = latest("fields", "number", int)
    listed = [(int(tag), name) for tag, name in rows("fix_fields")]
    assert listed == sorted(names.items()), "sorted, each once, and no other"
    assert len(listed) > 6000


def test_every_message_has_its_latest_name():
    listed = rows("fix_messages")
    assert listed == sorted(latest("messages", "msgtype").items())
    assert len(listed) > 150


def test_every_value_that_is_explained_is_one():
    values = {}
    for file in FILES:
        for one in ElementTree.parse(dictionary.FOLDER / f"{file}.xml").getroot().find("fields"):
            values.setdefault(int(one.get("number")), set()).update(value.get("enum") for value in one)
    explained = rows("fix_values")
    assert len(explained) == len({row[:2] for row in explained})
    assert [row for row in explained if row[1] not in values[int(row[0])]] == []
    for tag in (20, 39, 40, 54, 59, 71, 77, 150, 201, 279, 423, 487):
        assert {row[1] for row in explained if int(row[0]) == tag} == values[tag], f"all values of {tag}"

"""Compares two multisets of published records, by id and then field by field."""

from collections import defaultdict

FREE_TEXT = ("detail",)  # the wording of a dead letter's reason


def differences(expected, actual, ignore=FREE_TEXT, limit=10):
    """A readable report of the first differences; empty where there are none."""
    wanted, got = by_id(expected), by_id(actual)
    lines = []
    for key in sorted(set(wanted) | set(got)):
        lines += of_one_id(key, wanted.get(key, []), got.get(key, []), ignore)
    total = len(lines)
    if total > limit:
        lines = lines[:limit] + [f"... and {total - limit} more"]
    return "\n".join(lines)


def by_id(records):
    groups = defaultdict(list)
    for record in records:
        groups[record["id"]].append(record)
    return groups


def of_one_id(key, wanted, got, ignore):
    if len(wanted) != len(got):
        example = (wanted or got)[0]
        return [f"{key}: expected {times(wanted)}, found {times(got)}: {summary(example)}"]
    lines = []
    for a, b in zip(sorted(wanted, key=repr), sorted(got, key=repr)):
        flat_a, flat_b = flat(a), flat(b)
        for path in sorted(set(flat_a) | set(flat_b)):
            if path.split(".")[0] not in ignore and flat_a.get(path, ABSENT) != flat_b.get(path, ABSENT):
                lines.append(f"{key}: {path}: expected {flat_a.get(path, ABSENT)!r}, "
                             f"found {flat_b.get(path, ABSENT)!r}: {summary(a)}")
    return lines


class Absent:
    def __repr__(self):
        return "nothing"


ABSENT = Absent()


def times(records):
    return {0: "none", 1: "one"}.get(len(records), str(len(records)))


def summary(record):
    origin = record.get("origin", {})
    where = "{topic}/{partition}@{offset} message {message}".format(**{
        name: origin.get(name) for name in ("topic", "partition", "offset", "message")})
    what = record.get("kind") or record.get("reason")
    return f"{what} tag {record.get('tag')} observed {record.get('observed')!r} ({where})"


def flat(value, path=""):
    """{path: leaf} of nested dicts and lists; an empty one is a leaf."""
    if isinstance(value, dict) and value:
        items = value.items()
    elif isinstance(value, list) and value:
        items = enumerate(value)
    else:
        return {path: value}
    found = {}
    for name, child in items:
        found.update(flat(child, f"{path}.{name}" if path else str(name)))
    return found

"""From bytes to messages, as core/README.md says it ("From bytes to messages").

Plain code, not fast code. A record is read as a list of items: messages with their fields, and dead letters
with the reason.
"""

import re
from dataclasses import dataclass

from instruments import SESSION_TYPES, Reader, Refused

DELIMITERS = (b"\x01", b"|", b"^A")
BEGIN_STRINGS = (b"FIX.4.0", b"FIX.4.1", b"FIX.4.2", b"FIX.4.3", b"FIX.4.4",
                 b"FIX.5.0", b"FIX.5.0SP1", b"FIX.5.0SP2", b"FIXT.1.1")
WHITE = b" \t\r\n"
BEGIN_STRING_WINDOW = 2 + 16  # bytes of `8=` and the value within which a delimiter has to come

# Length tag -> the tag of the data that it counts (FIX 4.0 to 5.0 SP2).
DATA_OF = {
    90: 91, 93: 89, 95: 96, 212: 213, 348: 349, 350: 351, 352: 353, 354: 355, 356: 357, 358: 359, 360: 361,
    362: 363, 364: 365, 445: 446, 618: 619, 621: 622, 1184: 1185, 1277: 1278, 1280: 1281, 1282: 1283,
    1397: 1398, 1401: 1402, 1403: 1404, 1468: 1469, 1525: 1527, 1578: 1579, 1620: 1621, 1664: 1665,
    1678: 1697, 1733: 1734, 1871: 1872, 1874: 1875, 2072: 2073, 2074: 2075, 2111: 2112, 2179: 2180,
    2287: 2288, 2351: 2352, 2372: 2371, 2481: 2482, 2494: 2493, 2522: 2521, 2637: 2638, 2651: 2652,
    2665: 2666, 2715: 2716, 2718: 2719, 2721: 2722, 2797: 2798, 2802: 2801, 2809: 2808, 2815: 2814,
    40004: 40005, 40008: 40009, 40978: 40979, 40980: 40981, 40982: 40983, 40984: 40985, 40986: 40987,
    40988: 40989, 41083: 41084, 41101: 41102, 41107: 41108, 41256: 41257, 41320: 41321, 41324: 41325,
    41458: 41459, 41476: 41477, 41482: 41483, 41653: 41654, 41710: 41711, 41806: 41807, 41811: 41812,
    41873: 41874, 41969: 41970, 42025: 42026, 42171: 42172, 42451: 42452, 42652: 42653, 42947: 42948,
    43109: 42684, 43110: 42486, 43111: 42982,
}
DATA_TAGS = frozenset(DATA_OF.values())

TAG = re.compile(rb"([1-9][0-9]{0,8})=")


@dataclass
class Message:
    position: int  # of its first byte in the record
    index: int     # which item of the record, from 0
    raw: bytes
    fields: list   # (tag, value) in their order, tag 8 first; without tag 10

    references: bool = False

    def __post_init__(self):
        """Raises Refused where it names more than is read."""
        self.type = next((value for tag, value in self.fields if tag == 35 and value != b""), b"")
        if self.type in SESSION_TYPES:
            return
        reader = Reader(self.fields, self.references)
        self.slots = reader.slots
        self.values = {8: self.fields[0][1], 35: self.type, **reader.message}  # of the message itself


@dataclass
class DeadLetter:
    position: int
    index: int
    raw: bytes
    reason: str


class Malformed(Exception):
    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def messages(record, profile, references=False):
    """The items of a record, in their order, and how many lines were skipped (profile log only)."""
    if profile == "strict":
        return strict(record, references), 0
    if profile == "log":
        return log(record, references)
    if profile == "strict-log":
        return log(record, references, strict_only=True)
    raise ValueError(f"there is no profile {profile!r}")


# ---- strict ----------------------------------------------------------------------------------------------------

def strict(record, references):
    items = []
    at = skip_white(record, 0)
    if at == len(record):
        return [DeadLetter(0, 0, record, "EMPTY")]
    while at < len(record):
        try:
            head = frame(record, at)
            fields = strict_fields(record, head)
        except Malformed as error:
            items.append(DeadLetter(at, len(items), record[at:], error.reason))
            return items
        items.append(item_of(lambda: fields, at, len(items), record[at:head.end], references))
        at = skip_white(record, head.end)
    return items


def skip_white(record, at):
    while at < len(record) and record[at] in WHITE:
        at += 1
    return at


@dataclass
class Frame:
    begin_string: bytes
    delimiter: bytes
    body_length: bytes
    body: int      # where the counted bytes begin
    body_end: int  # and where they end: the place of 10=
    end: int       # behind the delimiter of tag 10


def begin_string(record, at):
    """(value, delimiter, where the next field begins) of the tag 8 at this place."""
    if not record.startswith(b"8=FIX", at):
        raise Malformed("NOT_FIX")
    value, delimiter, following = delimited(record, at, at + BEGIN_STRING_WINDOW)
    if value not in BEGIN_STRINGS:
        raise Malformed("BEGIN_STRING")
    return value, delimiter, following


def delimited(record, at, end):
    """(value, delimiter, what follows) of the first field, by whichever delimiter comes first; else all None."""
    found = [(record.find(delimiter, at, end + len(delimiter) - 1), delimiter) for delimiter in DELIMITERS]
    found = [(place, delimiter) for place, delimiter in found if place >= 0]
    if not found:
        return None, None, None
    place, delimiter = min(found)
    return record[at + 2:place], delimiter, place + len(delimiter)


def frame(record, at):
    """The message at this place by its BodyLength and CheckSum."""
    version, delimiter, following = begin_string(record, at)
    if not record.startswith(b"9=", following):
        raise Malformed("BODY_LENGTH")
    stop = record.find(delimiter, following, following + 2 + 9 + len(delimiter))
    digits = record[following + 2:stop] if stop >= 0 else b""
    if not 1 <= len(digits) <= 9 or not is_digits(digits) or int(digits) == 0:
        raise Malformed("BODY_LENGTH")
    start = stop + len(delimiter)
    end = body_end(record, start, int(digits), delimiter)
    check = record[end + 3:end + 6]
    if len(check) != 3 or not is_digits(check) or not record.startswith(delimiter, end + 6):
        raise Malformed("CHECKSUM_FORMAT")
    if int(check) not in checksums(record[at:end], delimiter):
        raise Malformed("CHECKSUM")
    return Frame(version, delimiter, digits, start, end, end + 6 + len(delimiter))


def body_end(record, start, length, delimiter):
    end = start + length
    if delimiter == b"^A" and not ends_body(record, end, delimiter):
        counted_as_soh = end_counting_soh(record, start, length)
        if counted_as_soh is not None and ends_body(record, counted_as_soh, delimiter):
            return counted_as_soh
    if end + len(b"10=000") + len(delimiter) > len(record):
        raise Malformed("TRUNCATED")
    if not ends_body(record, end, delimiter):
        raise Malformed("BODY_LENGTH_MISMATCH")
    return end


def ends_body(record, end, delimiter):
    """Whether a trailer with room for its value stands here, behind a delimiter."""
    room = end + len(b"10=000") + len(delimiter) <= len(record)
    return room and record.startswith(b"10=", end) and record[end - len(delimiter):end] == delimiter


def end_counting_soh(record, start, length):
    at = start
    for _ in range(length):
        if at >= len(record):
            return None
        at += 2 if record.startswith(b"^A", at) else 1
    return at


def checksums(counted, delimiter):
    sums = [sum(counted) % 256]
    if delimiter == b"^A":
        sums.append(sum(counted.replace(b"^A", b"\x01")) % 256)
    if delimiter == b"|":
        sums.append(sum(counted.replace(b"|", b"\x01")) % 256)
    return sums


def strict_fields(record, head):
    if not record.startswith(b"35=", head.body) or record.startswith(head.delimiter, head.body + 3):
        raise Malformed("MSG_TYPE")
    fields = [(8, head.begin_string), (9, head.body_length)]
    at, expected_data = head.body, None
    while at < head.body_end:
        tag, value, at, expected_data = read_field(record, at, head.body_end, head.delimiter, expected_data)
        if value == b"":
            raise Malformed("FIELD")
        check_length(tag, value)
        if at > head.body_end:
            raise Malformed("DATA_LENGTH")  # the data swallowed the body's last delimiter
        fields.append((tag, value))
    if expected_data is not None:
        raise Malformed("DATA_LENGTH")
    return fields


def read_field(record, at, end, delimiter, expected_data):
    """One field: (tag, value, where the next begins, the (tag, bytes) of the data that has to come next).

    expected_data is what the field before announced. The last field may end where the bytes end.
    """
    found = TAG.match(record, at, end)
    if not found:
        raise Malformed("FIELD")
    tag, start = int(found[1]), found.end()
    if expected_data is not None and tag != expected_data[0]:
        raise Malformed("DATA_LENGTH")
    if expected_data is not None:
        stop = start + expected_data[1]
        if stop > end or not (stop == end or record.startswith(delimiter, stop)):
            raise Malformed("DATA_LENGTH")
    else:
        stop = record.find(delimiter, start, end)
        stop = end if stop < 0 else stop
    value = record[start:stop]
    if tag in DATA_TAGS and expected_data is None:
        raise Malformed("DATA_LENGTH")
    following = (DATA_OF[tag], number(value)) if tag in DATA_OF and is_digits(value) else None
    return tag, value, stop + len(delimiter), following


def number(digits):
    """Enough of it: what has more than 18 digits overruns every record."""
    return int(digits.lstrip(b"0")[:18] or b"0")


def check_length(tag, value):
    if tag in DATA_OF and not is_digits(value):
        raise Malformed("DATA_LENGTH")


def is_digits(value):
    return re.fullmatch(rb"[0-9]+", value) is not None


# ---- log -------------------------------------------------------------------------------------------------------

BEGIN = re.compile(rb"(?<![0-9])8=FIX")


def log(record, references, strict_only=False):
    """strict_only: what strict would refuse is a dead letter (check --framing strict)."""
    items, skipped = [], 0
    at = skip_white(record, 0)
    while at < len(record):
        line_end = record.find(b"\n", at)
        line_end = len(record) if line_end < 0 else line_end
        begin = BEGIN.search(record, at, line_end)
        if begin is None:
            skipped += 1
            at = line_end
        else:
            items.append(read_logged(record, begin.start(), line_end, len(items), strict_only, references))
            at = begin.start() + len(items[-1].raw)
        at = skip_white(record, at)
    return items, skipped


def read_logged(record, start, line_end, index, strict_only, references):
    """The message or dead letter that starts here."""
    try:
        head = frame(record, start)
    except Malformed as error:
        line_end = start + len(record[start:line_end].rstrip(WHITE))
        end, fields_end = end_in_line(record, start, line_end)
        if strict_only:
            return DeadLetter(start, index, record[start:end], error.reason)
        return read_loosely(record, start, end, fields_end, index, references)
    try:
        fields = strict_fields(record, head)
    except Malformed as error:  # its frame is right, so it is known where it ends
        if strict_only:
            return DeadLetter(start, index, record[start:head.end], error.reason)
        return read_loosely(record, start, head.end, head.body_end, index, references)
    return item_of(lambda: fields, start, index, record[start:head.end], references)


def read_loosely(record, start, end, fields_end, index, references):
    """A message that strict refuses: its fields are read as far as they can be."""
    raw = record[start:end]
    value, delimiter, at = delimited(record, start, start + BEGIN_STRING_WINDOW)
    if value not in BEGIN_STRINGS:
        return DeadLetter(start, index, raw, "BEGIN_STRING")
    fields, expected_data = [(8, value)], None
    while at < fields_end:
        found = TAG.match(record, at, fields_end)
        if not found:
            return DeadLetter(start, index, raw, "FIELD")
        tag, at = int(found[1]), found.end()
        stop = lenient_stop(record, tag, at, fields_end, delimiter, expected_data)
        value = record[at:stop]
        fields.append((tag, value))
        expected_data = announced_by(tag, value)
        at = stop + len(delimiter)
    return item_of(lambda: with_msg_type(fields), start, index, raw, references)


def announced_by(tag, value):
    """The (tag, bytes) of the data that a field announces, or None."""
    return (DATA_OF[tag], number(value)) if tag in DATA_OF and 0 < len(value) < 10 and is_digits(value) else None


def lenient_stop(record, tag, at, end, delimiter, expected_data):
    """Where a value ends: the length before it is advice."""
    if expected_data is not None and tag == expected_data[0]:
        stop = at + expected_data[1]
        if stop <= end and record.startswith(delimiter, stop) and stop + len(delimiter) <= end:
            return stop
    stop = record.find(delimiter, at, end)
    return end if stop < 0 else stop


def end_in_line(record, start, line_end):
    """(where a message ends whose length is of no use, where its fields end). Nothing within data ends it."""
    _, delimiter, at = delimited(record, start, start + BEGIN_STRING_WINDOW)
    expected_data = None
    while at is not None and at < line_end:
        if record.startswith(b"8=FIX", at):
            return at, at
        if record.startswith(b"10=", at):
            stop = record.find(delimiter, at, line_end)
            return line_end if stop < 0 else stop + len(delimiter), at
        found = TAG.match(record, at, line_end)
        if found:
            stop = lenient_stop(record, int(found[1]), found.end(), line_end, delimiter, expected_data)
            expected_data = announced_by(int(found[1]), record[found.end():stop])
        else:
            stop = record.find(delimiter, at, line_end)
            stop, expected_data = line_end if stop < 0 else stop, None
        at = stop + len(delimiter)
    return line_end, line_end


def with_msg_type(fields):
    if not any(tag == 35 and value for tag, value in fields):
        raise Malformed("MSG_TYPE")
    return fields


def item_of(read, start, index, raw, references):
    try:
        return Message(start, index, raw, read(), references)
    except Malformed as error:
        return DeadLetter(start, index, raw, error.reason)
    except Refused as error:
        return DeadLetter(start, index, raw, str(error))

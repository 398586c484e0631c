"""Holds the model to hand-worked cases. The names are sentences of the contract (core/README.md)."""

import csv
import io
import random
import re
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest

import compare
import wire
from cases import ORIGIN, brief, checked, fix, master
from check import check_file, check_record
from fix import DATA_OF, DeadLetter, messages
from identifiers import KINDS, UNKNOWN, key_of, well_formed
from instruments import ALTERNATES_MAX
from master import read_masters, rows_with_offsets
from settings import Settings
from severity import KINDS as SEVERITIES

DATA = Path(__file__).resolve().parents[1] / "data"
MASTERS = [DATA / "master" / f"financedatabase-{name}.csv" for name in ("LSE", "TOR", "ASE")]
FIX_FILES = sorted((DATA / "fix").glob("*.[dt][ax]t"))
APPLE_FIGI = "BBG000B9XRY4"


# ---- bytes to messages -----------------------------------------------------------------------------------------

ORDER = "35=D|55=AAPL|54=1"
GOOD = fix(ORDER)


def resummed(message):
    """The same bytes with the CheckSum that fits them."""
    at = message.rindex(b"10=")
    return message[:at] + b"10=%03d" % (sum(message[:at]) % 256) + message[at + 6:]


REASONS = [
    ("an empty record", b"", "EMPTY"),
    ("a record of white space alone", b" \t\r\n", "EMPTY"),
    ("JSON", b'{"35":"D"}', "NOT_FIX"),
    ("a record cut in its first bytes", b"8=FI", "NOT_FIX"),
    ("a version that never was", fix(ORDER, "FIX.4.5"), "BEGIN_STRING"),
    ("a delimiter of another kind", GOOD.replace(b"\x01", b";"), "BEGIN_STRING"),
    ("tag 9 is not second", GOOD.replace(b"9=18", b"34=8"), "BODY_LENGTH"),
    ("tag 9 is absent because the record ends", b"8=FIX.4.4\x01", "BODY_LENGTH"),
    ("BodyLength is 0", b"8=FIX.4.2\x019=0\x0135=D\x0110=0\x01", "BODY_LENGTH"),
    ("BodyLength is negative", b"8=FIX.4.2\x019=-5\x0135=D\x0110=000\x01", "BODY_LENGTH"),
    ("BodyLength has ten digits", b"8=FIX.4.2\x019=0000000005\x0135=D\x0110=000\x01", "BODY_LENGTH"),
    ("BodyLength is cut before its delimiter", b"8=FIX.4.2\x019=12", "BODY_LENGTH"),
    ("the body is cut", GOOD[:-12], "TRUNCATED"),
    ("the trailer is cut by its last delimiter", GOOD[:-1], "TRUNCATED"),
    ("BodyLength is the largest there is", GOOD.replace(b"9=18", b"9=999999999"), "TRUNCATED"),
    ("BodyLength is one too small", GOOD.replace(b"9=18", b"9=17"), "BODY_LENGTH_MISMATCH"),
    ("10= follows the counted bytes, but inside a value", resummed(b"8=FIX.4.4\x019=9\x0135=D\x0158=x10=000\x01"),
     "BODY_LENGTH_MISMATCH"),
    ("the checksum has a letter", GOOD[:-3] + b"x" + GOOD[-2:], "CHECKSUM_FORMAT"),
    ("the checksum has four digits", GOOD[:-1] + b"0\x01", "CHECKSUM_FORMAT"),
    ("the checksum is off by one", GOOD[:-4] + b"%03d\x01" % ((int(GOOD[-4:-1]) + 1) % 256), "CHECKSUM"),
    ("tag 35 is not third", fix("49=A|35=D"), "MSG_TYPE"),
    ("tag 35 is empty", fix("35=|49=A"), "MSG_TYPE"),
    ("a field has no =", fix("35=D|58"), "FIELD"),
    ("a field has no digit", fix("35=D|=x"), "FIELD"),
    ("a tag has a leading zero", fix("35=D|055=x"), "FIELD"),
    ("a tag is 0", fix("35=D|0=x"), "FIELD"),
    ("a tag has ten digits", fix("35=D|1234567890=x"), "FIELD"),
    ("a tag is negative", fix("35=D|-5=x"), "FIELD"),
    ("a value is empty", fix("35=D|58="), "FIELD"),
    ("two delimiters stand together", fix("35=D||58=x"), "FIELD"),
    ("data without its length", fix("35=D|96=abc"), "DATA_LENGTH"),
    ("data behind the length of other data", fix("35=D|95=3|355=abc"), "DATA_LENGTH"),
    ("a field between length and data", fix("35=D|95=3|58=x|96=abc"), "DATA_LENGTH"),
    ("a length as the last field", fix("35=D|95=3"), "DATA_LENGTH"),
    ("a length that is no number", fix("35=D|95=x|96=abc"), "DATA_LENGTH"),
    ("a negative length", fix("35=D|95=-3|96=abc"), "DATA_LENGTH"),
    ("a length that overruns the body", fix("35=D|95=4|96=abc"), "DATA_LENGTH"),
    ("a length of five thousand digits", fix("35=D|95=" + "9" * 5000 + "|96=abc"), "DATA_LENGTH"),
    ("a length that ends inside the value", fix("35=D|95=2|96=abc"), "DATA_LENGTH"),
    ("one identifier more than the limit", fix("35=D|454=33" + "|455=X|456=99" * 33), "TOO_MANY_IDENTIFIERS"),
    ("one instrument more than the limit", fix("35=AB|555=1" + "|600=X" * 100000), "TOO_MANY_INSTRUMENTS"),
]


@pytest.mark.parametrize("record, reason", [row[1:] for row in REASONS], ids=[row[0] for row in REASONS])
def test_strict_refuses(record, reason):
    (letter,), _ = messages(record, "strict")
    assert isinstance(letter, DeadLetter) and (letter.reason, letter.position, letter.raw) == (reason, 0, record)


SOH_COUNTED = b"8=FIX.4.4^A9=18^A35=D^A55=AAPL^A54=1^A"
TAKEN = [
    ("one message", GOOD, 1),
    ("two messages", GOOD + GOOD, 2),
    ("white space between and behind", GOOD + b"\r\n \t" + GOOD + b"\n", 2),
    ("white space before", b"\n" + GOOD, 1),
    ("pipes", fix(ORDER, d="|"), 1),
    ("^A, counted as it stands", fix(ORDER, d="^A"), 1),
    ("^A, counted as the SOH that it stands for",
     SOH_COUNTED + b"10=%03d^A" % (sum(SOH_COUNTED.replace(b"^A", b"\x01")) % 256), 1),
    ("each message with a delimiter of its own", GOOD + fix(ORDER, d="|"), 2),
    ("a pipe in a value of a message delimited by SOH", resummed(GOOD.replace(b"AAPL", b"AA|L")), 1),
    ("a zero-padded BodyLength", resummed(GOOD.replace(b"9=18", b"9=000000018")), 1),
    ("data that holds the delimiter and a tag 10", fix("35=D|95=11|96=a\x0110=000\x01bc|58=x"), 1),
    ("FIXT.1.1", fix(ORDER, "FIXT.1.1"), 1),
    ("8= inside 108=", fix("35=A|98=0|108=30"), 1),
    ("as many instruments as the limit", fix("35=AB|555=1" + "|600=X" * 99999), 1),
    ("as many identifiers as the limit", fix("35=D|454=32" + "|455=X|456=99" * ALTERNATES_MAX), 1),
]


@pytest.mark.parametrize("record, count", [row[1:] for row in TAKEN], ids=[row[0] for row in TAKEN])
def test_strict_takes(record, count):
    items, skipped = messages(record, "strict")
    assert [type(item).__name__ for item in items] == ["Message"] * count and skipped == 0
    assert b"".join(item.raw for item in items) == b"".join(record.split(b"\r\n \t")).strip(b"\n")


def test_a_good_message_before_a_bad_one_is_kept_and_the_rest_is_one_dead_letter():
    items, _ = messages(GOOD + b"\n" + GOOD[:-5] + GOOD, "strict")
    assert [type(item).__name__ for item in items] == ["Message", "DeadLetter"]
    assert items[1].position == len(GOOD) + 1 and items[1].index == 1 and items[1].raw == GOOD[:-5] + GOOD


def test_every_pair_of_length_and_data_is_read():
    assert len(DATA_OF) == 83
    for length, data in DATA_OF.items():
        (message,), _ = messages(fix(f"35=D|{length}=3|{data}=\x01|\x01"), "strict")
        assert message.fields[-1] == (data, b"\x01\x01\x01")


LOGGED = [  # name, bytes, the symbols or reasons, lines skipped
    ("a timestamp before the message", b"12:00:01.123 IN  " + GOOD + b"\n", ["AAPL"], 0),
    ("lines that are not FIX", b"started\n" + GOOD + b"\nstopped\n", ["AAPL"], 2),
    ("a blank line is nothing", b"\n \n" + GOOD, ["AAPL"], 0),
    ("what is left of a line behind a message is a line", GOOD + b" sent\n", ["AAPL"], 1),
    ("108=FIX starts nothing", b"108=FIX.4.2|35=D|55=A|\n", [], 1),
    ("wrong sums", b"8=FIX.4.2|9=0|35=D|55=A|10=0|\n8=FIX.4.2|9=99|35=D|55=B|10=xyz|", ["A", "B"], 0),
    ("no tag 10: the line ends the message", b"8=FIX.4.2|35=D|55=A\r\n8=FIX.4.2|35=D|55=B|\r\n", ["A", "B"], 0),
    ("no tag 10: the next 8=FIX ends the message", b"8=FIX.4.2|35=D|55=A|8=FIX.4.2|35=D|55=B|", ["A", "B"], 0),
    ("8=FIX inside a value does not", b"8=FIX.4.2|35=D|55=A|58=x8=FIX.4.2|10=0|", ["A"], 0),
    ("several to a line", b"8=FIX.4.2|35=D|55=A|10=0| 8=FIX.4.2|35=D|55=B|10=0|", ["A", "B"], 0),
    ("empty values are skipped", b"8=FIX.4.2|9=0|35=D|55=|55=B|10=0|", ["B"], 0),
    ("what cannot be read is a dead letter and reading goes on",
     b"8=FIX.4.2|35=D|junk|10=0|8=FIX.4.2|35=D|55=B|10=0|\n" + GOOD, ["FIELD", "B", "AAPL"], 0),
    ("right sums, and a value with a line end in data", fix("35=D|55=A|95=3|96=x\ny"), ["A"], 0),
    ("right sums and an empty value", fix("35=D|55=A|58="), ["A"], 0),
    ("a length that leads to a delimiter holds", b"8=FIX.4.2|9=0|35=D|95=3|96=a|b|55=A|10=0|", ["A"], 0),
    ("a data length that overruns the line", b"8=FIX.4.2|9=0|35=D|55=A|95=70|96=a|10=0|\n", ["A"], 0),
    ("a version that never was", b"8=FIX.9.9|9=0|35=D|10=0|8=FIX.4.2|35=D|55=B|10=0|", ["BEGIN_STRING", "B"], 0),
    ("no tag 35", b"8=FIX.4.2|9=0|55=A|10=0|", ["MSG_TYPE"], 0),
    ("nothing at all", b"", [], 0),
]


@pytest.mark.parametrize("record, expected, skips", [row[1:] for row in LOGGED], ids=[row[0] for row in LOGGED])
def test_a_log_yields(record, expected, skips):
    items, skipped = messages(record, "log")
    seen = [item.reason if isinstance(item, DeadLetter) else item.slots[0].values[55].decode() for item in items]
    assert (seen, skipped) == (expected, skips)


def test_a_dead_letter_of_a_log_has_the_bytes_up_to_its_end():
    (letter, _), _ = messages(b"in 8=FIX.4.2|35=D|junk|10=0|8=FIX.4.2|35=D|10=0|", "log")
    assert (letter.position, letter.raw) == (3, b"8=FIX.4.2|35=D|junk|10=0|")


@pytest.mark.parametrize("profile", ["strict", "log"])
def test_nothing_crashes_and_nothing_is_read_twice(profile):
    seed = random.randrange(1 << 30)
    dice = random.Random(seed)
    for _ in range(3000):
        message = fix("35=D|55=AAPL|95=2|96=ab|454=1|455=X|456=4", d=dice.choice("|\x01"))
        record = bytearray(message * dice.randint(1, 3))
        for _ in range(dice.randint(0, 4)):
            place = dice.randrange(len(record))
            record[place:place + dice.randint(0, 3)] = dice.choice([b"", b"|", b"\n", b"8=FIX", b"10=", b"^A", b"9"])
        items, _ = messages(bytes(record), profile)
        at = 0
        for item in items:
            assert item.position >= at and record[item.position:item.position + len(item.raw)] == item.raw, seed
            at = item.position + len(item.raw)


# ---- identifiers -----------------------------------------------------------------------------------------------

SHAPES = [
    ("1", "037833100", True), ("1", "17275R102", True), ("1", "68389X105", True), ("1", "DUS0421C5", True),
    ("1", "68389X106", False), ("1", "DUS0421CN", False), ("1", "03783310", False), ("1", "68389x105", True),
    ("2", "2046251", True), ("2", "B0YBKJ7", True), ("2", "B0YBKJ8", False), ("2", "BAYBKJ7", False),
    ("4", "US0378331005", True), ("4", "US0378331006", False), ("4", "US037833100", False), ("4", "U10378331005",
     False),
    ("S", "BBG000BLNQ16", True), ("S", "BBG000BLNQ14", False), ("S", "BBX000BLNQ16", False),
    ("S", "GBG000BLNQ16", False),
    ("T", "213800KUD8LAJWSQ9D15", True), ("T", "213800KUD8LAJWSQ9D16", False),
    ("5", "AAPL.O", True), ("5", "x" * 128, True), ("5", "x" * 129, False), ("99", "x" * 129, False),
]


@pytest.mark.parametrize("source, value, right", SHAPES)
def test_shape_and_check_digit(source, value, right):
    kind = KINDS.get(source.encode(), UNKNOWN)
    assert well_formed(kind, key_of(kind, value.encode())) == right


def test_an_isin_of_any_two_letters_is_well_formed():
    from stdnum import isin
    value = "QQ037833100"
    assert well_formed(KINDS[b"4"], (value + isin.calc_check_digit(value)).encode())


# ---- the check -------------------------------------------------------------------------------------------------

SIMPLE = "symbol,cusip,isin\nAAPL,037833100,US0378331005\nCSCO,17275R102,\n,68389X105,US68389X1054\n"
LISTINGS = ("symbol,isin,mic,currency\nVOD.L,GB00BH4HKS39,XLON,GBX\nVOD.DE,GB00BH4HKS39,XETR,EUR\n"
            "VOD,GB00BH4HKS39,XNAS,USD\n")
CLASSES = "symbol,cusip\nBRK.B,084670702\nBF/A,115637100\nHEI-A,422806208\nX Y,912909108\n"
CONTRACTS = ("symbol,type,cfi,maturity,strike,put_call,multiplier\n"
             "O1,Option,OCASPS,2024-06-21,150.00,Call,100\nO2,OPT,,202406,0,,\n"
             "F1,future,FXXXXX,2024-06-21 00:00,,,50\n")
STATES = ("symbol,status,delisted,maturity\nS1,active,False,\nS2,Halted,False,\nS3,,TRUE,\nS4,,2024-03-01,\n"
          "S5,,,2024-03-01\nS6,,,202403\nS7,,1,\nS8,,N,\n")
TWINS = "symbol,cusip,currency,lei\nT,037833100,USD,L\nT,17275R102,USD,L\nT,17275R102,EUR,L\nT,17275R102,EUR,L\n"
FIGIS = f"symbol,figi,composite_figi\nA,BBG000BLNQ16,\nB,,{APPLE_FIGI}\nC,{APPLE_FIGI},\n"

# name, message, master, what is found as "KIND tag position observed expected found_by candidates symbol-of-master"
CASES = [
    ("the symbol alone, found", "35=D|55=AAPL", SIMPLE, []),
    ("an identifier and the symbol agree", "35=D|55=AAPL|48=037833100|22=1", SIMPLE, []),
    ("session messages have no instrument", "35=A|55=NOPE", SIMPLE, None),
    ("a message that need not name an instrument is ignored", "35=B|148=x", SIMPLE, None),
    ("a symbol that is a placeholder is none", "35=D|55=[N/A]", SIMPLE, ["MISSING_IDENTIFIER 0 0 - - NOTHING 0 -"]),
    ("a message that must name an instrument and does not", "35=8|54=1", SIMPLE,
     ["MISSING_IDENTIFIER 0 0 - - NOTHING 0 -"]),
    ("a currency is no identifier of a security", "35=D|48=USD|22=6", SIMPLE,
     ["MISSING_IDENTIFIER 0 0 - - NOTHING 0 -"]),
    ("an entry of a list", "35=V|146=2|55=AAPL|55=NOPE", SIMPLE, ["UNKNOWN_SECURITY 55 0 NOPE - NOTHING 0 -"]),
    ("a leg and its underlying", "35=AB|55=AAPL|555=1|600=NOPE|603=4|602=US68389X1054|1342=1|1330=NEITHER", SIMPLE,
     ["UNKNOWN_SECURITY 1330 0 NEITHER - NOTHING 0 -"]),
    ("an underlying's own tags", "35=D|55=AAPL|711=1|311=MSFT|309=037833100|305=1", SIMPLE,
     ["SYMBOL_MISMATCH 311 0 MSFT AAPL IDENTIFIER 1 AAPL"]),
    ("legs suffice where a message must name an instrument", "35=8|55=[N/A]|555=1|600=AAPL", SIMPLE, []),
    ("a related symbol", "35=B|1128=2|46=NOPE", SIMPLE, ["UNKNOWN_SECURITY 46 0 NOPE - NOTHING 0 -"]),
    ("market data that takes the instrument over", "35=X|268=2|279=0|55=AAPL|279=0|15=EUR", "symbol,currency\nAAPL,USD\n",
     ["CURRENCY_MISMATCH 15 0 EUR USD SYMBOL 1 AAPL"]),
    ("an alternate of an underlying", "35=D|55=AAPL|711=1|311=AAPL|457=1|458=68389X106|459=1", SIMPLE,
     ["INVALID_IDENTIFIER 458 1 68389X106 - SYMBOL 1 AAPL"]),
    ("a counter that counts 0 opens nothing", "35=D|146=0|55=AAPL", SIMPLE, []),
    ("group 73 lists instruments in a list of orders only", "35=8|73=1|55=AAPL", SIMPLE, []),
    ("the first of two symbols counts", "35=D|55=AAPL|55=NOPE", SIMPLE, []),
    # unknown
    ("a symbol that the master lacks", "35=D|55=NOPE", SIMPLE, ["UNKNOWN_SECURITY 55 0 NOPE - NOTHING 0 -"]),
    ("a well-formed identifier that the master lacks", "35=D|48=594918104|22=1", SIMPLE,
     ["UNKNOWN_SECURITY 48 0 594918104 - NOTHING 0 -"]),
    ("the symbol is a hint for an unknown identifier", "35=D|55=AAPL|48=594918104|22=1", SIMPLE,
     ["UNKNOWN_SECURITY 48 0 594918104 - SYMBOL 1 AAPL"]),
    ("two unknown identifiers are one discrepancy", "35=D|48=594918104|22=1|454=1|455=US5949181045|456=4", SIMPLE,
     ["UNKNOWN_SECURITY 48 0 594918104 - NOTHING 0 -"]),
    ("a private code leaves it to the symbol", "35=D|55=AAPL|48=1234|22=99", SIMPLE, []),
    ("a private code and nothing else", "35=D|48=1234|22=99", SIMPLE, ["UNKNOWN_SECURITY 48 0 1234 - NOTHING 0 -"]),
    ("a private code and an unknown symbol", "35=D|55=NOPE|48=1234|22=99", SIMPLE,
     ["UNKNOWN_SECURITY 55 0 NOPE - NOTHING 0 -"]),
    ("a kind without a column, in a master without symbols", "35=D|55=AAPL|48=2046251|22=2", "cusip\n037833100\n",
     ["UNKNOWN_SECURITY 48 0 2046251 - NOTHING 0 -"]),
    ("a symbol alone, in a master without symbols", "35=D|55=AAPL", "cusip\n037833100\n",
     ["UNKNOWN_SECURITY 55 0 AAPL - NOTHING 0 -"]),
    ("unknown beside a found one, where the master has another", "35=D|48=037833100|22=1|454=1|455=GB00BH4HKS39|456=4",
     SIMPLE, ["UNKNOWN_SECURITY 455 1 GB00BH4HKS39 US0378331005 IDENTIFIER 1 AAPL"]),
    ("unknown beside a found one, where the master has a blank", "35=D|48=17275R102|22=1|454=1|455=US17275R1023|456=4",
     SIMPLE, []),
    ("an unknown exchange symbol beside a found identifier", "35=D|48=AAPL.X|22=8|454=1|455=037833100|456=1", SIMPLE,
     ["UNKNOWN_SECURITY 48 0 AAPL.X AAPL ALTERNATE_IDENTIFIER 1 AAPL"]),
    # invalid
    ("a wrong check digit", "35=D|55=AAPL|48=68389X106|22=1", SIMPLE,
     ["INVALID_IDENTIFIER 48 0 68389X106 - SYMBOL 1 AAPL"]),
    ("a wrong check digit of a kind without a column", "35=D|55=AAPL|48=2046252|22=2", SIMPLE,
     ["INVALID_IDENTIFIER 48 0 2046252 - SYMBOL 1 AAPL"]),
    ("a wrong check digit that the master holds", "35=D|48=68389X106|22=1", "symbol,cusip\nORCL,68389X106\n", []),
    ("two invalid identifiers are two", "35=D|48=68389X106|22=1|454=1|455=1|456=4", SIMPLE,
     ["INVALID_IDENTIFIER 48 0 68389X106 - NOTHING 0 -", "INVALID_IDENTIFIER 455 1 1 - NOTHING 0 -"]),
    ("invalid, then unknown", "35=D|48=68389X106|22=1|454=1|455=US5949181045|456=4", SIMPLE,
     ["INVALID_IDENTIFIER 48 0 68389X106 - NOTHING 0 -", "UNKNOWN_SECURITY 455 1 US5949181045 - NOTHING 0 -"]),
    ("invalid beside a found one", "35=D|48=68389X106|22=1|454=1|455=US0378331005|456=4", SIMPLE,
     ["INVALID_IDENTIFIER 48 0 68389X106 037833100 ALTERNATE_IDENTIFIER 1 AAPL"]),
    ("a hint is narrowed by currency, without a verdict on it", "35=D|55=T|48=68389X106|22=1|15=EUR", TWINS,
     ["INVALID_IDENTIFIER 48 0 68389X106 - SYMBOL 2 T"]),
    # what an identifier is
    ("keys are trimmed and in upper case", "35=D|48= us0378331005 |22=4", SIMPLE, []),
    ("a symbol is compared as written", "35=D|55=aapl", SIMPLE, ["UNKNOWN_SECURITY 55 0 aapl - NOTHING 0 -"]),
    ("a placeholder is no identifier", "35=D|55=AAPL|48=UNKNOWN|22=1", SIMPLE, []),
    ("NA is a symbol but no identifier", "35=D|55=NA|48=NA|22=4", "symbol,isin\nNA,CA6330671034\n", []),
    ("zeros are no identifier", "35=D|55=AAPL|48=000000000|22=1", SIMPLE, []),
    ("placeholders keep their place among the alternates", "35=D|454=2|455=N/A|456=1|455=68389X106|456=1", SIMPLE,
     ["INVALID_IDENTIFIER 455 2 68389X106 - NOTHING 0 -"]),
    ("a repetition counts once", "35=D|48=68389X106|22=1|454=1|455=68389x106|456=1", SIMPLE,
     ["INVALID_IDENTIFIER 48 0 68389X106 - NOTHING 0 -"]),
    ("the first tag of the group delimits its entries", "35=D|454=2|456=1|455=037833100|456=4|455=US0378331005", SIMPLE,
     []),
    ("a venue's own tag does not end the group", "35=D|454=2|455=037833100|9999=x|456=1|455=US0378331005|456=4",
     SIMPLE, []),
    ("a group that counts 0 is not there", "35=D|55=AAPL|454=0|455=68389X106|456=1", SIMPLE, []),
    ("a FIGI is looked up in all its columns", f"35=D|48={APPLE_FIGI}|22=S", FIGIS, []),
    ("a FIGI of another column of the same row does not contradict", f"35=D|48={APPLE_FIGI}|22=S|55=B", FIGIS, []),
    # conflict
    ("two identifiers lead to different securities", "35=D|48=037833100|22=1|454=1|455=US68389X1054|456=4", SIMPLE,
     ["IDENTIFIER_CONFLICT 455 1 US68389X1054 US0378331005 IDENTIFIER 1 AAPL"]),
    ("after a conflict nothing else is compared", "35=D|55=NOPE|48=037833100|22=1|454=1|455=US68389X1054|456=4", SIMPLE,
     ["IDENTIFIER_CONFLICT 455 1 US68389X1054 US0378331005 IDENTIFIER 1 AAPL"]),
    ("where the columns are blank, rows join", "35=D|48=037833100|22=1|454=1|455=US0378331005|456=4",
     "symbol,cusip,isin\nA,037833100,\nB,,US0378331005\n", []),
    ("rows that contradict the first are a conflict", "35=D|48=037833100|22=1|454=1|455=US68389X1054|456=4",
     "symbol,cusip,isin\nA,037833100,\nB,68389X105,US68389X1054\n",
     ["IDENTIFIER_CONFLICT 455 1 US68389X1054 - IDENTIFIER 1 A"]),
    ("a further identifier narrows the candidates", "35=D|48=GB00BH4HKS39|22=4|454=1|455=VOD|456=8|15=EUR", LISTINGS,
     ["CURRENCY_MISMATCH 15 0 EUR USD IDENTIFIER 1 VOD"]),
    # symbols
    ("another symbol", "35=D|55=MSFT|48=037833100|22=1", SIMPLE, ["SYMBOL_MISMATCH 55 0 MSFT AAPL IDENTIFIER 1 AAPL"]),
    ("a blank symbol says nothing", "35=D|55=ORCL|48=68389X105|22=1", SIMPLE, []),
    ("another spelling, by identifier", "35=D|55=BRK/B|48=084670702|22=1", CLASSES,
     ["SYMBOL_FORMAT_VARIANT 55 0 BRK/B BRK.B IDENTIFIER 1 BRK.B"]),
    ("symbol and suffix, by identifier", "35=D|55=BRK|65=B|48=084670702|22=1", CLASSES,
     ["SYMBOL_FORMAT_VARIANT 55 0 BRK BRK.B IDENTIFIER 1 BRK.B"]),
    ("another spelling, by symbol", "35=D|55=BF.A", CLASSES,
     ["SYMBOL_FORMAT_VARIANT 55 0 BF.A BF/A SYMBOL_VARIANT 1 BF/A"]),
    ("a blank as separator", "35=D|55=X/Y", CLASSES, ["SYMBOL_FORMAT_VARIANT 55 0 X/Y X Y SYMBOL_VARIANT 1 X Y"]),
    ("symbol and suffix, by symbol", "35=D|55=HEI|65=A", CLASSES,
     ["SYMBOL_FORMAT_VARIANT 55 0 HEI HEI-A SYMBOL_VARIANT 1 HEI-A"]),
    ("a suffix without which the symbol is found", "35=D|55=AAPL|65=PR", SIMPLE,
     ["SYMBOL_FORMAT_VARIANT 55 0 AAPL AAPL SYMBOL_VARIANT 1 AAPL"]),
    ("when-issued is no suffix", "35=D|55=BRK.B|65=WI", CLASSES, []),
    ("the symbol chooses the listing", "35=D|55=VOD|48=GB00BH4HKS39|22=4", LISTINGS, []),
    # exchange and currency
    ("exchange and currency choose the listing", "35=D|48=GB00BH4HKS39|22=4|207=xlon|15=GBp|55=VOD.L", LISTINGS, []),
    ("an exchange where none of the listings is", "35=D|48=GB00BH4HKS39|22=4|207=XPAR", LISTINGS,
     ["EXCHANGE_MISMATCH 207 0 XPAR XLON IDENTIFIER 3 VOD.L"]),
    ("a code that is no MIC cannot be compared", "35=D|48=GB00BH4HKS39|22=4|207=L", LISTINGS, []),
    ("another currency on the listing chosen", "35=D|48=GB00BH4HKS39|22=4|207=XETR|15=USD", LISTINGS,
     ["CURRENCY_MISMATCH 15 0 USD EUR IDENTIFIER 1 VOD.DE"]),
    ("exchange goes before currency", "35=D|48=GB00BH4HKS39|22=4|207=XETR|15=GBX", LISTINGS,
     ["CURRENCY_MISMATCH 15 0 GBX EUR IDENTIFIER 1 VOD.DE"]),
    ("GBP is pence of GBX", "35=D|55=VOD.L|15=GBP", LISTINGS, []),
    ("a currency that is none cannot be compared", "35=D|55=VOD.L|15=POUND", LISTINGS, []),
    ("NULL in the master is a blank", "35=D|55=A|207=XLON", "symbol,mic\nA,NULL\n", []),
    # type, CFI
    ("option and OPT are one", "35=D|55=O1|167=OPT", CONTRACTS, []),
    ("another type", "35=D|55=O1|167=FUT", CONTRACTS, ["SECURITY_TYPE_MISMATCH 167 0 FUT Option SYMBOL 1 O1"]),
    ("a type that nobody knows", "35=D|55=O1|167=STN", CONTRACTS, []),
    ("codes of one class differ", "35=D|55=A|167=PS", "symbol,type\nA,common stock\n",
     ["SECURITY_TYPE_MISMATCH 167 0 PS common stock SYMBOL 1 A"]),
    ("a class without a code agrees with its codes", "35=D|55=A|167=PS", "symbol,type\nA,Equity\n", []),
    ("a CFI with X agrees", "35=D|55=F1|461=FFXCSX", CONTRACTS, []),
    ("another CFI", "35=D|55=O1|461=OPASPS", CONTRACTS, ["SECURITY_TYPE_MISMATCH 461 0 OPASPS OCASPS SYMBOL 1 O1"]),
    ("the CFI is not judged where the type has differed", "35=D|55=O1|167=FUT|461=FFXXXX", CONTRACTS,
     ["SECURITY_TYPE_MISMATCH 167 0 FUT Option SYMBOL 1 O1"]),
    # contracts
    ("a maturity to the day", "35=D|55=O1|541=20240621", CONTRACTS, []),
    ("another day", "35=D|55=O1|541=20240620", CONTRACTS, ["MATURITY_MISMATCH 541 0 20240620 2024-06-21 SYMBOL 1 O1"]),
    ("a month agrees with its days", "35=D|55=O1|200=202406", CONTRACTS, []),
    ("a day agrees with its month", "35=D|55=O2|541=20240601", CONTRACTS, []),
    ("a month with tag 205", "35=D|55=O1|200=202406|205=14", CONTRACTS,
     ["MATURITY_MISMATCH 200 0 202406 2024-06-21 SYMBOL 1 O1"]),
    ("a week of a month", "35=D|55=O1|200=202407w2", CONTRACTS,
     ["MATURITY_MISMATCH 200 0 202407w2 2024-06-21 SYMBOL 1 O1"]),
    ("a time behind the master's date", "35=D|55=F1|541=20240621", CONTRACTS, []),
    ("strikes are decimals", "35=D|55=O1|202=150", CONTRACTS, []),
    ("another strike", "35=D|55=O1|202=155", CONTRACTS, ["CONTRACT_MISMATCH 202 0 155 150.00 SYMBOL 1 O1"]),
    ("0 is a put", "35=D|55=O1|201=0", CONTRACTS, ["CONTRACT_MISMATCH 201 0 0 Call SYMBOL 1 O1"]),
    ("1 is a call", "35=D|55=O1|201=1", CONTRACTS, []),
    ("another multiplier", "35=D|55=O1|231=10", CONTRACTS, ["CONTRACT_MISMATCH 231 0 10 100 SYMBOL 1 O1"]),
    ("a contract that differs throughout", "35=D|55=O1|541=20240101|202=1|201=0|231=1", CONTRACTS,
     ["MATURITY_MISMATCH 541 0 20240101 2024-06-21 SYMBOL 1 O1", "CONTRACT_MISMATCH 202 0 1 150.00 SYMBOL 1 O1",
      "CONTRACT_MISMATCH 201 0 0 Call SYMBOL 1 O1", "CONTRACT_MISMATCH 231 0 1 100 SYMBOL 1 O1"]),
    # inactive
    ("an active row", "35=D|55=S1|60=20240302-00:00:00", STATES, []),
    ("a halted row, without a date", "35=D|55=S2", STATES, ["INACTIVE_SECURITY 0 0 - Halted SYMBOL 1 S2"]),
    ("a delisted row", "35=D|55=S3|60=20240302-00:00:00", STATES, ["INACTIVE_SECURITY 0 0 20240302 TRUE SYMBOL 1 S3"]),
    ("delisted on the day", "35=D|55=S4|52=20240301-00:00:00.000", STATES,
     ["INACTIVE_SECURITY 0 0 20240301 2024-03-01 SYMBOL 1 S4"]),
    ("delisted the day after", "35=D|55=S4|52=20240229-23:59:59.999", STATES, []),
    ("dates are not judged without a date", "35=D|55=S4", STATES, []),
    ("matures on the day", "35=D|55=S5|75=20240301", STATES, []),
    ("matured the day before", "35=D|55=S5|75=20240302", STATES,
     ["INACTIVE_SECURITY 0 0 20240302 2024-03-01 SYMBOL 1 S5"]),
    ("a month has matured when it is over", "35=D|55=S6|60=20240401-00:00:00", STATES,
     ["INACTIVE_SECURITY 0 0 20240401 202403 SYMBOL 1 S6"]),
    ("within its month it has not", "35=D|55=S6|60=20240331-00:00:00", STATES, []),
    ("1 is delisted", "35=D|55=S7", STATES, ["INACTIVE_SECURITY 0 0 - 1 SYMBOL 1 S7"]),
    ("N is not", "35=D|55=S8", STATES, []),
    ("the first readable date counts", "35=D|55=S5|52=20240302-00:00:00|60=20240230-00:00:00", STATES,
     ["INACTIVE_SECURITY 0 0 20240302 2024-03-01 SYMBOL 1 S5"]),
    ("an active listing is preferred", "35=D|55=A",
     "symbol,isin,delisted\nA,US0378331005,True\nA,US0378331005,False\n", []),
    # ambiguous
    ("several securities, and nothing tells them apart", "35=D|55=T", TWINS,
     ["AMBIGUOUS_SECURITY 55 0 T - SYMBOL 4 T"]),
    ("listings of one security are not ambiguous", "35=D|55=T|15=EUR", TWINS, []),
    ("an exchange symbol may be ambiguous", "35=D|48=T|22=8|15=USD", TWINS,
     ["AMBIGUOUS_SECURITY 48 0 T - IDENTIFIER 2 T"]),
    ("rows without any identifier are ambiguous", "35=D|55=A", "symbol,mic\nA,XLON\nA,XPAR\n",
     ["AMBIGUOUS_SECURITY 55 0 A - SYMBOL 2 A"]),
]


@pytest.mark.parametrize("body, rows, expected", [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_check(body, rows, expected):
    found = checked(body, rows)
    outcome = "ignored" if expected is None else "discrepant" if expected else "matched"
    assert [brief(record) for record in found.discrepancies] == (expected or [])
    assert +found.counts == {outcome: 1}


def test_every_kind_has_a_case():
    seen = {line.split()[0] for *_, expected in CASES for line in expected or []}
    assert seen == set(SEVERITIES)


def test_the_kinds_are_the_schemas():
    kinds = wire.load("discrepancy")["fields"][1]["type"]["symbols"]
    assert set(kinds) == set(SEVERITIES) | {"OTHER"}


def test_every_reason_has_a_case():
    reasons = wire.load("dead_letter")["fields"][1]["type"]["symbols"]
    assert {row[2] for row in REASONS} == set(reasons) - {"OTHER"}


def test_a_kind_that_the_rules_leave_out_is_not_reported():
    settings = Settings(severities={"SYMBOL_MISMATCH": "LOW"})
    assert checked("35=D|55=NOPE", SIMPLE, settings=settings).counts["matched"] == 1


# ---- what is published -----------------------------------------------------------------------------------------

FULL = ("35=8|34=7|49=BUYER|56=SELLER|52=20240102-03:04:60.1234567|43=Y|97=N|37=O1|17=E1|11=C1|41=C0|55=MSFT|"
        "48=037833100|22=1|454=3|455=AAPL|456=8|455=N/A|456=4|455=odd|167=CS|15=USD|38=100|44=10.5|32=0|31=10.5|"
        "60=20240102-03:04:05.5")


def test_a_discrepancy_in_full():
    rows = "symbol,cusip,name,delisted\nAAPL,037833100,Äpfel,False\n"
    settings = Settings("0123456789abcdef", "rules-1")
    origin = {**ORIGIN, "timestamp": datetime(2024, 1, 2, tzinfo=timezone.utc), "key": b"k"}
    (record,) = check_record(fix(FULL), "strict", master(rows, carry=["name"]), origin, settings).discrepancies
    assert re.fullmatch("[0-9a-f]{32}", record.pop("id"))
    assert record == {
        "kind": "SYMBOL_MISMATCH", "severity": "HIGH", "origin": {**origin, "message": 0},
        "message": {
            "begin_string": "FIX.4.4", "msg_type": "8", "msg_seq_num": 7, "sender": "BUYER", "target": "SELLER",
            "cl_ord_id": "C1", "orig_cl_ord_id": "C0", "order_id": "O1", "exec_id": "E1",
            "transact_time": datetime(2024, 1, 2, 3, 4, 5, 500000, timezone.utc),
            "sending_time": datetime(2024, 1, 2, 3, 5, 0, 123456, timezone.utc),
            "poss_dup": True, "poss_resend": False},
        "instrument": {
            "role": "BODY", "position": 0, "symbol": "MSFT", "symbol_suffix": None,
            "identifiers": [{"value": "037833100", "source": "1", "kind": "CUSIP"},
                            {"value": "AAPL", "source": "8", "kind": "SYMBOL"},
                            {"value": "odd", "source": None, "kind": "UNKNOWN"}],
            "exchange": None, "security_type": "CS", "cfi": None, "maturity": None, "put_or_call": None,
            "strike": None, "multiplier": None},
        "tag": 55, "identifier_position": 0, "observed": "MSFT", "expected": "AAPL", "reason": None,
        "hint_kind": None, "hint_value": None, "found_by": "IDENTIFIER", "candidates": 1,
        "master": {"source": 0, "row_offset": 27, "carried": {"name": "Äpfel"},
                   "values": {"symbol": "AAPL", "cusip": "037833100", "delisted": "False"}},
        "price": Decimal("10.5"), "quantity": Decimal(100), "notional": Decimal(1050), "currency": "USD",
        "counts_exposure": False,
        "master_version": "0123456789abcdef", "rule_set": "rules-1", "unknown_since": None, "unknown_until": None}


def test_the_id_is_the_hash_that_the_contract_names():
    import xxhash
    (record,) = checked("35=D|48=037833100|22=1|454=1|455=US68389X1054|456=4", SIMPLE).discrepancies
    spelled = b"orders\x003\x0042\x000\x00BODY\x000\x00IDENTIFIER_CONFLICT\x00455\x001"
    assert record["id"] == xxhash.xxh3_128(spelled).digest().hex()
    (letter,) = check_record(b"x", "strict", master(SIMPLE), ORIGIN).dead_letters
    assert letter["id"] == xxhash.xxh3_128(b"orders\x003\x0042\x000\x00DEAD_LETTER").digest().hex()


AMOUNTS = [  # type and fields, (quantity, price, notional)
    ("35=D|38=100|44=2.50", ("100", "2.50", "250")),
    ("35=D|38=100|99=3", ("100", "3", "300")),
    ("35=8|32=0|31=0|38=10|44=0|14=5|6=2", ("5", "2", "10")),
    ("35=8|38=10|31=7", ("10", "7", None)),
    ("35=D|38=0|44=5", (None, "5", None)),
    ("35=D|38=1e3|44=-5", (None, "-5", None)),
    ("35=AE|32=3|31=4|38=9|44=9", ("3", "4", "12")),
    ("35=J|53=3|6=4", ("3", "4", "12")),
    ("35=6|27=L|44=4", (None, "4", None)),
    ("35=D|38=99999999999999999999|44=1", ("99999999999999999999", "1", "99999999999999999999")),
    ("35=D|38=99999999999999999999|44=10", ("99999999999999999999", "10", None)),
    ("35=D|38=100000000000000000000|44=10", (None, "10", None)),
    ("35=D|38=0.000000000000000001|44=0.1", ("0.000000000000000001", "0.1", None)),
    ("35=D|38=0.0000000000000000010|44=1", ("0.000000000000000001", "1", "0.000000000000000001")),
    ("35=D|38=0.0000000000000000001|44=1", (None, "1", None)),
    ("35=D|38=12345678901234567890.123456789012345678|44=1",
     ("12345678901234567890.123456789012345678", "1", "12345678901234567890.123456789012345678")),
]


@pytest.mark.parametrize("fields, expected", AMOUNTS)
def test_price_quantity_and_notional_are_exact(fields, expected):
    (record,) = checked(fields + "|55=NOPE", SIMPLE).discrepancies
    found = (record["quantity"], record["price"], record["notional"])
    assert found == tuple(text and Decimal(text) for text in expected)


TIMES = [
    ("20240229-23:59:59", datetime(2024, 2, 29, 23, 59, 59)), ("20230229-23:59:59", None), ("20240101", None),
    ("20240101-24:00:00", None), ("20240101-00:60:00", None), ("20240101-00:00:61", None),
    ("20161231-23:59:60", datetime(2017, 1, 1)), ("20240101-00:00:00.", None),
    ("20240101-00:00:00.1", datetime(2024, 1, 1, 0, 0, 0, 100000)),
    ("20240101-00:00:00.123456789999", datetime(2024, 1, 1, 0, 0, 0, 123456)),
    ("20240101-00:00:00.1234567899990", None), ("19691231-23:59:59.999999", datetime(1969, 12, 31, 23, 59, 59, 999999)),
]


@pytest.mark.parametrize("value, expected", TIMES)
def test_a_timestamp(value, expected):
    (record,) = checked(f"35=D|55=NOPE|60={value}", SIMPLE).discrepancies
    assert record["message"]["transact_time"] == (expected and expected.replace(tzinfo=timezone.utc))


def test_bytes_that_are_not_utf8_are_latin1_value_by_value():
    record = fix("35=D|55=\xe9|11=\xc3\xa9")
    (found,) = check_record(record, "strict", master(SIMPLE), ORIGIN).discrepancies
    assert (found["observed"], found["message"]["cl_ord_id"]) == ("é", "é")


def test_messages_of_one_record_differ_in_their_ids():
    record = fix("35=D|55=NOPE") * 2 + b"junk"
    found = check_record(record, "strict", master(SIMPLE), ORIGIN)
    assert [one["origin"]["message"] for one in found.discrepancies + found.dead_letters] == [0, 1, 2]
    assert len({one["id"] for one in found.discrepancies + found.dead_letters}) == 3
    assert +found.counts == {"discrepant": 2, "malformed": 1}


# ---- the master ------------------------------------------------------------------------------------------------

def test_several_masters_are_one_list_of_rows():
    both = master("symbol,isin\nA,US0378331005\n---\nticker;cusip\nB;037833100\n\nC;\n")
    assert [(row.source, row.offset) for row in both.rows] == [(0, 12), (1, 13), (1, 26)]
    assert both.columns == {"symbol", "isin", "cusip"}


def test_headers_are_found_by_their_synonyms_in_order():
    found = master("\ufeffMarket,EXCHANGE_MIC,Ticker Symbol,WKN\nx,XLON,A,716460\n").rows[0]
    assert found.values == {"mic": b"XLON", "symbol": b"A", "wertpapier": b"716460"}
    chosen = master("Market,mic\nNYSE,XNYS\n", columns={"mic": "market"}).rows[0]
    assert chosen.values == {"mic": b"NYSE"}


def test_placeholders_are_no_keys_and_other_columns_keep_them():
    found = master('symbol,isin,figi,currency,"strike"\n" A ",N/A,000,NULL, \nNA,nan,,,0\n').rows
    assert [row.values for row in found] == [{"symbol": b"A", "currency": b"NULL"}, {"symbol": b"NA", "strike": b"0"}]


def split_rows(data):
    """Rows with offsets by a state machine over bytes: an independent answer for the offsets."""
    rows, start, cell, cells, quoted = [], 0, bytearray(), [], False
    for place, byte in enumerate(data):
        if byte == ord('"'):
            quoted = not quoted
            cell.append(byte)
        elif byte == ord(",") and not quoted:
            cells.append(bytes(cell))
            cell.clear()
        elif byte == ord("\n") and not quoted:
            rows.append((start, [unquoted(one) for one in cells + [bytes(cell)]]))
            start, cell, cells = place + 1, bytearray(), []
        else:
            cell.append(byte)
    return rows


def unquoted(cell):
    cell = cell.removesuffix(b"\r")
    return cell[1:-1].replace(b'""', b'"') if cell[:1] == b'"' else cell


@pytest.mark.parametrize("path", MASTERS, ids=lambda path: path.stem)
def test_offsets_and_cells_of_a_real_master(path):
    data = path.read_bytes()
    assert list(rows_with_offsets(data)) == split_rows(data)
    plain = list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))
    assert [[cell.decode() for cell in cells] for _, cells in rows_with_offsets(data)] == plain


# ---- real data -------------------------------------------------------------------------------------------------

REAL = {  # file -> profile -> counts, kinds
    "fix2json-100-fix42.dat": {"log": ({"discrepant": 100}, {"UNKNOWN_SECURITY": 100}),
                               "strict": ({"malformed": 1}, {})},
    "hffix-fix41-set1.dat": {"log": ({"discrepant": 10, "ignored": 6}, {"UNKNOWN_SECURITY": 10}),
                             "strict": ({"discrepant": 10, "ignored": 6}, {"UNKNOWN_SECURITY": 10})},
    "hffix-fix50-set2.dat": {"log": ({"discrepant": 15, "ignored": 50}, {"UNKNOWN_SECURITY": 15}),
                             "strict": ({"discrepant": 15, "ignored": 50}, {"UNKNOWN_SECURITY": 15})},
    "jspurefix-fix44-pipe.txt": {
        "log": ({"discrepant": 29, "ignored": 21}, {"UNKNOWN_SECURITY": 154, "INVALID_IDENTIFIER": 3}),
        "strict": ({"discrepant": 29, "ignored": 21}, {"UNKNOWN_SECURITY": 154, "INVALID_IDENTIFIER": 3})},
}


@pytest.fixture(scope="module")
def real_master():
    return read_masters(MASTERS)


def test_the_real_master_has_all_its_listings(real_master):
    assert len(real_master.rows) == 5528


@pytest.mark.parametrize("profile", ["log", "strict"])
@pytest.mark.parametrize("path", FIX_FILES, ids=lambda path: path.name)
def test_real_messages(path, profile, real_master):
    found = check_file(path.read_bytes(), profile, real_master, path.name)
    counts, kinds = REAL[path.name][profile]
    assert +found.counts == counts
    assert {kind: sum(one["kind"] == kind for one in found.discrepancies) for kind in kinds} == kinds
    assert len({one["id"] for one in found.discrepancies}) == len(found.discrepancies)


def test_all_real_files_are_in_the_table():
    assert {path.name for path in FIX_FILES} == set(REAL)


def test_every_real_listing_matches_its_own_order(real_master):
    """An order that quotes a row's own values has nothing wrong, but that the row may be delisted."""
    kinds, inactive = set(), 0
    for row in real_master.rows:
        named = [(source, row.values[role]) for source, role in (("4", "isin"), ("1", "cusip"), ("S", "figi"))
                 if role in row.values]
        fields = [f"55={row.values['symbol'].decode()}", f"207={row.values['mic'].decode()}"]
        fields += [f"454={len(named)}"] * bool(named)
        fields += [f"455={value.decode()}|456={source}" for source, value in named]
        found = check_record(fix("35=D|" + "|".join(fields)), "strict", real_master, ORIGIN)
        kinds |= {one["kind"] for one in found.discrepancies}
        assert all(one["master"] for one in found.discrepancies)
        inactive += len(found.discrepancies)
    assert kinds == {"INACTIVE_SECURITY"}
    assert inactive == sum(row.values["delisted"] == b"True" for row in real_master.rows) == 1162


# ---- Avro ------------------------------------------------------------------------------------------------------

def sample_records():
    rows = "symbol,cusip,name\nAAPL,037833100,Apple\n"
    found = check_record(fix(FULL) + b"junk", "strict", master(rows, carry=["name"]), ORIGIN)
    return found.discrepancies[0], found.dead_letters[0]


def test_what_the_model_says_survives_avro():
    for name, record in zip(("discrepancy", "dead_letter"), sample_records()):
        schema = wire.load(name)
        body = wire.encode_body(record, schema)
        assert compare.differences([record], [wire.decode_body(body, schema)], ignore=()) == ""
        assert wire.decode_confluent(b"\0\0\0\1\2" + body, schema)[0] == 258
        single = b"\xc3\x01" + wire.schema_fingerprint(schema) + body
        assert wire.decode_single_object(single, schema)["id"] == record["id"]


def test_the_fingerprint_is_little_endian():
    """Avro's own test vector: the fingerprint of "null" is 63dd24e7cc258f8a as a number."""
    assert wire.schema_fingerprint("null") == 0x63dd24e7cc258f8a.to_bytes(8, "little")


@pytest.mark.parametrize("data", [b"", b"\1\0\0\0\1", b"\0\0\0", b"\0\0\0\0\1" + b"\0" * 3])
def test_bytes_that_are_not_the_wire_format_are_refused(data):
    with pytest.raises((ValueError, EOFError, IndexError)):
        wire.decode_confluent(data, wire.load("dead_letter"))


def test_a_difference_is_told_by_its_path():
    record, _ = sample_records()
    other = {**record, "candidates": 2, "master": {**record["master"], "values": {"symbol": "AAPL"}}}
    report = compare.differences([record], [other])
    assert "candidates: expected 1, found 2" in report
    assert "master.values.cusip: expected '037833100', found nothing" in report
    assert compare.differences([record], []).startswith(f"{record['id']}: expected one, found none")
    assert "expected one, found 2" in compare.differences([record], [record, record])
    assert compare.differences([record], [record]) == ""

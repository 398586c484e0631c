"""Conventions, renamed symbols, and the order of looking a symbol up, by hand-worked cases (core/README.md).

Verdicts are written as in test_identifiers.
"""

import re
from pathlib import Path

import pytest

from cases import assert_finds, table
from settings import settings_of
from symbols import CONVENTIONS, LETTERS, MARKS, Reading, Symbology, has_letter, mark_of, read, rows_of_marks, spell

CONTRACT = Path(__file__).resolve().parents[2] / "core" / "README.md"


def test_the_marks_are_the_contracts():
    lines = CONTRACT.read_text().splitlines()
    start = lines.index("| | " + " | ".join(CONVENTIONS) + " |") + 2
    cells = [[cell.strip() for cell in line.strip("|").split("|")]
             for line in lines[start:start + len(MARKS)]]
    assert [(name, *(re.fullmatch("`(.*)`", mark)[1] if mark else None for mark in marks)) for name, *marks in cells] == MARKS
    assert not lines[start + len(MARKS)].startswith("|")


READINGS = [  # convention, symbol, suffix, (root, row, letter, code) or None
    ("CQS", "BRK/B", None, ("BRK", "class X", "B", "")),
    ("CQS", "BACpL", None, ("BAC", "preferred X", "L", "")),
    ("CQS", "BACp", None, ("BAC", "preferred", None, "")),
    ("CQS", "Fw", None, ("F", "when issued", None, "")),
    ("CQS", "F/WS", None, ("F", "warrants", None, "")),
    ("CQS", "F/WS/A", None, ("F", "warrants X", "A", "")),
    ("CQS", "F/U", None, ("F", "units", None, "")),
    ("CQS", "IBM", None, ("IBM", None, None, "")),
    ("CQS", "BRK/", None, None), ("CQS", "BRK/BB", None, None), ("CQS", "BRK/b", None, None), ("CQS", "/B", None, None),
    ("CQS", "brk/B", None, None), ("CQS", "BRK/B\n", None, None), ("CQS", "VOD.L", None, None),
    ("CMS", "BRK B", None, ("BRK", "class X", "B", "")),
    ("CMS", "BAC PRL", None, ("BAC", "preferred X", "L", "")),
    ("CMS", "BAC PRWI", None, ("BAC", "preferred when issued", None, "")),
    ("CMS", "F U", None, ("F", "units", None, "")),
    ("CMS", "F WWI", None, ("F", "class X when issued", "W", "")),
    ("CMS", "BRK  B", None, None),
    ("NASDAQ", "BAC-L", None, ("BAC", "preferred X", "L", "")),
    ("NASDAQ", "F^#", None, ("F", "rights when issued", None, "")),
    ("NASDAQ", "F%*", None, ("F", "convertible called", None, "")),
    ("ACT", "F.W", None, ("F", "warrants", None, "")), ("ACT", "F.D", None, ("F", "preferred when distributed", None, "")),
    ("ACT", "F.A", None, ("F", "class X", "A", "")), ("ACT", "F$", None, ("F", "preferred", None, "")),
    ("BLOOMBERG", "BRK/B US", None, ("BRK", "class X", "B", " US")),
    ("BLOOMBERG", "IBM US Equity", None, ("IBM", None, None, " US Equity")),
    ("BLOOMBERG", "BRK.B US", None, None),
    ("YAHOO", "BRK-B", None, ("BRK", "class X", "B", "")), ("YAHOO", "BAC-PL", None, ("BAC", "preferred X", "L", "")),
    ("YAHOO", "VOD.L", None, ("VOD", None, None, ".L")), ("YAHOO", "F-WTA.TO", None, ("F", "warrants X", "A", ".TO")),
    ("YAHOO", "VOD.LONDO", None, None), ("YAHOO", "VOD.", None, None), ("YAHOO", "VOD.L.L", None, None),
    ("RIC", "BRKb.N", None, ("BRK", "class X", "B", ".N")), ("RIC", "BAC_pl.N", None, ("BAC", "preferred X", "L", ".N")),
    ("RIC", "BAC_p", None, ("BAC", "preferred", None, "")), ("RIC", "VOD.l2", None, ("VOD", None, None, ".l2")),
    ("RIC", "BRKB.N", None, ("BRKB", None, None, ".N")), ("RIC", "BRKbb.N", None, None),
    ("FIX", "BRK/B", None, ("BRK/B", None, None, "")),
    ("FIX", "b r k", "PRA", ("b r k", "preferred X", "A", "")),
    ("RIC", "BRK.N", "B", ("BRK.N", "class X", "B", "")), ("BLOOMBERG", "BRK US", "U", ("BRK US", "units", None, "")),
    ("CQS", "BRK", "p", None), ("NASDAQ", "BRK", "ABC", None),
]


@pytest.mark.parametrize("convention, symbol, suffix, expected", READINGS)
def test_a_symbol_is_read(convention, symbol, suffix, expected):
    found = read(symbol.encode(), suffix and suffix.encode(), convention)
    as_row = found and (found.root, *(found.mark or (None, None)), found.code)
    assert as_row == expected
    assert found is None or found.understood == (expected[1] is not None or expected[3] != "")


SPELLINGS = [  # from, symbol, suffix, to, spelling or None
    ("CQS", "BRK/B", None, "NASDAQ", "BRK.B"), ("CQS", "BRK/B", None, "RIC", None), ("CQS", "BRK/B", None, "YAHOO", "BRK-B"),
    ("CQS", "BACpL", None, "YAHOO", "BAC-PL"), ("CQS", "BACp", None, "YAHOO", None), ("CQS", "F/WS", None, "ACT", "F.W"),
    ("CQS", "F/CL", None, "ACT", None), ("CQS", "F/WSw", None, "CMS", "F WSWI"), ("CQS", "F/EC", None, "ACT", "F.E"),
    ("NASDAQ", "F.W", None, "ACT", None), ("NASDAQ", "F.U", None, "CQS", None), ("NASDAQ", "F.U", None, "CMS", None),
    ("NASDAQ", "F.U", None, "BLOOMBERG", "F/U"), ("NASDAQ", "F.D", None, "ACT", None), ("NASDAQ", "F.V", None, "ACT", "F.V"),
    ("BLOOMBERG", "BRK/B US", None, "NASDAQ", "BRK.B"), ("BLOOMBERG", "BRK/B US", None, "BLOOMBERG", "BRK/B US"),
    ("BLOOMBERG", "VOD LN", None, "YAHOO", "VOD"), ("BLOOMBERG", "VOD LN", None, "RIC", None),
    ("YAHOO", "VOD.L", None, "RIC", "VOD.L"), ("YAHOO", "BRK-B", None, "RIC", None), ("YAHOO", "BRK-B.N", None, "RIC", "BRKb.N"),
    ("YAHOO", "VOD.L", None, "YAHOO", "VOD.L"), ("YAHOO", "VOD.L", None, "CQS", "VOD"),
    ("RIC", "BRKb.N", None, "YAHOO", "BRK-B"), ("RIC", "BRKb.OQ", None, "YAHOO", "BRK-B"), ("RIC", "VOD.L", None, "YAHOO", "VOD.L"),
    ("RIC", "VOD.oq", None, "YAHOO", "VOD.oq"), ("RIC", "BAC_pl.N", None, "YAHOO", "BAC-PL"), ("RIC", "BRKb.N", None, "RIC", "BRKb.N"),
    ("RIC", "BRKb", None, "RIC", "BRKb"), ("RIC", "BRKb", None, "CQS", "BRK/B"),
    ("CQS", "BRK", "B", "NASDAQ", "BRK.B"), ("FIX", "BRK", "PRB", "CQS", "BRKpB"), ("YAHOO", "BRK", "WS", "YAHOO", "BRK-WT"),
    ("RIC", "BRK", "B", "RIC", "BRKb"), ("YAHOO", "BRK.N", "B", "RIC", None), ("FIX", "B K", "U", "CMS", "B K U"),
    ("CQS", "A" * 126 + "/B", None, "NASDAQ", "A" * 126 + ".B"), ("CQS", "A" * 126 + "/B", None, "YAHOO", "A" * 126 + "-B"),
    ("CQS", "A" * 126 + "pB", None, "NASDAQ", "A" * 126 + "-B"), ("CQS", "A" * 126 + "pB", None, "YAHOO", None),
]


@pytest.mark.parametrize("convention, symbol, suffix, other, expected", SPELLINGS)
def test_a_symbol_is_spelled(convention, symbol, suffix, other, expected):
    reading = read(symbol.encode(), suffix and suffix.encode(), convention)
    assert reading.understood
    assert spell(reading, other) == (expected and expected.encode())


def test_every_spelling_is_read_as_what_was_spelled():
    spelled = 0
    for convention in CONVENTIONS:
        for name, *_ in MARKS:
            for letter in LETTERS if has_letter(name) else [None]:
                text = spell(Reading(convention, "ROOT", (name, letter)), convention)
                if text is None:
                    mark = mark_of(name, letter, convention)
                    assert mark is None or rows_of_marks(convention)[mark][1] is None
                    continue
                assert read(text, None, convention).mark == (name, letter)
                spelled += 1
    assert spelled > 1000


APPLIES = [  # sessions, topics, mics -> the convention, for 49=A, 56=B, topic t, XNYS
    ({"A/B": "CQS", "A/*": "CMS", "*/B": "ACT"}, {"t": "RIC"}, {"XNYS": "FIX"}, "CQS"),
    ({"A/*": "CMS", "*/B": "ACT"}, {"t": "RIC"}, {"XNYS": "FIX"}, "CMS"),
    ({"*/B": "ACT", "B/A": "CQS"}, {"t": "RIC"}, {"XNYS": "FIX"}, "ACT"),
    ({"a/b": "CQS", "A/C": "CQS", "C/*": "ACT"}, {"t": "RIC"}, {"XNYS": "FIX"}, "RIC"),
    ({}, {"T": "RIC"}, {"XNYS": "FIX"}, "FIX"), ({}, {}, {"XNAS": "FIX"}, None),
]


@pytest.mark.parametrize("sessions, topics, mics, expected", APPLIES)
def test_the_convention_that_applies(sessions, topics, mics, expected):
    found = Symbology("NASDAQ", *({name.encode(): value for name, value in pairs.items()} for pairs in (sessions, topics, mics)))
    assert found.convention(b"A", b"B", b"t", b"XNYS") == expected


def test_a_message_without_sender_and_target_has_only_stars():
    found = Symbology("NASDAQ", {b"A/*": "CQS"})
    assert found.convention(None, b"B", b"t", None) is None and found.convention(b"A", None, b"t", None) == "CQS"


def test_conventions_for_messages_need_one_for_the_master():
    with pytest.raises(ValueError):
        settings_of("[symbology]\ntopic.orders = CQS\n")


# ---- looking up ------------------------------------------------------------------------------------------------

NASDAQ = "[symbology]\nmaster = NASDAQ\nsession.DESK/VENUE = CQS\n"
DESK = "35=D|49=DESK|56=VENUE|"
LISTED = "symbol,currency\nBRK.B,USD\nBAC-L,USD\nBAC,USD\nF/CL,USD\nX/Y,USD\n"

LOOKED_UP = [
    ("an understood symbol is looked up by its spelling", DESK + "55=BRK/B|15=EUR", LISTED, NASDAQ,
     ["CURRENCY_MISMATCH 15 0 EUR USD SYMBOL 1 BRK.B"]),
    ("in another session it is another spelling", "35=D|49=DESK|56=OTHER|55=BRK/B", LISTED, NASDAQ,
     ["SYMBOL_FORMAT_VARIANT 55 0 BRK/B BRK.B SYMBOL_VARIANT 1 BRK.B"]),
    ("by topic", "35=D|55=BACpL", LISTED, "[symbology]\nmaster = NASDAQ\ntopic.orders = CQS\n", []),
    ("by the market that the message names", "35=D|55=BACpL|207=xnys", LISTED, "[symbology]\nmaster = NASDAQ\nmic.XNYS = CQS\n", []),
    ("by the market that an alias names", "35=D|55=BACpL|207=Big Board", LISTED,
     "[symbology]\nmaster = NASDAQ\nmic.XNYS = CQS\n[exchanges]\nalias.big board = XNYS\n", []),
    ("by a leg's own market", "35=AB|55=BAC|207=XNAS|555=1|600=BACpL|616=XNYS", LISTED,
     "[symbology]\nmaster = NASDAQ\nmic.XNYS = CQS\n", []),
    ("nothing else is tried", DESK + "55=X/Y", LISTED, NASDAQ, ["UNKNOWN_SECURITY 55 0 X/Y - NOTHING 0 -"]),
    ("nothing at all where it cannot be spelled", DESK + "55=F/CL", LISTED, "[symbology]\nmaster = YAHOO\nsession.DESK/VENUE = CQS\n",
     ["UNKNOWN_SECURITY 55 0 F/CL - NOTHING 0 -"]),
    ("what cannot be read is looked up as it is", DESK + "55=BRK.B", LISTED, NASDAQ, []),
    ("what has no mark, too", DESK + "55=BAC", LISTED, NASDAQ, []),
    ("and in all other ways", DESK + "55=BAC PRL", LISTED, NASDAQ,
     ["SYMBOL_FORMAT_VARIANT 55 0 BAC PRL BAC-L SYMBOL_VARIANT 1 BAC-L"]),
    ("with a suffix", DESK + "55=BAC|65=PRL", LISTED, NASDAQ, []),
    ("FIX says it by suffix", "35=D|55=BAC|65=PRL", LISTED, "[symbology]\nmaster = NASDAQ\ntopic.orders = FIX\n", []),
    ("FIX understands nothing else", "35=D|55=BACpL", LISTED, "[symbology]\nmaster = NASDAQ\ntopic.orders = FIX\n",
     ["SYMBOL_FORMAT_VARIANT 55 0 BACpL BAC-L SYMBOL_VARIANT 1 BAC-L"]),
    ("a suffix that is no mark is not understood", DESK + "55=BRK|65=BB", "symbol\nBRK.BB\n", NASDAQ,
     ["SYMBOL_FORMAT_VARIANT 55 0 BRK BRK.BB SYMBOL_VARIANT 1 BRK.BB"]),
    ("any convention's spelling, where the master's is set", "35=D|55=BACpL", LISTED, "[symbology]\nmaster = NASDAQ\n",
     ["SYMBOL_FORMAT_VARIANT 55 0 BACpL BAC-L SYMBOL_VARIANT 1 BAC-L"]),
    ("not where it is not", "35=D|55=BACpL", LISTED, "", ["UNKNOWN_SECURITY 55 0 BACpL - NOTHING 0 -"]),
    ("the first convention whose spelling is found", "35=D|55=F$", "symbol\nF-\nF/WD\n", "[symbology]\nmaster = NASDAQ\n",
     ["SYMBOL_FORMAT_VARIANT 55 0 F$ F- SYMBOL_VARIANT 1 F-"]),
    ("separators go before conventions", "35=D|55=BRK/B", "symbol\nBRK-B\nBRK.B\n", "[symbology]\nmaster = NASDAQ\n",
     ["SYMBOL_FORMAT_VARIANT 55 0 BRK/B BRK.B SYMBOL_VARIANT 1 BRK.B"]),
    ("symbol and suffix go before the symbol", "35=D|55=BAC|65=L", LISTED, "",
     ["SYMBOL_FORMAT_VARIANT 55 0 BAC BAC-L SYMBOL_VARIANT 1 BAC-L"]),
    ("in the master's convention, too", "35=D|55=BAC|65=PRL", LISTED, "[symbology]\nmaster = NASDAQ\n",
     ["SYMBOL_FORMAT_VARIANT 55 0 BAC BAC-L SYMBOL_VARIANT 1 BAC-L"]),
    ("a preferred share does not pass for the common one", "35=D|55=BAC|65=PRL", "symbol\nBAC\n", "",
     ["SYMBOL_FORMAT_VARIANT 55 0 BAC BAC SYMBOL_VARIANT 1 BAC"]),
    ("a symbol that ends in its suffix is whole", "35=D|55=BRK.B|65=B", "symbol\nBRK.B\n", "", []),
    ("with a suffix no separators of the symbol alone", "35=D|55=X.Y|65=Z", LISTED, "", ["UNKNOWN_SECURITY 55 0 X.Y - NOTHING 0 -"]),
    ("when-issued is a mark where a convention applies", DESK + "55=BAC|65=WI", "symbol\nBAC\nBAC#\n", NASDAQ, []),
    ("so the security that is not when-issued does not pass for it", DESK + "55=BAC|65=WI", "symbol\nBAC\n", NASDAQ,
     ["UNKNOWN_SECURITY 55 0 BAC - NOTHING 0 -"]),
    ("without a convention when-issued is no suffix", "35=D|55=BAC|65=WI", "symbol\nBAC\n", "[symbology]\nmaster = NASDAQ\n", []),
    ("lump-sum interest is none in any", DESK + "55=BAC|65=CD", "symbol\nBAC\n", NASDAQ, []),
    ("an exchange symbol knows no conventions", DESK + "48=BRK/B|22=8", LISTED, NASDAQ,
     ["UNKNOWN_SECURITY 48 0 BRK/B - NOTHING 0 -"]),
    ("a hint is looked up in the same way", DESK + "48=68389X106|22=1|55=BACpL", "symbol,cusip\nBAC-L,\n", NASDAQ,
     ["INVALID_IDENTIFIER 48 0 68389X106 - SYMBOL 1 BAC-L BAD_CHECK_DIGIT"]),
    ("and may be a variant", "35=D|48=68389X106|22=1|55=BRK/B", "symbol,cusip\nBRK.B,\n", "",
     ["INVALID_IDENTIFIER 48 0 68389X106 - SYMBOL_VARIANT 1 BRK.B BAD_CHECK_DIGIT"]),
]

BY_IDENTIFIER = "symbol,cusip\n{},084670702\n"
BERKSHIRE = "48=084670702|22=1|"
COMPARED = [
    ("the spelling agrees", DESK + BERKSHIRE + "55=BRK/B", BY_IDENTIFIER.format("BRK.B"), NASDAQ, []),
    ("what is understood has no variants", DESK + BERKSHIRE + "55=BRK/B", BY_IDENTIFIER.format("BRK/B"), NASDAQ,
     ["SYMBOL_MISMATCH 55 0 BRK/B BRK/B IDENTIFIER 1 BRK/B"]),
    ("what cannot be spelled cannot be said", DESK + BERKSHIRE + "55=F/CL", BY_IDENTIFIER.format("BRK"),
     "[symbology]\nmaster = YAHOO\nsession.DESK/VENUE = CQS\n", []),
    ("another convention's spelling is a variant", "35=D|" + BERKSHIRE + "55=BRKpB", BY_IDENTIFIER.format("BRK-B"),
     "[symbology]\nmaster = NASDAQ\n", ["SYMBOL_FORMAT_VARIANT 55 0 BRKpB BRK-B IDENTIFIER 1 BRK-B"]),
    ("of symbol and suffix, too", "35=D|" + BERKSHIRE + "55=BRK|65=PRB", BY_IDENTIFIER.format("BRK-B"),
     "[symbology]\nmaster = NASDAQ\n", ["SYMBOL_FORMAT_VARIANT 55 0 BRK BRK-B IDENTIFIER 1 BRK-B"]),
    ("without the master's convention it is another symbol", "35=D|" + BERKSHIRE + "55=BRKpB", BY_IDENTIFIER.format("BRK-B"), "",
     ["SYMBOL_MISMATCH 55 0 BRKpB BRK-B IDENTIFIER 1 BRK-B"]),
    ("any of its spellings is a variant", "35=D|" + BERKSHIRE + "55=F$", BY_IDENTIFIER.format("F$"), "[symbology]\nmaster = NASDAQ\n", []),
    ("a symbol whose suffix the master lacks is a variant", "35=D|" + BERKSHIRE + "55=BRK|65=B", BY_IDENTIFIER.format("BRK"), "",
     ["SYMBOL_FORMAT_VARIANT 55 0 BRK BRK IDENTIFIER 1 BRK"]),
    ("a symbol that ends in its suffix agrees", "35=D|" + BERKSHIRE + "55=BRK/B|65=B", BY_IDENTIFIER.format("BRK/B"), "", []),
    ("with a suffix the symbol alone has no variants", "35=D|" + BERKSHIRE + "55=X.Y|65=Z", BY_IDENTIFIER.format("X/Y"), "",
     ["SYMBOL_MISMATCH 55 0 X.Y X/Y IDENTIFIER 1 X/Y"]),
    ("a row that agrees goes before a variant", "35=D|" + BERKSHIRE + "55=BRK.B",
     "symbol,cusip\nBRK/B,084670702\nBRK.B,084670702\n", "", []),
    ("a variant goes before a blank", "35=D|" + BERKSHIRE + "55=BRK.B",
     "symbol,cusip\n,084670702\nBRK/B,084670702\n", "", ["SYMBOL_FORMAT_VARIANT 55 0 BRK.B BRK/B IDENTIFIER 1 BRK/B"]),
    ("a blank before a mismatch", "35=D|" + BERKSHIRE + "55=X", "symbol,cusip\nBRK.B,084670702\n,084670702\n", "", []),
    ("the step is there where an exchange symbol led to the rows", "35=D|48=BRK.B|22=8|55=X", "symbol\nBRK.B\n", "",
     ["SYMBOL_MISMATCH 55 0 X BRK.B IDENTIFIER 1 BRK.B"]),
    ("the step may be off", "35=D|" + BERKSHIRE + "55=X", BY_IDENTIFIER.format("BRK.B"), "[rules]\nattribute.symbol = off\n", []),
]


@table(LOOKED_UP + COMPARED)
def test_a_symbol(body, rows, config, expected):
    assert_finds(body, rows, config, expected)


# ---- renamed symbols -------------------------------------------------------------------------------------------

RENAMES = "old,new,date\nFB,META,2022-06-09\nFB,METAX,20220609\nA.B,C.D,2022-06-09\nBRK.B,BRK.C,2022-06-09\n"
BEFORE, AFTER = "60=20220608-23:59:59|", "60=20220609-00:00:00|"
BOTH = "symbol,currency\nFB,EUR\nMETA,USD\n"

RENAMED = [
    ("before the date the master may have the new name", "35=D|55=FB|" + BEFORE, "symbol\nMETA\n", "", []),
    ("which goes before the old one", "35=D|15=CHF|55=FB|" + BEFORE, BOTH, "",
     ["CURRENCY_MISMATCH 15 0 CHF USD SYMBOL 1 META"]),
    ("the old one, where the master has only that", "35=D|55=FB|" + BEFORE, "symbol\nFB\n", "", []),
    ("the first row whose new name the master holds", "35=D|15=CHF|55=FB|" + BEFORE, "symbol,currency\nMETAX,USD\n", "",
     ["CURRENCY_MISMATCH 15 0 CHF USD SYMBOL 1 METAX"]),
    ("from the date on the master may have the old name", "35=D|55=META|" + AFTER, "symbol\nFB\n", "", []),
    ("but the new one goes first", "35=D|15=CHF|55=META|" + AFTER, BOTH, "",
     ["CURRENCY_MISMATCH 15 0 CHF USD SYMBOL 1 META"]),
    ("before the date nobody has the new name", "35=D|55=META|" + BEFORE, "symbol\nFB\n", "",
     ["UNKNOWN_SECURITY 55 0 META - NOTHING 0 -"]),
    ("from the date on the old name is stale", "35=D|55=FB|" + AFTER, "symbol\nMETA\n", "",
     ["SYMBOL_MISMATCH 55 0 FB META SYMBOL 1 META RENAMED"]),
    ("unless the master still has it", "35=D|15=CHF|55=FB|" + AFTER, BOTH, "", ["CURRENCY_MISMATCH 15 0 CHF EUR SYMBOL 1 FB"]),
    ("without a date the old name is not stale", "35=D|55=FB|", "symbol\nMETA\n", "", []),
    ("and the new one may be old", "35=D|55=META|", "symbol\nFB\n", "", []),
    ("the date is that of the status", "35=D|55=FB|52=20220609-00:00:00|", "symbol\nMETA\n", "",
     ["SYMBOL_MISMATCH 55 0 FB META SYMBOL 1 META RENAMED"]),
    ("variants are not renamed", "35=D|55=A/B|" + BEFORE, "symbol\nC.D\n", "", ["UNKNOWN_SECURITY 55 0 A/B - NOTHING 0 -"]),
    ("a stale name goes before a variant", "35=D|55=A.B|" + AFTER, "symbol\nC.D\nA/B\n", "",
     ["SYMBOL_MISMATCH 55 0 A.B C.D SYMBOL 1 C.D RENAMED"]),
    ("an understood symbol is renamed in the master's spelling", DESK + "55=BRK/B|" + BEFORE, "symbol\nBRK.C\n",
     "master = NASDAQ\nsession.DESK/VENUE = CQS\n", []),
    ("and may be stale", DESK + "55=BRK/B|" + AFTER, "symbol\nBRK.C\n", "master = NASDAQ\nsession.DESK/VENUE = CQS\n",
     ["SYMBOL_MISMATCH 55 0 BRK/B BRK.C SYMBOL 1 BRK.C RENAMED"]),
    ("an exchange symbol is not renamed", "35=D|48=FB|22=8|" + BEFORE, "symbol\nMETA\n", "",
     ["UNKNOWN_SECURITY 48 0 FB - NOTHING 0 -"]),
    ("by identifier the new name agrees before the date", "35=D|48=30303M102|22=1|55=FB|" + BEFORE, "symbol,cusip\nMETA,30303M102\n", "",
     []),
    ("the old one after it", "35=D|48=30303M102|22=1|55=META|" + AFTER, "symbol,cusip\nFB,30303M102\n", "", []),
    ("a stale one differs, and says why", "35=D|48=30303M102|22=1|55=FB|" + AFTER, "symbol,cusip\nMETA,30303M102\n", "",
     ["SYMBOL_MISMATCH 55 0 FB META IDENTIFIER 1 META RENAMED"]),
    ("other names differ for no such reason", "35=D|48=30303M102|22=1|55=FB|" + AFTER, "symbol,cusip\nX,30303M102\n", "",
     ["SYMBOL_MISMATCH 55 0 FB X IDENTIFIER 1 X"]),
    ("the reason is about what is expected", "35=D|48=30303M102|22=1|55=FB|167=CS|" + AFTER,
     "symbol,cusip,type\nX,30303M102,Option\nMETA,30303M102,CS\n", "",
     ["SYMBOL_MISMATCH 55 0 FB META IDENTIFIER 1 META RENAMED"]),
    ("what only lacks its suffix is stale, too", "35=D|55=FB|65=PRA|" + AFTER, "symbol\nMETA\n", "",
     ["SYMBOL_MISMATCH 55 0 FB META SYMBOL 1 META RENAMED"]),
    ("and before the date a variant", "35=D|55=FB|65=PRA|" + BEFORE, "symbol\nMETA\n", "",
     ["SYMBOL_FORMAT_VARIANT 55 0 FB META SYMBOL_VARIANT 1 META"]),
    ("a hint may be renamed", "35=D|48=68389X106|22=1|55=FB|" + AFTER, "symbol,cusip\nMETA,\n", "",
     ["INVALID_IDENTIFIER 48 0 68389X106 - SYMBOL 1 META BAD_CHECK_DIGIT"]),
]


@table(RENAMED)
def test_a_renamed_symbol(tmp_path, body, rows, config, expected):
    (tmp_path / "renames.csv").write_text(RENAMES)
    assert_finds(body.rstrip("|"), rows, f"[symbology]\nrenames = {tmp_path / 'renames.csv'}\n{config}", expected)

"""Markets, and type against CFI, by hand-worked cases (core/README.md). Verdicts are written as in test_identifiers."""

import re
from pathlib import Path

import pytest

import classes
from cases import assert_finds, table
from markets import NAMES, Markets, built_in_names, built_in_operators, operators_of, pairs_of_list

CORE = Path(__file__).resolve().parents[2] / "core"
MICS = CORE / "exchange_mics.h"

LISTED = "symbol,mic,currency\nA,XNAS,USD\nB,XNGS,USD\nC,XNYS,USD\nD,New York,USD\nE,Somewhere Else,USD\n"
ALIASES = "[exchanges]\nalias.London = xlon\nalias.new york = XNYS\nalias.XNAS = XPAR\nalias.a=b = XNYS\n"
TWO = "symbol,isin,mic,currency\nA,US0378331005,XNGS,EUR\nA,US0378331005,XNAS,USD\n"

EXCHANGES = [
    ("the same MIC, case aside", "35=D|55=A|207=xnas", LISTED, "", []),
    ("another", "35=D|55=A|207=XNYS", LISTED, "", ["EXCHANGE_MISMATCH 207 0 XNYS XNAS SYMBOL 1 A"]),
    ("a MIC that ISO does not list is one", "35=D|55=A|207=ZZ9Z", LISTED, "", ["EXCHANGE_MISMATCH 207 0 ZZ9Z XNAS SYMBOL 1 A"]),
    ("a name that nobody knows cannot be said", "35=D|55=A|207=Nowhere in particular", LISTED, "", []),
    ("nor can one of the master", "35=D|55=E|207=XNYS", LISTED, "", []),
    ("the same text agrees, whatever it means", "35=D|48=US0378331005|22=4|207=somewhere|15=CHF",
     "symbol,isin,mic,currency\nA,US0378331005,,USD\nB,US0378331005,Somewhere,EUR\n", "",
     ["CURRENCY_MISMATCH 15 0 CHF EUR IDENTIFIER 1 B"]),
    ("an alias", "35=D|55=C|207=NEW YORK", LISTED, ALIASES, []),
    ("an alias in lower case", "35=D|55=C|207=LONDON", LISTED, ALIASES, ["EXCHANGE_MISMATCH 207 0 LONDON XNYS SYMBOL 1 C"]),
    ("an alias in the master", "35=D|55=D|207=XLON", LISTED, ALIASES, ["EXCHANGE_MISMATCH 207 0 XLON New York SYMBOL 1 D"]),
    ("an alias goes before the MIC that it is", "35=D|55=A|207=XPAR", LISTED, ALIASES, []),
    ("the operator agrees", "35=D|55=B|207=XNAS", LISTED, "", []),
    ("its segment agrees", "35=D|55=A|207=XNGS", LISTED, "", []),
    ("two segments of one operator differ", "35=D|55=B|207=XNCM", LISTED, "", ["EXCHANGE_MISMATCH 207 0 XNCM XNGS SYMBOL 1 B"]),
    ("the operator agrees less well", "35=D|48=US0378331005|22=4|207=XNAS|15=CHF", TWO, "",
     ["CURRENCY_MISMATCH 15 0 CHF USD IDENTIFIER 1 A"]),
    ("less well than it is said goes before a blank", "35=D|48=US0378331005|22=4|207=XNCM|15=CHF",
     "symbol,isin,mic,currency\nA,US0378331005,,EUR\nA,US0378331005,XNAS,USD\n", "",
     ["CURRENCY_MISMATCH 15 0 CHF USD IDENTIFIER 1 A"]),
    ("the step may be off", "35=D|55=A|207=XNYS", LISTED, "[rules]\nattribute.exchange = off\n", []),
]


@table(EXCHANGES)
def test_an_exchange(body, rows, config, expected):
    assert_finds(body, rows, config, expected)


@pytest.mark.parametrize("body, expected", [
    ("35=D|55=A|207=AAAA", []), ("35=D|55=B|207=XNGS", ["EXCHANGE_MISMATCH 207 0 XNGS XNAS SYMBOL 1 B"])])
def test_a_file_takes_the_place_of_the_operators(tmp_path, body, expected):
    (tmp_path / "mics.csv").write_text('OPERATING MIC,MIC,"MARKET NAME"\nBBBB,AAAA,"A, B"\n')
    assert_finds(body, "symbol,mic\nA,BBBB\nB,XNAS\n", f"[exchanges]\nmics = {tmp_path / 'mics.csv'}\n", expected)


def test_the_operators_are_those_of_iso():
    operators = built_in_operators()
    assert (operators[b"XNGS"], operators[b"XNAS"], operators[b"ARCX"], operators[b"XLOM"]) == (b"XNAS", b"XNAS", b"XNYS", b"XLON")
    assert operators_of("MIC,OPERATING MIC\nXNGS,XNAS\n") == {b"XNGS": b"XNAS"}


def test_the_project_s_operators_are_those_of_iso():
    ours, iso = {segment: operator for segment, operator in pairs_of_list(MICS.read_text())}, built_in_operators()
    both = set(ours) & set(iso)
    assert len(both) > 1000
    assert {mic: (ours[mic], iso[mic]) for mic in both if ours[mic] != iso[mic]} == {}


def test_every_built_in_name_is_a_market_of_iso():
    assert len(built_in_names()) > 50
    assert {name: mic for name, mic in built_in_names().items() if mic not in built_in_operators()} == {}
    assert len(pairs_of_list(NAMES.read_text())) == len(built_in_names()), "a name stands there twice"


def test_a_list_is_read_without_its_comments():
    assert pairs_of_list('/* {"NO", "NONE"} */\n {"NYSE", "XNYS"}, /* so */ {"a b",\n "XLON"}};') == \
        [(b"NYSE", b"XNYS"), (b"a b", b"XLON")]


def test_an_alias_may_be_of_any_text():
    assert Markets({b"x": b"zzzz"}).mic(b"X") == b"ZZZZ" and Markets().mic(b"x y") is None and Markets().mic(None) is None


# ---- type and CFI ----------------------------------------------------------------------------------------------

ROWS = "symbol,type,cfi\nA,,ESVUFR\nB,Weird,ESVUFR\nC,Option,ESVUFR\nD,STN,EPVUFR\nE,Option,\nF,common,\nG,Preferred,\nH,Option,OC\nI,N/A,FFXXXX\n"
TYPES = [
    ("a blank type: its CFI", "35=D|55=A|167=OPT", ROWS, "", ["SECURITY_TYPE_MISMATCH 167 0 OPT ESVUFR SYMBOL 1 A"]),
    ("which has a code", "35=D|55=A|167=CS", ROWS, "", []),
    ("or another", "35=D|55=A|167=PS", ROWS, "", ["SECURITY_TYPE_MISMATCH 167 0 PS ESVUFR SYMBOL 1 A"]),
    ("a placeholder is blank", "35=D|55=I|167=OPT", ROWS, "", ["SECURITY_TYPE_MISMATCH 167 0 OPT FFXXXX SYMBOL 1 I"]),
    ("a type that is not known: its CFI", "35=D|55=B|167=OPT", ROWS, "", ["SECURITY_TYPE_MISMATCH 167 0 OPT ESVUFR SYMBOL 1 B"]),
    ("a known type goes before the CFI", "35=D|55=C|167=OPT", ROWS, "", []),
    ("and differs", "35=D|55=C|167=CS", ROWS, "", ["SECURITY_TYPE_MISMATCH 167 0 CS Option SYMBOL 1 C"]),
    ("equal texts agree, known or not", "35=D|55=D|167=stn", ROWS, "", []),
    ("a type of the message that is not known cannot be said", "35=D|55=D|167=STRUCT", ROWS, "", []),
    ("CFI against type", "35=D|55=E|461=ESVUFR", ROWS, "", ["SECURITY_TYPE_MISMATCH 461 0 ESVUFR Option SYMBOL 1 E"]),
    ("by code", "35=D|55=F|461=EPVUFR", ROWS, "", ["SECURITY_TYPE_MISMATCH 461 0 EPVUFR common SYMBOL 1 F"]),
    ("the same code", "35=D|55=G|461=efvufr", ROWS, "", []),
    ("by class", "35=D|55=F|461=EXXXXX", ROWS, "", []),
    ("a CFI of the row that has not 6 letters is none", "35=D|55=H|461=ESVUFR", ROWS, "",
     ["SECURITY_TYPE_MISMATCH 461 0 ESVUFR Option SYMBOL 1 H"]),
    ("a CFI goes before the type", "35=D|55=C|461=ESXXXX", ROWS, "", []),
    ("a CFI that stands for no class cannot be said", "35=D|55=E|461=RAXXXX", ROWS, "", []),
    ("a CFI that is none is not compared", "35=D|55=E|461=ES", ROWS, "", []),
    ("where the type has differed the CFI is not judged", "35=D|55=C|167=FUT|461=FXXXXX", ROWS, "",
     ["SECURITY_TYPE_MISMATCH 167 0 FUT Option SYMBOL 1 C"]),
    ("unless the type is off", "35=D|55=C|167=FUT|461=FXXXXX", ROWS, "[rules]\nattribute.type = off\n",
     ["SECURITY_TYPE_MISMATCH 461 0 FXXXXX ESVUFR SYMBOL 1 C"]),
    ("the CFI may be off", "35=D|55=C|461=FXXXXX", ROWS, "[rules]\nattribute.cfi = off\n", []),
]


@table(TYPES)
def test_a_type(body, rows, config, expected):
    assert_finds(body, rows, config, expected)


@pytest.mark.parametrize("cfi, expected", [
    ("ESVUFR", "EQUITY CS"), ("esvufr", "EQUITY CS"), ("EPXXXX", "EQUITY PS"), ("EFXXXX", "EQUITY PS"), ("EDXXXX", "EQUITY -"),
    ("DBXXXX", "DEBT -"), ("DCXXXX", "DEBT -"), ("DTXXXX", "DEBT -"), ("DYXXXX", "DEBT -"), ("DAXXXX", "DEBT -"),
    ("CEXXXX", "FUND ETF"), ("CIXXXX", "FUND -"), ("FFXXXX", "FUTURE FUT"), ("OCXXXX", "OPTION OPT"), ("HRXXXX", "OPTION OPT"),
    ("RWXXXX", "WARRANT WAR"), ("RAXXXX", None), ("IFXXXX", "FX -"), ("JFXXXX", "FX -"), ("SRXXXX", None), ("ESVUF", None),
    ("ESVUF1", None),
])
def test_a_cfi_stands_for_a_class(cfi, expected):
    found = classes.of_cfi(cfi.encode())
    assert (found and f"{found[0]} {found[1] or '-'}") == expected


def test_the_types_are_the_contracts():
    known, text = dict(classes.KNOWN_TYPES), (CORE / "README.md").read_text()
    at = text.index("  EQUITY: `CS`")
    for line in text[at:text.index("  A CFI of 6 letters", at)].splitlines():
        for class_, members in re.findall(r"([A-Z]+): (.*?)\.(?= |$)", line):
            for code, names in re.findall(r"`(\w+)`(?: \(([^)]*)\))?", members):
                for name in [code, *filter(None, names.split(", "))]:
                    assert known.pop(name.upper().encode()) == (class_, code)
            for name in filter(None, members.partition("without a code: ")[2].split(", ")):
                assert known.pop(name.upper().encode()) == (class_, None)
    assert known == {}

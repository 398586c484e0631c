"""Identifiers, by hand-worked cases: what stands for what, what is wrong with one, what it looks like.

The names are sentences of the contract (core/README.md). What is found is written "KIND tag position observed expected
found_by candidates symbol-of-master", and behind it the reason and the hint, where there are any.
"""

import pytest

from cases import assert_finds, checked, table
from identifiers import BY_NAME, KINDS, completions, cusip_in, isins_with, looks_like

CUSIPS = "symbol,cusip\nAAPL,037833100\nCSCO,17275R102\n"
ISINS = "symbol,isin\nAAPL,US0378331005\nRY,CA7800871021\n"
MIXED = "symbol,cusip,isin\nAAPL,037833100,\nCSCO,17275R102,US17275R1023\nRY,,CA7800871021\nMSFT,,US5949181045\n"
FULL = "symbol,cusip,isin\nAAPL,037833100,US0378331005\nCSCO,17275R102,\n"
TOO_LONG = "x" * 129
ACCEPT = "[identifiers]\nshort_cusips = accept\n"
OPTIONS = "[identifiers]\npseudo_cusips = options\n"
HOUSE = "[identifiers]\nsource.100 = HOUSE\n"

STANDS_FOR = [
    ("an ISIN of US stands for its CUSIP in a master without ISINs", "35=D|48=US0378331005|22=4|55=X", CUSIPS, "",
     ["SYMBOL_MISMATCH 55 0 X AAPL IDENTIFIER 1 AAPL"]),
    ("and where the ISIN is blank", "35=D|48=US0378331005|22=4|55=X", MIXED, "",
     ["SYMBOL_MISMATCH 55 0 X AAPL IDENTIFIER 1 AAPL"]),
    ("not where the row has another ISIN", "35=D|48=US0378331005|22=4", "symbol,cusip,isin\nA,037833100,US5949181045\n", "",
     ["UNKNOWN_SECURITY 48 0 US0378331005 - NOTHING 0 -"]),
    ("not where one row of two has another ISIN", "35=D|48=US0378331005|22=4",
     "symbol,cusip,isin\nA,037833100,\nB,037833100,US5949181045\n", "",
     ["UNKNOWN_SECURITY 48 0 US0378331005 - NOTHING 0 -"]),
    ("an ISIN that is not well-formed stands for nothing", "35=D|48=US0378331006|22=4", CUSIPS, "",
     ["INVALID_IDENTIFIER 48 0 US0378331006 - NOTHING 0 - BAD_CHECK_DIGIT"]),
    ("a placeholder in the master's column is a blank", "35=D|48=US0378331005|22=4|55=X", "symbol,cusip,isin\nA,037833100,N/A\n", "",
     ["SYMBOL_MISMATCH 55 0 X A IDENTIFIER 1 A"]),
    ("a CUSIP stands for the ISIN of US that holds it", "35=D|48=594918104|22=1|55=X", MIXED, "",
     ["SYMBOL_MISMATCH 55 0 X MSFT IDENTIFIER 1 MSFT"]),
    ("or for that of CA", "35=D|48=780087102|22=1|55=X", MIXED, "", ["SYMBOL_MISMATCH 55 0 X RY IDENTIFIER 1 RY"]),
    ("also in a master without CUSIPs", "35=D|48=780087102|22=1|55=X", ISINS, "",
     ["SYMBOL_MISMATCH 55 0 X RY IDENTIFIER 1 RY"]),
    ("that of US goes first", "35=D|48=594918104|22=1|55=X", "symbol,isin\nC,CA5949181047\nU,US5949181045\n", "",
     ["SYMBOL_MISMATCH 55 0 X U IDENTIFIER 1 U"]),
    ("that of CA is tried where the row of that of US has another CUSIP", "35=D|48=594918104|22=1|55=X",
     "symbol,cusip,isin\nU,17275R102,US5949181045\nC,,CA5949181047\n", "", ["SYMBOL_MISMATCH 55 0 X C IDENTIFIER 1 C"]),
    ("not where the row has another CUSIP", "35=D|48=594918104|22=1", "symbol,cusip,isin\nA,17275R102,US5949181045\n", "",
     ["UNKNOWN_SECURITY 48 0 594918104 - NOTHING 0 -"]),
    ("a CUSIP with @ is in no ISIN", "35=D|48=037833@01|22=1|55=AAPL", ISINS, "", []),
    ("an ISIN of another country stands for nothing", "35=D|48=GB00BH4HKS39|22=4|55=AAPL", CUSIPS, "", []),
    ("what stands for nothing in a master without its column leaves it to the symbol", "35=D|48=US5949181045|22=4|55=AAPL",
     CUSIPS, "", []),
    ("what is stood for narrows as if it were named", "35=D|48=US0378331005|22=4|454=1|455=A|456=8|55=A",
     "symbol,cusip\nB,037833100\nA,037833100\n", "", []),
    ("an alternate stands for another, too", "35=D|48=1|22=99|454=1|455=US0378331005|456=4|55=X", CUSIPS, "",
     ["SYMBOL_MISMATCH 55 0 X AAPL ALTERNATE_IDENTIFIER 1 AAPL"]),
]

SHORT = [
    ("eight characters lack the check digit", "35=D|48=03783310|22=1", CUSIPS, "",
     ["INVALID_IDENTIFIER 48 0 03783310 - HINT 1 AAPL NO_CHECK_DIGIT CUSIP 037833100"]),
    ("eight digits may have lost a zero", "35=D|48=37833100|22=1", CUSIPS, "",
     ["INVALID_IDENTIFIER 48 0 37833100 - HINT 1 AAPL LOST_ZEROS CUSIP 037833100"]),
    ("seven may have lost two", "35=D|48=2824100|22=1", "symbol,cusip\nABT,002824100\n", "",
     ["INVALID_IDENTIFIER 48 0 2824100 - HINT 1 ABT LOST_ZEROS CUSIP 002824100"]),
    ("the completion that the master holds counts", "35=D|48=37833100|22=1", "symbol,cusip\nZ,378331003\n", "",
     ["INVALID_IDENTIFIER 48 0 37833100 - HINT 1 Z NO_CHECK_DIGIT CUSIP 378331003"]),
    ("else the first one", "35=D|48=37833100|22=1", "symbol,cusip\nM,594918104\n", "",
     ["INVALID_IDENTIFIER 48 0 37833100 - NOTHING 0 - LOST_ZEROS CUSIP 037833100"]),
    ("short is said after folding", "35=D|48=68389x10|22=1", "symbol,cusip\nORCL,68389X105\n", "",
     ["INVALID_IDENTIFIER 48 0 68389x10 - HINT 1 ORCL NO_CHECK_DIGIT CUSIP 68389X105"]),
    ("accepted, it stands for the whole CUSIP", "35=D|48=03783310|22=1|55=X", CUSIPS, ACCEPT,
     ["SYMBOL_MISMATCH 55 0 X AAPL IDENTIFIER 1 AAPL"]),
    ("in the order of the completions", "35=D|48=37833100|22=1|55=X", "symbol,cusip\nZ,378331003\nA,037833100\n", ACCEPT,
     ["SYMBOL_MISMATCH 55 0 X A IDENTIFIER 1 A"]),
    ("accepted, but not held, it is invalid", "35=D|48=68389X10|22=1", CUSIPS, ACCEPT,
     ["INVALID_IDENTIFIER 48 0 68389X10 - NOTHING 0 - NO_CHECK_DIGIT CUSIP 68389X105"]),
    ("what it stands for stands for nothing else", "35=D|48=03783310|22=1", ISINS, ACCEPT,
     ["INVALID_IDENTIFIER 48 0 03783310 - NOTHING 0 - NO_CHECK_DIGIT CUSIP 037833100"]),
    ("six characters are never completed", "35=D|48=037833|22=1", CUSIPS, ACCEPT,
     ["INVALID_IDENTIFIER 48 0 037833 - NOTHING 0 - BAD_SHAPE"]),
    ("a short one that the master holds is found", "35=D|48=03783310|22=1|55=X", "symbol,cusip\nA,03783310\n", "",
     ["SYMBOL_MISMATCH 55 0 X A IDENTIFIER 1 A"]),
]

PSEUDO = [
    ("a pseudo CUSIP of an option is passed over", "35=D|48=68389X106|22=1|167=OPT|55=AAPL", CUSIPS, OPTIONS, []),
    ("an option by a name of its type", "35=D|48=68389X106|22=1|167=Options|55=AAPL", CUSIPS, OPTIONS, []),
    ("an option by its CFI", "35=D|48=68389X106|22=1|461=ocasps|55=AAPL", CUSIPS, OPTIONS, []),
    ("a non-standard one by its CFI", "35=D|48=68389X106|22=1|461=HRXXXX|55=AAPL", CUSIPS, OPTIONS, []),
    ("an option by put or call", "35=D|48=68389X106|22=1|201=0|55=AAPL", CUSIPS, OPTIONS, []),
    ("not of a put or call that is neither", "35=D|48=68389X106|22=1|201=2|55=AAPL", CUSIPS, OPTIONS,
     ["INVALID_IDENTIFIER 48 0 68389X106 - SYMBOL 1 AAPL BAD_CHECK_DIGIT"]),
    ("not of a share", "35=D|48=68389X106|22=1|167=CS|55=AAPL", CUSIPS, OPTIONS,
     ["INVALID_IDENTIFIER 48 0 68389X106 - SYMBOL 1 AAPL BAD_CHECK_DIGIT"]),
    ("yes is for any instrument", "35=D|48=68389X106|22=1|167=CS|55=AAPL", CUSIPS, "[identifiers]\npseudo_cusips = yes\n", []),
    ("no is the default", "35=D|48=68389X106|22=1|167=OPT|55=AAPL", CUSIPS, "",
     ["INVALID_IDENTIFIER 48 0 68389X106 - SYMBOL 1 AAPL BAD_CHECK_DIGIT"]),
    ("it has the shape of a CUSIP", "35=D|48=68389X1|22=1|167=OPT", CUSIPS, OPTIONS,
     ["INVALID_IDENTIFIER 48 0 68389X1 - NOTHING 0 - BAD_SHAPE"]),
    ("silence would pass for agreement", "35=D|48=68389X106|22=1|167=OPT", CUSIPS, OPTIONS,
     ["UNKNOWN_SECURITY 48 0 68389X106 - NOTHING 0 -"]),
    ("one that the master holds is found", "35=D|48=68389X106|22=1|167=OPT|55=X", "symbol,cusip\nA,68389X106\n", OPTIONS,
     ["SYMBOL_MISMATCH 55 0 X A IDENTIFIER 1 A"]),
    ("beside a found one it says nothing", "35=D|48=US0378331005|22=4|454=1|455=68389X106|456=1|167=OPT", FULL, OPTIONS, []),
    ("a well-formed CUSIP is none", "35=D|48=594918104|22=1|167=OPT", CUSIPS, OPTIONS,
     ["UNKNOWN_SECURITY 48 0 594918104 - NOTHING 0 -"]),
    ("of a leg by its own type", "35=AB|55=AAPL|555=1|600=AAPL|602=68389X106|603=1|609=OPT", CUSIPS, OPTIONS, []),
]

REASONS = [
    ("too long", f"35=D|48={TOO_LONG}|22=5|55=AAPL", CUSIPS, "",
     [f"INVALID_IDENTIFIER 48 0 {TOO_LONG} - SYMBOL 1 AAPL TOO_LONG"]),
    ("too long goes first", f"35=D|48={'1' * 129}|22=1|55=AAPL", CUSIPS, "",
     [f"INVALID_IDENTIFIER 48 0 {'1' * 129} - SYMBOL 1 AAPL TOO_LONG"]),
    ("an ISIN under CUSIP's code", "35=D|48=US0378331005|22=1", FULL, "",
     ["INVALID_IDENTIFIER 48 0 US0378331005 - HINT 1 AAPL BAD_SHAPE ISIN US0378331005"]),
    ("a hint is folded to upper case", "35=D|48=us0378331005|22=1", FULL, "",
     ["INVALID_IDENTIFIER 48 0 us0378331005 - HINT 1 AAPL BAD_SHAPE ISIN US0378331005"]),
    ("a CUSIP under ISIN's code", "35=D|48=037833100|22=4", FULL, "",
     ["INVALID_IDENTIFIER 48 0 037833100 - HINT 1 AAPL BAD_SHAPE CUSIP 037833100"]),
    ("a SEDOL under CUSIP's code", "35=D|48=2046251|22=1", CUSIPS, "",
     ["INVALID_IDENTIFIER 48 0 2046251 - NOTHING 0 - BAD_SHAPE SEDOL 2046251"]),
    ("a FIGI under ISIN's code", "35=D|48=BBG000BLNQ16|22=4", ISINS, "",
     ["INVALID_IDENTIFIER 48 0 BBG000BLNQ16 - NOTHING 0 - BAD_CHECK_DIGIT FIGI BBG000BLNQ16"]),
    ("an LEI", "35=D|48=213800KUD8LAJWSQ9D15|22=4", ISINS, "",
     ["INVALID_IDENTIFIER 48 0 213800KUD8LAJWSQ9D15 - NOTHING 0 - BAD_SHAPE LEI 213800KUD8LAJWSQ9D15"]),
    ("a wrong check digit", "35=D|48=US0378331006|22=4", FULL, "",
     ["INVALID_IDENTIFIER 48 0 US0378331006 - NOTHING 0 - BAD_CHECK_DIGIT"]),
    ("a right check digit and a wrong one in the CUSIP", "35=D|48=US0378331013|22=4", FULL, "",
     ["INVALID_IDENTIFIER 48 0 US0378331013 - NOTHING 0 - BAD_CHECK_DIGIT"]),
    ("a CUSIP of the wrong shape in an ISIN", "35=D|48=US03783310A4|22=4", FULL, "",
     ["INVALID_IDENTIFIER 48 0 US03783310A4 - NOTHING 0 - BAD_CHECK_DIGIT"]),
    ("another country's ISIN holds no CUSIP", "35=D|48=GB0378331010|22=4", FULL, "",
     ["UNKNOWN_SECURITY 48 0 GB0378331010 - NOTHING 0 -"]),
    ("a reserved prefix of FIGI is of the shape", "35=D|48=GBG000BLNQ16|22=S", FULL, "",
     ["INVALID_IDENTIFIER 48 0 GBG000BLNQ16 - NOTHING 0 - BAD_SHAPE"]),
    ("a wrong check digit that the master holds is found", "35=D|48=US0378331013|22=4|55=X", "symbol,isin\nA,US0378331013\n", "",
     ["SYMBOL_MISMATCH 55 0 X A IDENTIFIER 1 A"]),
    ("an unknown one of a private code has a hint", "35=D|48=us0378331005|22=99", FULL, "",
     ["UNKNOWN_SECURITY 48 0 us0378331005 - HINT 1 AAPL ISIN US0378331005"]),
    ("not where the symbol is what is unknown", "35=D|48=US0378331005|22=99|55=NOPE", FULL, "",
     ["UNKNOWN_SECURITY 55 0 NOPE - NOTHING 0 -"]),
    ("a kind without a shape has none", "35=D|48=US0378331005|22=5", "symbol,isin,ric\nA,US0378331005,A.N\n", "",
     ["UNKNOWN_SECURITY 48 0 US0378331005 - NOTHING 0 -"]),
    ("the first hint that the master holds", "35=D|48=594918104|22=4|454=1|455=037833100|456=4", FULL, "",
     ["INVALID_IDENTIFIER 48 0 594918104 - HINT 1 AAPL BAD_SHAPE CUSIP 594918104",
      "INVALID_IDENTIFIER 455 1 037833100 - HINT 1 AAPL BAD_SHAPE CUSIP 037833100"]),
    ("a hint goes before the symbol", "35=D|48=037833100|22=4|55=CSCO", FULL, "",
     ["INVALID_IDENTIFIER 48 0 037833100 - HINT 1 AAPL BAD_SHAPE CUSIP 037833100"]),
    ("the symbol, where the master lacks the hint", "35=D|48=594918104|22=4|55=CSCO", FULL, "",
     ["INVALID_IDENTIFIER 48 0 594918104 - SYMBOL 1 CSCO BAD_SHAPE CUSIP 594918104"]),
    ("a hint stands for nothing else", "35=D|48=US0378331005|22=1", CUSIPS, "",
     ["INVALID_IDENTIFIER 48 0 US0378331005 - NOTHING 0 - BAD_SHAPE ISIN US0378331005"]),
    ("a hint is narrowed", "35=D|48=US0378331005|22=1|15=EUR",
     "symbol,isin,cusip,currency\nA,US0378331005,,USD\nB,US0378331005,,EUR\n", "",
     ["INVALID_IDENTIFIER 48 0 US0378331005 - HINT 1 B BAD_SHAPE ISIN US0378331005"]),
    ("not by a step that is off", "35=D|48=US0378331005|22=1|15=EUR",
     "symbol,isin,cusip,currency\nA,US0378331005,,USD\nB,US0378331005,,EUR\n", "[rules]\nattribute.currency = off\n",
     ["INVALID_IDENTIFIER 48 0 US0378331005 - HINT 2 A BAD_SHAPE ISIN US0378331005"]),
    ("hints of discrepancies that are off count", "35=D|48=037833100|22=4|454=1|455=594918104|456=1", FULL,
     "[rules]\nINVALID_IDENTIFIER = off\n", ["UNKNOWN_SECURITY 455 1 594918104 - HINT 1 AAPL"]),
    ("beside a found one there are a reason and a hint, too", "35=D|48=037833100|22=1|454=1|455=594918104|456=4", FULL, "",
     ["INVALID_IDENTIFIER 455 1 594918104 US0378331005 IDENTIFIER 1 AAPL BAD_SHAPE CUSIP 594918104"]),
]

CONTRADICTIONS = [
    ("a CUSIP that is not found, beside an ISIN with another", "35=D|48=US0378331005|22=4|454=1|455=594918104|456=1", FULL, "",
     ["IDENTIFIER_CONFLICT 455 1 594918104 037833100 IDENTIFIER 1 AAPL"]),
    ("also where the master has a blank", "35=D|48=US0378331005|22=4|454=1|455=594918104|456=1",
     "symbol,cusip,isin\nA,,US0378331005\n", "", ["IDENTIFIER_CONFLICT 455 1 594918104 - IDENTIFIER 1 A"]),
    ("also where it has no column", "35=D|48=US0378331005|22=4|454=1|455=17275R102|456=1", ISINS, "",
     ["IDENTIFIER_CONFLICT 455 1 17275R102 - IDENTIFIER 1 AAPL"]),
    ("the CUSIP may come first", "35=D|48=594918104|22=1|454=1|455=US0378331005|456=4", FULL, "",
     ["IDENTIFIER_CONFLICT 48 0 594918104 037833100 ALTERNATE_IDENTIFIER 1 AAPL"]),
    ("an ISIN that is not found, beside another CUSIP", "35=D|48=17275R102|22=1|454=1|455=US5949181045|456=4", FULL, "",
     ["IDENTIFIER_CONFLICT 455 1 US5949181045 - IDENTIFIER 1 CSCO"]),
    ("an ISIN of CA, too", "35=D|48=17275R102|22=1|454=1|455=CA7800871021|456=4", FULL, "",
     ["IDENTIFIER_CONFLICT 455 1 CA7800871021 - IDENTIFIER 1 CSCO"]),
    ("after it nothing else is compared", "35=D|48=17275R102|22=1|454=1|455=US5949181045|456=4|55=X", FULL, "",
     ["IDENTIFIER_CONFLICT 455 1 US5949181045 - IDENTIFIER 1 CSCO"]),
    ("an ISIN of another country says no CUSIP", "35=D|48=17275R102|22=1|454=1|455=GB00BH4HKS39|456=4", FULL, "", []),
    ("an invalid CUSIP says none", "35=D|48=US0378331005|22=4|454=1|455=594918105|456=1", FULL, "",
     ["INVALID_IDENTIFIER 455 1 594918105 037833100 IDENTIFIER 1 AAPL BAD_CHECK_DIGIT"]),
    ("what is found by another counts as it stands", "35=D|48=US0378331005|22=4|454=1|455=594918104|456=1", CUSIPS, "",
     ["IDENTIFIER_CONFLICT 455 1 594918104 037833100 IDENTIFIER 1 AAPL"]),
    ("both found in rows with blanks", "35=D|48=037833100|22=1|454=1|455=US5949181045|456=4",
     "symbol,cusip,isin\nA,037833100,\nB,,US5949181045\n", "",
     ["IDENTIFIER_CONFLICT 455 1 US5949181045 - IDENTIFIER 1 A"]),
    ("also where it shares a row with other candidates", "35=D|48=2046251|22=2|454=2|455=037833100|456=1|455=US5949181045|456=4",
     "symbol,cusip,isin,sedol\nA,037833100,,\nB,,US5949181045,2046251\n", "",
     ["IDENTIFIER_CONFLICT 455 2 US5949181045 US5949181045 IDENTIFIER 2 B"]),
    ("one that is in conflict itself makes no other so", "35=D|48=037833100|22=1|454=2|455=17275R102|456=1|455=US0378331005|456=4",
     CUSIPS, "", ["IDENTIFIER_CONFLICT 455 1 17275R102 037833100 IDENTIFIER 1 AAPL"]),
    ("nor one that is not found", "35=D|48=037833100|22=1|454=2|455=US0378331005|456=4|455=17275R102|456=1",
     "symbol,cusip,isin\nA,037833100,US5949181045\nB,17275R102,US17275R1023\n", "",
     ["UNKNOWN_SECURITY 455 1 US0378331005 US5949181045 IDENTIFIER 1 A",
      "IDENTIFIER_CONFLICT 455 2 17275R102 037833100 IDENTIFIER 1 A"]),
    ("both found in one row agree with the master", "35=D|48=037833100|22=1|454=1|455=US5949181045|456=4",
     "symbol,cusip,isin\nA,037833100,US5949181045\n", "", []),
    ("of a short CUSIP its completion counts", "35=D|48=03783310|22=1|454=1|455=US0378331005|456=4",
     "symbol,cusip,isin\nA,037833100,US5949181045\n", ACCEPT,
     ["UNKNOWN_SECURITY 455 1 US0378331005 US5949181045 IDENTIFIER 1 A"]),
    ("what an ISIN stands for conflicts by its columns", "35=D|48=17275R102|22=1|454=1|455=US0378331005|456=4", MIXED, "",
     ["IDENTIFIER_CONFLICT 455 1 US0378331005 17275R102 IDENTIFIER 1 CSCO"]),
    ("where none is found the first is unknown, and no more", "35=D|48=594918104|22=1|454=1|455=US68389X1054|456=4", FULL, "",
     ["UNKNOWN_SECURITY 48 0 594918104 - NOTHING 0 -"]),
]

SOURCES = [
    ("a house number is looked up in its column", "35=D|48=X-1|22=100|55=B", "symbol,house\nA,X-1\n", HOUSE,
     ["SYMBOL_MISMATCH 55 0 B A IDENTIFIER 1 A"]),
    ("exactly as written", "35=D|48=x-1|22=100", "symbol,house\nA,X-1\n", HOUSE, ["UNKNOWN_SECURITY 48 0 x-1 - NOTHING 0 -"]),
    ("a source goes before FIX's list", "35=D|48=US0378331005|22=1|55=AAPL", FULL, "[identifiers]\nsource.1 = ISIN\n", []),
    ("sources are trimmed", "35=D|48=US0378331005|22= ab |55=X", FULL, "[identifiers]\nsource.ab = ISIN\n",
     ["SYMBOL_MISMATCH 55 0 X AAPL IDENTIFIER 1 AAPL"]),
    ("and case-sensitive", "35=D|48=US0378331005|22=AB|55=AAPL", ISINS, "[identifiers]\nsource.ab = CUSIP\n", []),
    ("of alternates, too", "35=D|454=1|455=US0378331005|456=ab|55=X", FULL, "[identifiers]\nsource.ab = ISIN\n",
     ["SYMBOL_MISMATCH 55 0 X AAPL ALTERNATE_IDENTIFIER 1 AAPL"]),
    ("of legs, too", "35=AB|55=AAPL|555=1|600=X|602=US0378331005|603=ab", FULL, "[identifiers]\nsource.ab = ISIN\n",
     ["SYMBOL_MISMATCH 600 0 X AAPL IDENTIFIER 1 AAPL"]),
    ("NONE names no security", "35=D|48=1234|22=99", FULL, "[identifiers]\nsource.99 = NONE\n",
     ["MISSING_IDENTIFIER 0 0 - - NOTHING 0 -"]),
    ("UNKNOWN leaves it to the symbol", "35=D|48=68389X106|22=1|55=AAPL", FULL, "[identifiers]\nsource.1 = UNKNOWN\n", []),
]


@table(STANDS_FOR + SHORT + PSEUDO + REASONS + CONTRADICTIONS + SOURCES)
def test_an_identifier(body, rows, config, expected):
    assert_finds(body, rows, config, expected)


def test_what_none_names_is_published_as_unknown():
    (found,) = checked("35=D|48=1234|22=99|55=NOPE", FULL, "[identifiers]\nsource.99 = NONE\n").discrepancies
    assert found["instrument"]["identifiers"] == [{"value": "1234", "source": "99", "kind": "UNKNOWN"}]


def test_the_kinds_are_known_by_name():
    assert set(BY_NAME) == {kind.name for kind in KINDS.values()} | {"HOUSE", "UNKNOWN", "NONE"}


@pytest.mark.parametrize("key, expected", [
    (b"37833100", [("LOST_ZEROS", b"037833100"), ("NO_CHECK_DIGIT", b"378331003")]),
    (b"2824100", [("LOST_ZEROS", b"002824100")]), (b"68389X10", [("NO_CHECK_DIGIT", b"68389X105")]),
    (b"7833100", []), (b"68389X1", []), (b"037833", []), (b"037833100", []), (b"0378331_", []),
])
def test_a_short_cusip_has_completions(key, expected):
    assert completions(key) == expected


@pytest.mark.parametrize("key, expected", [
    (b"US0378331005", b"037833100"), (b"US0378331006", b"037833100"), (b"CA7800871021", b"780087102"),
    (b"GB0378331010", None), (b"US037833100", None), (b"US03783310055", None),
])
def test_an_isin_of_us_or_ca_holds_a_cusip(key, expected):
    assert cusip_in(key) == expected


def test_a_cusip_is_in_two_isins():
    assert isins_with(b"594918104") == [b"US5949181045", b"CA5949181047"] and isins_with(b"037833@01") == []


def test_an_identifier_does_not_look_like_its_own_kind():
    assert looks_like(KINDS[b"4"], b"US0378331005") is None
    assert looks_like(KINDS[b"1"], b"US0378331005") == (KINDS[b"4"], b"US0378331005")

"""Notional, exposure and severity, by hand-worked cases (core/README.md)."""

from decimal import Decimal

import pytest

from cases import checked
from identifiers import HOUSE, KINDS, NO_SECURITY
from settings import settings_of
from severity import KINDS as SEVERITIES
from severity import STEPS

ROWS = ("symbol,isin,currency,type,cfi,multiplier\nEQ,,USD,CS,,\nOPT,,USD,Option,,100\nBARE,,USD,Option,,\nFUT,,USD,,FFXXXX,50\n"
        "BOND,,USD,Corporate Bond,,\nFX,,USD,FXSPOT,,\nODD,,USD,Weird,DBXXXX,\nNEG,,USD,Future,,-5\nZERO,,USD,Future,,N/A\n"
        "NONE,,USD,,,\nBIG,,USD,CS,,99999999999999999999\n")
ORDER = "35=D|15=EUR|38=10|44=2.5|"  # the currency differs, so that there is a record

NOTIONALS = [  # what the order says besides, notional
    ("55=EQ", "25"), ("55=EQ|423=2", "25"), ("55=EQ|423=1", None), ("55=EQ|423=9", None), ("55=EQ|423= 2 ", "25"),
    ("55=EQ|423=N/A", "25"), ("55=EQ|423=0", "25"), ("55=EQ|423=02", None),
    ("55=EQ|231=4", "100"), ("55=EQ|231=0.5", "12.5"),
    ("55=OPT", "2500"), ("55=OPT|231=10", "250"), ("55=OPT|231=0", "2500"), ("55=OPT|231=-1", "2500"), ("55=OPT|231=x", "2500"),
    ("55=OPT|423=1", None), ("55=BARE", None), ("55=BARE|231=10", "250"), ("55=FUT", "1250"), ("55=NEG", None), ("55=ZERO", None),
    ("55=BOND", None), ("55=BOND|423=2", "25"), ("55=BOND|423=1", "0.25"), ("55=BOND|423=6", None), ("55=BOND|423=1|231=1000", "250"),
    ("55=FX", None), ("55=FX|423=2", None), ("55=ODD", None), ("55=ODD|423=1", "0.25"),
    ("55=EQ|167=OPT", None), ("55=EQ|461=OCASPS", None), ("55=OPT|167=CS", "2500"), ("55=EQ|167=WEIRD|461=FFXXXX", None),
    ("55=BOND|167=WEIRD|461=ES", None), ("55=NONE", "25"), ("55=NONE|167=CORP|423=1", "0.25"), ("55=NONE|423=1", None),
    ("55=BIG|231=1", "25"), ("55=BIG", None), ("55=BIG|231=0.000000000000000001", "0.000000000000000025"),
]


@pytest.mark.parametrize("fields, expected", NOTIONALS)
def test_a_notional_is_the_money_that_the_message_is_about(fields, expected):
    found = checked(ORDER + fields, ROWS).discrepancies[0]
    assert found["notional"] == (expected and Decimal(expected))
    assert (found["quantity"], found["price"]) == (10, Decimal("2.5"))


WIDE = [  # quantity, price, what else, notional: what is on the way may have any number of digits
    ("99999999999999999999", "99999999999999999999", "231=0.000000000000000001", None),
    ("90000000000000000000", "100", "231=0.01", "90000000000000000000"),
    ("0.000000000000000001", "0.1", "231=10", "0.000000000000000001"),
    ("12345678901234567890.5", "100", "167=CORP|423=1", "12345678901234567890.5"),
    ("0.000000000000000001", "1", "167=CORP|423=1", None),
]


@pytest.mark.parametrize("quantity, price, more, expected", WIDE)
def test_what_has_to_fit_is_the_result(quantity, price, more, expected):
    found = checked(f"35=D|55=NONE|15=EUR|38={quantity}|44={price}|{more}", ROWS).discrepancies[0]
    assert found["notional"] == (expected and Decimal(expected))


HINTS = [  # message, master, notional: a hint and a conflict say nothing of the multiplier or the type
    ("35=D|38=10|44=2.5|48=68389X106|22=1|55=OPT", ROWS, "25"),
    ("35=D|38=10|44=2.5|48=037833100|22=1|454=1|455=US5949181045|456=4",
     "symbol,cusip,isin,multiplier\nA,037833100,,100\nB,594918104,US5949181045,100\n", "25"),
    ("35=D|38=10|44=2.5|48=037833100|22=1|454=1|455=594918105|456=1", "symbol,cusip,multiplier\nA,037833100,100\n", "2500"),
]


@pytest.mark.parametrize("body, rows, expected", HINTS)
def test_neither_a_hint_nor_a_conflict_says_the_multiplier(body, rows, expected):
    assert checked(body, rows).discrepancies[0]["notional"] == Decimal(expected)


GROUPS = [  # message, (quantity, price, notional) of its only discrepancy
    ("35=8|55=NOPE|151=5|44=2", ("5", "2", "10")), ("35=8|55=NOPE|151=5|99=3", ("5", "3", "15")),
    ("35=8|55=NOPE|38=0|151=5|99=3|44=2", ("5", "2", "10")), ("35=8|55=NOPE|38=4|99=3|151=5", ("4", "3", "12")),
    ("35=D|55=NOPE|151=5|44=2", (None, "2", None)),
    ("35=8|2428=1|55=NOPE|151=5|44=2", ("5", "2", "10")), ("35=8|1889=1|55=NOPE|151=5|44=2", ("5", "2", "10")),
    ("35=8|151=5|146=1|55=NOPE|151=5|44=2", (None, "2", None)),
    ("35=V|423=1|146=1|55=NOPE|38=5|44=2|423=2", ("5", "2", "10")), ("35=V|146=1|55=NOPE|38=5|44=2|423=1", ("5", "2", None)),
    ("35=V|423=1|146=1|55=NOPE|38=5|44=2", ("5", "2", "10")),
    ("35=E|73=1|11=x|55=NOPE|38=5|44=2|423=1", ("5", "2", None)),
    ("35=i|295=1|299=x|55=NOPE|38=5|44=2|423=1", (None, None, None)),
    ("35=D|55=NOPE|38=5|44=2|295=1|423=1", ("5", "2", None)),
    ("35=W|55=NOPE|38=5|44=2|268=1|269=0|423=1", ("5", "2", "10")),
]


@pytest.mark.parametrize("body, expected", GROUPS)
def test_whose_the_amounts_are(body, expected):
    found = [record for record in checked(body, ROWS).discrepancies if record["observed"] == "NOPE"]
    assert [(one["quantity"], one["price"], one["notional"]) for one in found] == \
        [tuple(value and Decimal(value) for value in expected)]


EXPOSURES = [
    ("35=D|55=NOPE", True), ("35=D|55=NOPE|43=Y", False), ("35=D|55=NOPE|43=N", True), ("35=D|55=NOPE|97= Y ", False),
    ("35=D|55=NOPE|43=y", True), ("35=F|55=NOPE", False), ("35=G|55=NOPE", False), ("35=H|55=NOPE", False),
    ("35=AC|55=NOPE", False), ("35=t|55=NOPE", False), ("35=u|55=NOPE", False), ("35=E|73=1|55=NOPE", True),
    ("35=8|55=NOPE", True), ("35=8|55=NOPE|20=0", True), ("35=8|55=NOPE|20=1", False), ("35=8|55=NOPE|20= 3", False),
    ("35=8|55=NOPE|20=  ", True), ("35=8|55=NOPE|150=0", True), ("35=8|55=NOPE|150=1", True), ("35=8|55=NOPE|150=2", True),
    ("35=8|55=NOPE|150=A", True), ("35=8|55=NOPE|150=B", True), ("35=8|55=NOPE|150=F", True), ("35=8|55=NOPE|150=4", False),
    ("35=8|55=NOPE|150=5", False), ("35=8|55=NOPE|150=a", False), ("35=8|55=NOPE|150=I", False), ("35=8|55=NOPE|20=0|150=H", False),
    ("35=BN|55=NOPE|150=4", True), ("35=D|55=NOPE|20=1|71=1|487=1", True),
    ("35=AE|55=NOPE", True), ("35=AE|55=NOPE|487=0", True), ("35=AE|55=NOPE|487=1", False), ("35=AR|55=NOPE|487=2", False),
    ("35=J|55=NOPE|71=0", True), ("35=J|55=NOPE|71=1", False), ("35=AS|55=NOPE|71=2", False), ("35=AS|55=NOPE", True),
    ("35=8|55=NOPE|2428=1|55=EQ|150=4", True), ("35=8|55=NOPE|1889=1|55=EQ|150=4", False),
]


@pytest.mark.parametrize("body, expected", EXPOSURES)
def test_a_message_counts_as_exposure(body, expected):
    (found,) = checked(body, ROWS).discrepancies
    assert found["counts_exposure"] is expected


# ---- severity --------------------------------------------------------------------------------------------------

SESSION = "35=D|49=DESK|56=VENUE|38=10|44=2.5|"
SEVERITY = [  # settings, message, "KIND severity" of what is published
    ("", SESSION + "55=NOPE", ["UNKNOWN_SECURITY HIGH"]),
    ("[rules]\nUNKNOWN_SECURITY = LOW\n", SESSION + "55=NOPE", ["UNKNOWN_SECURITY LOW"]),
    ("[rules]\nUNKNOWN_SECURITY = off\n", SESSION + "55=NOPE", []),
    ("[rules]\nattribute.currency = CRITICAL\n", SESSION + "55=EQ|15=EUR", ["CURRENCY_MISMATCH CRITICAL"]),
    ("[rules]\nattribute.currency = CRITICAL\nCURRENCY_MISMATCH = LOW\n", SESSION + "55=EQ|15=EUR", ["CURRENCY_MISMATCH CRITICAL"]),
    ("[rules]\nattribute.currency = CRITICAL\nCURRENCY_MISMATCH = off\n", SESSION + "55=EQ|15=EUR", []),
    ("[rules]\nattribute.multiplier = LOW\n", SESSION + "55=OPT|231=5|167=FUT",
     ["SECURITY_TYPE_MISMATCH MEDIUM", "CONTRACT_MISMATCH LOW"]),
    ("[rules]\nattribute.type = LOW\nattribute.cfi = HIGH\n", SESSION + "55=OPT|167=FUT", ["SECURITY_TYPE_MISMATCH LOW"]),
    ("[rules]\nattribute.type = LOW\nattribute.cfi = HIGH\n", SESSION + "55=OPT|461=FXXXXX", ["SECURITY_TYPE_MISMATCH HIGH"]),
    ("[rules]\nattribute.symbol = CRITICAL\n", SESSION + "55=A/B", ["SYMBOL_FORMAT_VARIANT CRITICAL"]),
    ("[rules]\nattribute.symbol = off\n", SESSION + "55=A/B", []),
    ("[rules]\nattribute.symbol = off\n", SESSION + "55=NOPE", ["UNKNOWN_SECURITY HIGH"]),
    ("[severity]\na = kind=UNKNOWN_SECURITY -> LOW\n", SESSION + "55=NOPE", ["UNKNOWN_SECURITY LOW"]),
    ("[severity]\na = kind=UNKNOWN_SECURITY -> off\n", SESSION + "55=NOPE", []),
    ("[severity]\na = kind=AMBIGUOUS_SECURITY,UNKNOWN_SECURITY -> LOW\n", SESSION + "55=NOPE", ["UNKNOWN_SECURITY LOW"]),
    ("[severity]\nb = sender=DESK -> LOW\na = target=VENUE -> CRITICAL\n", SESSION + "55=NOPE", ["UNKNOWN_SECURITY LOW"]),
    ("[severity]\na = sender=DESK target=OTHER -> LOW\nb = sender=DESK   target=VENUE ->   CRITICAL\n", SESSION + "55=NOPE",
     ["UNKNOWN_SECURITY CRITICAL"]),
    ("[severity]\na = sender=desk -> LOW\n", SESSION + "55=NOPE", ["UNKNOWN_SECURITY HIGH"]),
    ("[severity]\na = type=8,D -> LOW\n", SESSION + "55=NOPE", ["UNKNOWN_SECURITY LOW"]),
    ("[severity]\na = type=8,AE -> LOW\n", SESSION + "55=NOPE", ["UNKNOWN_SECURITY HIGH"]),
    ("[severity]\na = role=LEG -> LOW\n", "35=AB|55=NOPE|555=1|600=NOPE", ["UNKNOWN_SECURITY HIGH", "UNKNOWN_SECURITY LOW"]),
    ("[severity]\na = step=currency,strike -> LOW\n", SESSION + "55=EQ|15=EUR", ["CURRENCY_MISMATCH LOW"]),
    ("[severity]\na = step=symbol -> HIGH\n", SESSION + "55=A/B", ["SYMBOL_FORMAT_VARIANT HIGH"]),
    ("[severity]\na = step=symbol -> LOW\n", SESSION + "55=NOPE", ["UNKNOWN_SECURITY HIGH"]),
    ("[severity]\na = kind=CURRENCY_MISMATCH -> LOW\n[rules]\nattribute.currency = HIGH\n", SESSION + "55=EQ|15=EUR",
     ["CURRENCY_MISMATCH LOW"]),
    ("[severity]\na = kind=CURRENCY_MISMATCH -> LOW\n[rules]\nattribute.currency = off\n", SESSION + "55=EQ|15=EUR", []),
    ("[severity]\na = kind=CURRENCY_MISMATCH -> LOW\n[rules]\nCURRENCY_MISMATCH = off\n", SESSION + "55=EQ|15=EUR", []),
]


@pytest.mark.parametrize("config, body, expected", SEVERITY)
def test_how_severe_a_discrepancy_is(config, body, expected):
    found = checked(body, ROWS + "A.B,,USD,,,\n", config)
    assert [f"{one['kind']} {one['severity']}" for one in found.discrepancies] == expected
    assert +found.counts == {"discrepant" if expected else "matched": 1}


@pytest.mark.parametrize("config", ["[rules]\nMISSING_IDENTIFIER = off\n", "[severity]\na = kind=MISSING_IDENTIFIER -> off\n"])
def test_a_message_that_names_nothing_is_ignored_where_that_is_off(config):
    assert +checked("35=D|54=1", ROWS, config).counts == {"ignored": 1}
    assert +checked("35=D|54=1", ROWS).counts == {"discrepant": 1}


REACHES = [  # what the rule asks, the order's currency and price of ten, whether it holds
    ("USD:25", "USD", "2.5", True), ("USD:25.01", "USD", "2.5", False), ("USD:25", "EUR", "2.5", False), ("USD:25", "usd", "2.5", False),
    ("EUR:1,USD:25", "USD", "2.5", True), ("USD:25", "USD", "-2.5", True), ("USD:0", "USD", "2.5", True), ("USD:0", "USD", "0", False),
    ("GBP:1", "GBX", "10", True), ("GBP:1", "GBp", "10", True), ("GBP:1", "gbp", "10", False), ("GBP:1", "GBX", "9.9", False),
    ("GBP:1", "gbx", "10", False), ("GBX:100", "GBP", "0.1", True), ("GBX:100", "GBP", "0.09", False), ("GBX:100", "GBp", "10", True),
    ("ZAR:1", "ZAC", "10", True), ("ZAR:1", "ZAc", "10", True), ("ILS:1", "ILa", "10", True), ("ILS:1", "ILA", "9.99", False),
    ("USD:25", " USD ", "2.5", True), ("GBP:0.00000000000000001", "GBX", "0.000000000000000001", False),
    ("GBP:0.0000000000000000001", "GBX", "0.000000000000000001", True),
]


@pytest.mark.parametrize("least, currency, price, holds", REACHES)
def test_a_notional_reaches_an_amount(least, currency, price, holds):
    (found,) = checked(f"35=D|55=NOPE|15={currency}|38=10|44={price}", ROWS, f"[severity]\na = notional>={least} -> LOW\n").discrepancies
    assert found["severity"] == ("LOW" if holds else "HIGH")


def test_an_instrument_without_amounts_has_no_notional():
    rules = "[severity]\na = notional>=USD:0 -> LOW\n"
    found = checked("35=AB|55=NOPE|15=USD|38=10|44=2|555=1|600=NOPE|556=USD", ROWS, rules).discrepancies
    assert [one["severity"] for one in found] == ["LOW", "HIGH"]


# ---- the settings ----------------------------------------------------------------------------------------------

def test_the_settings_are_read_as_fixwarden_reads_them(tmp_path):
    (tmp_path / "r.csv").write_text("date,new,old\n2022-06-09,META,FB\n")
    found = settings_of(f"""# a comment
; another
[rules]
references = yes
UNKNOWN_SECURITY=off
attribute.put_call = LOW
[identifiers]
source.a:B = HOUSE
source.7 = CUSIP
source.x = NONE
short_cusips = accept
pseudo_cusips = options
[symbology]
master = RIC
session.A:1/* = FIX
topic.t/u = YAHOO
mic.XNYS = CQS
renames = {tmp_path / "r.csv"}
[exchanges]
alias.A B = XNAS
[severity]
Rule 1 = kind=SYMBOL_MISMATCH notional>=USD:1,GBX:50 -> off
""", rule_set="mine")
    assert found.references and found.rule_set == "mine"
    assert found.severities == {kind: level for kind, level in SEVERITIES.items() if kind != "UNKNOWN_SECURITY"}
    assert found.steps == {"put_call": "LOW"} and set(found.steps) <= set(STEPS)
    assert found.sources == {b"a:B": HOUSE, b"7": KINDS[b"1"], b"x": NO_SECURITY}
    assert (found.short_cusips, found.pseudo_cusips, found.symbology.master) == ("accept", "options", "RIC")
    assert (found.symbology.sessions, found.symbology.topics, found.symbology.mics) == \
        ({b"A:1/*": "FIX"}, {b"t/u": "YAHOO"}, {b"XNYS": "CQS"})
    assert [(one.old, one.new, str(one.date)) for one in found.symbology.renamings] == [(b"FB", b"META", "2022-06-09")]
    assert found.markets.mic(b"a b") == b"XNAS"
    (rule,) = found.rules
    assert (rule.name, rule.level) == ("Rule 1", "off")
    assert rule.conditions == [("kind", ["SYMBOL_MISMATCH"]), ("notional>", [(b"USD", 1), (b"GBP", Decimal("0.5"))])]


@pytest.mark.parametrize("text", ["[identifiers]\nsource.1 = ISBN\n", "[severity]\na = kind=SYMBOL_MISMATCH -> DIRE\n",
                                  "[symbology]\nmic.XNYS = CQS\n"])
def test_settings_that_make_no_sense_are_refused(text):
    with pytest.raises((KeyError, ValueError)):
        settings_of(text)


def test_without_settings_all_is_as_the_contract_says():
    found = settings_of("")
    assert found.severities == SEVERITIES and not found.steps and not found.rules and not found.sources
    assert (found.short_cusips, found.pseudo_cusips, found.symbology.master) == ("report", "no", None)

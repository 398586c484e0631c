"""Orders on the listings of a master, right at first and then spoiled in one to three places at random.

In an invented world (invented.py) they are spoiled in more ways: by all that its settings are about.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracle"))

from identifiers import cusip_in, isins_with  # noqa: E402
from invented import ALIASES, KINDS_OF_SECURITIES, MARKETS, SENDERS, TARGETS, cusip_at_random  # noqa: E402
from symbols import CONVENTIONS, MARKS_BY_NAME, mark_of, read, spell  # noqa: E402

SOH = b"\x01"
KINDS = {"isin": b"4", "cusip": b"1", "figi": b"S", "composite_figi": b"S", "share_class_figi": b"S", "symbol": b"8"}
TYPES = (b"D", b"8", b"G", b"F", b"S", b"AE", b"9", b"0", b"V", b"6")


def spoiled_orders(master, dice, copies, world=None):
    spoilers = SPOILERS if world is None else SPOILERS + INVENTED_SPOILERS
    for row in master.rows:
        for _ in range(copies):
            fields = order(row, dice) if world is None else invented_order(row, dice, world)
            for _ in range(dice.choice((0, 0, 1, 1, 2, 3) if world is None else (0, 1, 1, 2, 2, 3, 4))):
                spoiler = dice.choice(spoilers)
                spoiler(fields, master, dice) if spoiler in SPOILERS else spoiler(fields, row, world, dice)
            yield framed(fields, dice)


def order(row, dice):
    """[tag, value] pairs of a message that agrees with the row as far as it says anything."""
    values = row.values
    fields = [[35, dice.choice(TYPES)], [49, b"DESK"], [56, b"VENUE"], [34, b"%d" % dice.randrange(10**6)],
              [52, b"20260302-10:00:00.%03d" % dice.randrange(1000)], [11, b"O%d" % dice.randrange(10**9)]]
    if "symbol" in values and dice.random() < 0.8:
        fields.append([55, values["symbol"]])
    known = [role for role in KINDS if role in values]
    dice.shuffle(known)
    if known and dice.random() < 0.8:
        fields += [[48, values[known[0]]], [22, KINDS[known[0]]]]
    if len(known) > 1 and dice.random() < 0.4:
        fields.append([454, b"%d" % (len(known) - 1)])
        for role in known[1:]:
            fields += [[455, values[role]], [456, KINDS[role]]]
    for tag, role in ((207, "mic"), (15, "currency")):
        if role in values and dice.random() < 0.7:
            fields.append([tag, values[role]])
    fields += [[38, b"%d" % dice.randrange(1, 10**5)], [44, b"%d.%02d" % (dice.randrange(1000), dice.randrange(100))]]
    if dice.random() < 0.5:
        fields.append([60, b"20260302-10:00:00"])
    return fields


def place_of(fields, *tags):
    return [pair for pair in fields if pair[0] in tags]


def change_one(fields, dice, *tags):
    found = place_of(fields, *tags)
    return dice.choice(found) if found else [0, b""]


def other_symbol(fields, master, dice):
    change_one(fields, dice, 55)[1] = dice.choice(master.rows).values.get("symbol", b"-")


def respelled_symbol(fields, master, dice):
    pair = change_one(fields, dice, 55)
    pair[1] = pair[1].translate(bytes.maketrans(b".-/ ", dice.choice((b"....", b"----", b"////", b"    "))))


def suffix_apart(fields, master, dice):
    pair = change_one(fields, dice, 55)
    stem, dot, suffix = pair[1].partition(b".")
    if dot:
        pair[1] = stem
        fields.append([65, suffix])


def other_identifier(fields, master, dice):
    row = dice.choice(master.rows)
    known = [role for role in KINDS if role in row.values]
    if known:
        change_one(fields, dice, 48, 455)[1] = row.values[dice.choice(known)]


def changed_digit(fields, master, dice):
    pair = change_one(fields, dice, 48, 455, 55)
    if pair[1]:
        at = dice.randrange(len(pair[1]))
        pair[1] = pair[1][:at] + bytes([dice.choice(b"0123456789ABCXYZ")]) + pair[1][at + 1:]


def other_source(fields, master, dice):
    change_one(fields, dice, 22, 456)[1] = dice.choice((b"1", b"2", b"4", b"5", b"8", b"S", b"A", b"6", b"T", b"99", b"Y"))


def placeholder(fields, master, dice):
    change_one(fields, dice, 48, 455, 55, 207, 15)[1] = dice.choice((b"N/A", b"[N/A]", b"-", b"0000", b"NA", b" "))


def lower_case(fields, master, dice):
    pair = change_one(fields, dice, 48, 455, 55, 15, 207)
    pair[1] = pair[1].lower()


def other_exchange(fields, master, dice):
    change_one(fields, dice, 207)[1] = dice.choice((b"XLON", b"XTSE", b"XASE", b"XNYS", b"O", b"xlon"))


def other_currency(fields, master, dice):
    change_one(fields, dice, 15)[1] = dice.choice((b"USD", b"GBP", b"GBX", b"GBp", b"EUR", b"CAD", b"??"))


def dropped(fields, master, dice):
    if len(fields) > 2:
        fields.remove(dice.choice(fields[1:]))


def shuffled(fields, master, dice):
    rest = fields[1:]
    dice.shuffle(rest)
    fields[1:] = rest


def odd_text(fields, master, dice):
    fields.append([dice.choice((1, 37, 41, 17)), dice.choice((b"M\xfcnchen", "Zürich".encode(), b"\xe2\x82", b"a=b"))])


def data_field(fields, master, dice):
    fields += [[95, b"9"], [96, b"10=0" + SOH + b"55=Z"]]


def odd_number(fields, master, dice):
    change_one(fields, dice, 38, 44)[1] = dice.choice((b"0", b"-1.5", b"1e3", b"0.000000000000000001", b"9" * 21, b".5", b"007.10"))


def other_date(fields, master, dice):
    change_one(fields, dice, 52, 60)[1] = dice.choice((b"20260230-00:00:00", b"20260302", b"x", b"19991231-23:59:60.123456789"))


SPOILERS = (other_symbol, respelled_symbol, suffix_apart, other_identifier, changed_digit, other_source, placeholder, lower_case,
            other_exchange, other_currency, dropped, shuffled, odd_text, data_field, odd_number, other_date)


# ---- in an invented world --------------------------------------------------------------------------------------------

TYPES_OF_MESSAGES = (b"D", b"8", b"AE", b"J", b"F", b"V")


def invented_order(row, dice, world):
    """An order that says of the row all that there is to say, in a session of its own."""
    fields = order(row, dice)
    for tag, value in ((35, dice.choice(TYPES_OF_MESSAGES)), (49, dice.choice(SENDERS).encode()), (56, dice.choice(TARGETS).encode())):
        place_of(fields, tag)[0][1] = value
    for tag, role in ((167, "type"), (461, "cfi"), (202, "strike"), (231, "multiplier")):
        if role in row.values and dice.random() < 0.4:
            fields.append([tag, row.values[role]])
    if "put_call" in row.values and dice.random() < 0.6:
        fields.append([201, dice.choice((b"0", b"1"))])
    if dice.random() < 0.5:
        fields += [[32, b"%d" % dice.randrange(1, 500)], [31, b"%d.5" % dice.randrange(100)]]
    return fields


def put(fields, tag, value):
    """Sets the first field of the tag, or adds one."""
    found = place_of(fields, tag)
    if found:
        found[0][1] = value
    else:
        fields.append([tag, value])


def identify(fields, source, value):
    put(fields, 48, value)
    put(fields, 22, source)


def alternate(fields, source, value):
    fields += [[454, b"1"], [455, value], [456, source]]


def numbers_of(row):
    """(the CUSIP, an ISIN that holds it) of a row, by whichever of them it has; either may be None."""
    number = row.values.get("cusip") or cusip_in(row.values.get("isin", b""))
    isins = isins_with(number) if number is not None and len(number) == 9 else []
    return number, isins[0] if isins else None


def other_number(fields, row, world, dice):
    """The CUSIP by the ISIN that holds it, or the other way round."""
    number, in_isin = numbers_of(row)
    if in_isin is not None:
        identify(fields, *dice.choice(((b"1", number), (b"4", dice.choice(isins_with(number))))))


def both_numbers(fields, row, world, dice):
    number, in_isin = numbers_of(row)
    if in_isin is not None:
        identify(fields, b"1", number)
        alternate(fields, b"4", in_isin)


def contradiction(fields, row, world, dice):
    number, in_isin = numbers_of(row)
    if in_isin is not None:
        other = cusip_at_random(dice, pseudo=False).encode()
        pairs = [(b"1", dice.choice((other, number))), (b"4", dice.choice((in_isin, *isins_with(other))))]
        dice.shuffle(pairs)
        identify(fields, *pairs[0])
        alternate(fields, *pairs[1])


def short_cusip(fields, row, world, dice):
    number, _ = numbers_of(row)
    if number is not None:
        short = dice.choice((number[:8], number.lstrip(b"0"), number[:8].lstrip(b"0"), number[:6]))
        identify(fields, b"1", short.lower() if dice.random() < 0.1 else short)


def pseudo_cusip(fields, row, world, dice):
    identify(fields, b"1", cusip_at_random(dice, pseudo=True).encode())
    put(fields, *dice.choice(((167, b"OPT"), (167, b"CS"), (461, b"OCASPS"), (461, b"hcxxxx"), (201, b"0"), (201, b"1"), (54, b"1"))))


def under_a_wrong_code(fields, row, world, dice):
    known = [role for role in ("cusip", "isin") if role in row.values]
    if known:
        value = row.values[dice.choice(known)]
        identify(fields, dice.choice((b"1", b"2", b"4", b"S", b"T", b"99", b"zz")), value.lower() if dice.random() < 0.2 else value)


def under_a_wrong_code_beside_a_variant(fields, row, world, dice):
    identify(fields, b"4", cusip_at_random(dice, pseudo=False).encode())
    respelled_symbol(fields, None, dice)


def too_long(fields, row, world, dice):
    identify(fields, dice.choice((b"1", b"5", b"99")), b"x" * dice.choice((128, 129)))


def own_source(fields, row, world, dice):
    source = dice.choice((*world.sources, "hse", "100")).encode()
    identify(fields, source, row.values.get(dice.choice(("house", "isin", "cusip")), b"h-1"))


def reading_of(row, world, dice):
    """What the row's symbol says in the master's convention, where it can be read in it."""
    symbol, convention = row.values.get("symbol"), world.convention or dice.choice(("NASDAQ", "CQS", "YAHOO"))
    return symbol and read(symbol, None, convention)


def in_a_convention(fields, row, world, dice):
    reading = reading_of(row, world, dice)
    spelling = reading and spell(reading, dice.choice(CONVENTIONS))
    if spelling:
        put(fields, 55, spelling)


def any_mark(fields, row, world, dice):
    """The root with a mark of any convention, which the master may not be able to spell."""
    reading = reading_of(row, world, dice)
    convention, name = dice.choice(CONVENTIONS), dice.choice(list(MARKS_BY_NAME))
    mark = mark_of(name, dice.choice("ABW"), convention)
    if reading and mark:
        put(fields, 55, reading.root.encode("latin-1") + mark.encode())


def with_suffix(fields, row, world, dice):
    reading = reading_of(row, world, dice)
    if reading and reading.mark:
        put(fields, 55, dice.choice((reading.root.encode("latin-1"), row.values["symbol"])))
        put(fields, 65, mark_of(*reading.mark, "CMS")[1:].encode())


def odd_suffix(fields, row, world, dice):
    pair = change_one(fields, dice, 55)
    suffix = dice.choice((b"A", b"PR", b"WI", b"ZZZ"))
    put(fields, 65, suffix)
    if dice.random() < 0.3:
        pair[1] += b"." + suffix


def renamed(fields, row, world, dice):
    old, new, _ = dice.choice(world.renames)
    put(fields, 55, dice.choice((old, new)).encode())
    if dice.random() < 0.7:
        fields[:] = [pair for pair in fields if pair[0] not in (48, 22, 454, 455, 456, 65)]


def renamed_here(fields, row, world, dice):
    """The other name of the row's symbol."""
    symbol = row.values.get("symbol", b"").decode()
    others = [old if symbol == new else new for old, new, _ in world.renames if symbol in (old, new)]
    if others:
        put(fields, 55, dice.choice(others).encode())


def day_around(fields, row, world, dice):
    fields[:] = [pair for pair in fields if pair[0] != 60]
    put(fields, 52, dice.choice((b"20260228-10:00:00", b"20260301-10:00:00", b"20260303-10:00:00", b"x")))


def other_market(fields, row, world, dice):
    name = dice.choice((*MARKETS, *ALIASES))
    put(fields, 207, dice.choice((name, name.lower(), name.upper())).encode())


def other_type(fields, row, world, dice):
    types, cfis, _ = dice.choice(list(KINDS_OF_SECURITIES.values()))
    tag, value = dice.choice(((167, dice.choice(types)), (461, dice.choice(cfis))))
    put(fields, tag, value.encode())


def other_money(fields, row, world, dice):
    put(fields, *dice.choice(((231, b"0"), (231, b"-1"), (231, b"100"), (231, b"0.01"), (423, b"1"), (423, b"2"), (423, b"6"),
                              (423, b"N/A"), (15, b"GBp"), (15, b"GBX"), (151, b"7"), (99, b"3"), (44, b"99999999999999999999"))))


def contract(fields, row, world, dice):
    put(fields, *dice.choice(((202, b"100.5"), (202, b"7"), (201, b"0"), (201, b"1"), (541, b"20260619"), (200, b"202607"), (541, b"20260230"))))


def exposure(fields, row, world, dice):
    put(fields, *dice.choice(((43, b"Y"), (97, b"Y"), (43, b"N"), (20, b"0"), (20, b"1"), (150, b"F"), (150, b"4"), (150, b" 5 "),
                              (487, b"0"), (487, b"1"), (71, b"0"), (71, b"2"))))


def no_session(fields, row, world, dice):
    tag = dice.choice((49, 56))
    fields[:] = [pair for pair in fields if pair[0] != tag]


def as_leg(fields, row, world, dice):
    tags = {55: 600, 65: 601, 48: 602, 22: 603, 207: 616, 15: 556, 167: 609, 461: 608, 231: 614}
    leg = [[tags[tag], value] for tag, value in fields if tag in tags]
    if leg:
        fields += [[555, b"1"], *leg]


def as_underlying(fields, row, world, dice):
    tags = {55: 311, 65: 312, 48: 309, 22: 305, 207: 308, 15: 318, 167: 310, 461: 463, 231: 436, 201: 315}
    fields += [[tags[tag], value] for tag, value in fields if tag in tags]


def as_reference(fields, row, world, dice):
    tags = dice.choice(({48: 699, 22: 761}, {55: 1098, 48: 1097, 22: 1096}, {55: 1103, 48: 1104, 22: 1105}))
    fields += [[tags[tag], value] for tag, value in fields if tag in tags]


def as_entry(fields, row, world, dice):
    """The same again in an entry of a list, or the last fields in one."""
    again = [list(pair) for pair in fields if pair[0] in (55, 65, 48, 22, 207, 15, 167, 461, 231, 38, 44, 423)]
    if place_of(again, 55, 48):
        fields += [[dice.choice((146, 268, 295, 428, 1889, 2428)), b"1"], *again]


INVENTED_SPOILERS = (other_number, both_numbers, contradiction, short_cusip, pseudo_cusip, under_a_wrong_code,
                     under_a_wrong_code_beside_a_variant, too_long, own_source,
                     in_a_convention, in_a_convention, any_mark, with_suffix, odd_suffix, renamed, renamed_here, day_around,
                     other_market, other_type, other_money, contract, exposure, no_session, as_leg,
                     as_underlying, as_reference, as_entry)


def framed(fields, dice):
    """As bytes, now and then cut or changed so that it is no FIX any more."""
    body = b"".join(b"%d=%s\x01" % (tag, value) for tag, value in fields)
    message = b"8=%s\x019=%d\x01" % (dice.choice((b"FIX.4.2", b"FIX.4.4", b"FIXT.1.1")), len(body)) + body
    message += b"10=%03d\x01" % (sum(message) % 256)
    if dice.random() < 0.03:
        at = dice.randrange(len(message))
        message = dice.choice((message[:at], message[:at] + b"\x01" + message[at:], message[:at] + b"0" + message[at + 1:]))
    return message

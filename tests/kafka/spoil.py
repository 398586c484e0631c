"""Orders on the listings of a real master, right at first and then spoiled in one to three places at random."""

SOH = b"\x01"
KINDS = {"isin": b"4", "cusip": b"1", "figi": b"S", "composite_figi": b"S", "share_class_figi": b"S", "symbol": b"8"}
TYPES = (b"D", b"8", b"G", b"F", b"S", b"AE", b"9", b"0", b"V", b"6")


def spoiled_orders(master, dice, copies):
    for row in master.rows:
        for _ in range(copies):
            fields = order(row, dice)
            for _ in range(dice.choice((0, 0, 1, 1, 2, 3))):
                dice.choice(SPOILERS)(fields, master, dice)
            yield framed(fields, dice)


def order(row, dice):
    """[tag, value] pairs of a message that agrees with the row as far as it says anything."""
    values = row.values
    fields = [[35, dice.choice(TYPES)], [49, b"DESK"], [56, b"VENUE"], [34, b"%d" % dice.randrange(10**6)],
              [52, b"20260302-10:00:00.%03d" % dice.randrange(1000)], [11, b"O%d" % dice.randrange(10**9)]]
    if dice.random() < 0.8:
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
    change_one(fields, dice, 55)[1] = dice.choice(master.rows).values["symbol"]


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
    role = dice.choice([role for role in KINDS if role in row.values])
    change_one(fields, dice, 48, 455)[1] = row.values[role]


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


def framed(fields, dice):
    """As bytes, now and then cut or changed so that it is no FIX any more."""
    body = b"".join(b"%d=%s\x01" % (tag, value) for tag, value in fields)
    message = b"8=%s\x019=%d\x01" % (dice.choice((b"FIX.4.2", b"FIX.4.4", b"FIXT.1.1")), len(body)) + body
    message += b"10=%03d\x01" % (sum(message) % 256)
    if dice.random() < 0.03:
        at = dice.randrange(len(message))
        message = dice.choice((message[:at], message[:at] + b"\x01" + message[at:], message[:at] + b"0" + message[at + 1:]))
    return message

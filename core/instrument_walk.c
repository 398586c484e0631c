#include "instrument_walk.h"

#include <stdlib.h>

#include "ascii.h"

#define NO_SLOT UINT32_MAX
#define FIRST_ROOM 16
#define REFERENCES (BLOCK_TRIGGER - BLOCK_BENCHMARK + 1)
#define NEW_ENTRY "0" /* MDUpdateAction (279) */

#define BIT(n) (UINT32_C(1) << (n))
#define BIT64(n) (UINT64_C(1) << (n))

/* Versions as ApplVerID (1128) numbers them. */
enum { VERSION_FIX42 = 4, VERSION_FIX44 = 6, VERSION_FIX50 = 7, VERSION_LATEST = 9 };

/* Where the fields of a block belong at the moment. */
struct place {
    uint32_t slot;
    bool makes; /* the first field makes a slot where there is none */
};

/* A group whose entries are being read. */
struct group {
    bool open;
    uint32_t delimiter; /* the tag that starts each entry; 0: the next tag, whichever it is */
};

/* A group at GROUP_LIST, and what of message and amounts belongs to its entries in any version of FIX. */
struct list_kind {
    uint32_t counter;
    uint32_t message_tags; /* bits */
    uint32_t amounts;      /* bits */
};

/* What is filled, and why it ended early. */
struct outcome {
    struct instrument_list *list;
    enum fix_reason reason;
    bool no_memory;
};

struct walk {
    struct outcome out;
    struct slice begin_string;
    struct slice type;
    bool references;
    struct place places[BLOCK_INSTRUMENTS_END];
    struct place direct;                      /* of an underlying outside group 711 */
    struct place body_references[REFERENCES]; /* while no list is open */
    uint32_t positions[INSTRUMENT_ROLE_COUNT];
    struct group groups[GROUP_LEVELS];
    uint32_t open;                /* bits: groups that are */
    const struct list_kind *kind; /* of the open list */
    bool holds_main;              /* its entries have an Instrument block */
    bool foreign_prices;          /* what follows of currency and amounts is of no instrument that is named */
    bool entry_refers;            /* of the market data entry at hand: it changes or refers to one of another message */
    struct fix_place message[MESSAGE_TAG_COUNT];
};

static const struct list_kind list_kinds[] = {
    {146, BIT(MESSAGE_TRANSACT_TIME), BIT(AMOUNT_ORDER_QTY) | BIT(AMOUNT_PRICE) | BIT(AMOUNT_PRICE_TYPE)},
    {268, BIT(MESSAGE_ORDER_ID) | BIT(MESSAGE_TRANSACT_TIME), BIT(AMOUNT_LAST_PX) | BIT(AMOUNT_PRICE_TYPE)},
    {295, BIT(MESSAGE_TRANSACT_TIME), 0},
    {428, BIT(MESSAGE_CL_ORD_ID), BIT(AMOUNT_PRICE)},
    {73, BIT(MESSAGE_CL_ORD_ID) | BIT(MESSAGE_TRANSACT_TIME) | BIT(MESSAGE_TRADE_DATE),
     BIT(AMOUNT_ORDER_QTY) | BIT(AMOUNT_PRICE) | BIT(AMOUNT_STOP_PX) | BIT(AMOUNT_PRICE_TYPE)},
    {1165, 0, 0},
    {1889, BIT(MESSAGE_CL_ORD_ID) | BIT(MESSAGE_ORDER_ID) | BIT(MESSAGE_ORIG_CL_ORD_ID),
     BIT(AMOUNT_LAST_PX) | BIT(AMOUNT_LAST_QTY) | BIT(AMOUNT_SHARES) | BIT(AMOUNT_CUM_QTY) | BIT(AMOUNT_ORDER_QTY) |
         BIT(AMOUNT_PRICE) | BIT(AMOUNT_STOP_PX) | BIT(AMOUNT_LEAVES_QTY) | BIT(AMOUNT_PRICE_TYPE)},
    {2428, BIT(MESSAGE_CL_ORD_ID) | BIT(MESSAGE_ORDER_ID) | BIT(MESSAGE_ORIG_CL_ORD_ID) | BIT(MESSAGE_EXEC_TYPE),
     BIT(AMOUNT_CUM_QTY) | BIT(AMOUNT_LEAVES_QTY) | BIT(AMOUNT_ORDER_QTY) | BIT(AMOUNT_PRICE)},
};

static bool type_is(const struct walk *w, const char *type)
{
    return slice_equal_text(w->type, type);
}

static struct slice text_of(const struct instrument_list *list, struct fix_place span)
{
    return slice_make(list->base + span.at, span.len);
}

static struct slice span_text(const struct walk *w, struct fix_place span)
{
    return text_of(w->out.list, span);
}

/* Whether a group's counter is a number above 0. */
static bool counts_some(struct slice counter)
{
    bool some = false;

    counter = slice_trim(counter);
    for (size_t i = 0; i < counter.len; i++) {
        if (!ascii_is_digit(counter.ptr[i]))
            return false;
        some = some || counter.ptr[i] != '0';
    }
    return some;
}

/* The version of FIX that the body follows. */
static int version_of(const struct walk *w)
{
    static const struct slice versions[] = {
        SLICE_LITERAL("FIX.4.0"), SLICE_LITERAL("FIX.4.1"), SLICE_LITERAL("FIX.4.2"),    SLICE_LITERAL("FIX.4.3"),
        SLICE_LITERAL("FIX.4.4"), SLICE_LITERAL("FIX.5.0"), SLICE_LITERAL("FIX.5.0SP1"), SLICE_LITERAL("FIX.5.0SP2"),
    };
    const int first = 2;
    struct slice said = slice_trim(span_text(w, w->message[MESSAGE_APPL_VER_ID]));

    if (said.len == 1 && said.ptr[0] >= '2' && said.ptr[0] <= '9')
        return said.ptr[0] - '0';
    for (int i = 0; i < (int)(sizeof versions / sizeof versions[0]); i++)
        if (slice_equal(w->begin_string, versions[i]))
            return first + i;
    return VERSION_LATEST;
}

/* ---- slots ---- */

static bool grow_slots(struct walk *w)
{
    struct instrument_list *l = w->out.list;
    uint32_t room = l->room ? 2 * l->room : FIRST_ROOM;
    struct instrument_slot *slots;

    if (l->count == INSTRUMENTS_MAX) {
        w->out.reason = FIX_TOO_MANY_INSTRUMENTS;
        return false;
    }
    slots = reallocarray(l->slots, room, sizeof *slots);
    if (slots == NULL) {
        w->out.no_memory = true;
        return false;
    }
    l->slots = slots;
    l->room = room;
    return true;
}

/* The number of a new slot, NO_SLOT where there can be none. */
static uint32_t new_slot(struct walk *w, enum tag_block block, enum instrument_role role)
{
    struct instrument_list *l = w->out.list;

    if ((l->count == l->room || l->count == INSTRUMENTS_MAX) && !grow_slots(w))
        return NO_SLOT;
    l->slots[l->count] =
        (struct instrument_slot){.block = (uint8_t)block, .role = (uint8_t)role, .position = w->positions[role]++};
    return l->count++;
}

static bool put_slot(struct walk *w, enum tag_block block, enum instrument_role role)
{
    w->places[block] = (struct place){.slot = new_slot(w, block, role)};
    return w->places[block].slot != NO_SLOT;
}

static enum instrument_role role_of_block(enum tag_block block)
{
    switch (block) {
    case BLOCK_UNDERLYING:
        return INSTRUMENT_UNDERLYING;
    case BLOCK_DERIVATIVE:
        return INSTRUMENT_DERIVATIVE;
    default:
        return INSTRUMENT_REFERENCE; /* the other blocks' slots are made with their entries */
    }
}

static bool add_alternate(struct outcome *o, struct instrument_slot *slot)
{
    struct instrument_list *l = o->list;

    if (slot->alternates == INSTRUMENT_ALTERNATES_MAX) {
        o->reason = FIX_TOO_MANY_IDENTIFIERS;
        return false;
    }
    if (l->alternate_count == l->alternate_room) {
        uint32_t room = l->alternate_room ? 2 * l->alternate_room : FIRST_ROOM;
        struct instrument_alternate *alternates = reallocarray(l->alternates, room, sizeof *alternates);
        if (alternates == NULL) {
            o->no_memory = true;
            return false;
        }
        l->alternates = alternates;
        l->alternate_room = room;
    }
    l->alternates[l->alternate_count] = (struct instrument_alternate){0};
    if (slot->alternates++ == 0)
        slot->alternate = l->alternate_count;
    else
        l->alternates[slot->last_alternate].next = l->alternate_count;
    slot->last_alternate = l->alternate_count++;
    return true;
}

static void keep_first(struct fix_place *kept, struct fix_place value)
{
    if (kept->len == 0)
        *kept = value;
}

/* A group of alternates: its first tag delimits its entries, whichever of the two it is, even where its value is
 * empty. */
static bool take_alternate(struct outcome *o, struct instrument_slot *slot, enum instrument_field field, uint32_t tag,
                           struct fix_place value)
{
    struct instrument_alternate *entry;

    if (field == FIELD_ALTERNATES)
        slot->has_alternates = slot->has_alternates || counts_some(text_of(o->list, value));
    if (!slot->has_alternates || field == FIELD_ALTERNATES)
        return true;
    if (slot->alternate_tag == 0)
        slot->alternate_tag = tag;
    if (tag == slot->alternate_tag && !add_alternate(o, slot))
        return false;
    entry = &o->list->alternates[slot->last_alternate];
    keep_first(field == FIELD_ALTERNATE_ID ? &entry->value : &entry->source, value);
    return true;
}

static struct place *place_of(struct walk *w, enum tag_block block)
{
    if (block == BLOCK_UNDERLYING && !w->groups[GROUP_UNDERLYINGS].open)
        return &w->direct;
    if (block >= BLOCK_BENCHMARK && !w->groups[GROUP_LIST].open)
        return &w->body_references[block - BLOCK_BENCHMARK];
    return &w->places[block];
}

/* A field of a block that names an instrument. */
static bool take_instrument(struct walk *w, enum tag_block block, enum instrument_field field, uint32_t tag,
                            struct fix_place value)
{
    struct place *place = place_of(w, block);

    if (place->slot == NO_SLOT) {
        if (!place->makes || value.len == 0)
            return true;
        place->slot = new_slot(w, block, role_of_block(block));
        if (place->slot == NO_SLOT)
            return false;
    }
    if (field >= FIELD_KEPT)
        return take_alternate(&w->out, &w->out.list->slots[place->slot], field, tag, value);
    if (field != FIELD_CURRENCY || !w->foreign_prices || block != BLOCK_MAIN)
        keep_first(&w->out.list->slots[place->slot].values[field], value);
    return true;
}

/* RelatdSym: the symbol of an entry of a list, or alone one of its own (FIX 4.0 to 4.2). */
static bool take_related(struct walk *w, struct fix_place value)
{
    uint32_t number = w->places[BLOCK_MAIN].slot;
    struct instrument_slot *slot;

    if (value.len == 0 || version_of(w) > VERSION_FIX42)
        return true;
    if (!w->holds_main) {
        number = new_slot(w, BLOCK_MAIN, INSTRUMENT_LIST_ENTRY);
        if (number == NO_SLOT)
            return false;
    }
    slot = &w->out.list->slots[number];
    slot->is_related = slot->is_related || slot->values[FIELD_SYMBOL].len == 0;
    keep_first(&slot->values[FIELD_SYMBOL], value);
    return true;
}

/* ---- groups ---- */

static bool is_market_data(const struct walk *w)
{
    return w->kind != NULL && w->kind->counter == 268;
}

/* The entry of the list at hand is complete. Before the first one that is the body's, which is no entry and so takes
 * nothing over. */
static void end_list_entry(struct walk *w)
{
    if (w->holds_main)
        w->out.list->slots[w->places[BLOCK_MAIN].slot].may_inherit = is_market_data(w) && !w->entry_refers;
    w->entry_refers = false;
}

static void close_group(struct walk *w, enum group_level level)
{
    if (!w->groups[level].open)
        return;
    w->groups[level] = (struct group){0};
    w->open &= ~BIT(level);
    if (level == GROUP_LIST) {
        end_list_entry(w);
        w->places[BLOCK_MAIN] = (struct place){.slot = 0};
        w->kind = NULL;
        w->holds_main = false;
    } else if (level == GROUP_LEGS) {
        w->places[BLOCK_LEG] = (struct place){.slot = NO_SLOT};
    } else if (level == GROUP_LEG_UNDERLYINGS) {
        w->places[BLOCK_UNDERLYING_LEG] = (struct place){.slot = NO_SLOT};
    }
}

/* What lies inside an entry ends with it. */
static void close_inside(struct walk *w, enum group_level level)
{
    switch (level) {
    case GROUP_SETS:
        close_group(w, GROUP_LIST);
        /* fall through */
    case GROUP_LIST:
        close_group(w, GROUP_LEGS);
        close_group(w, GROUP_UNDERLYINGS);
        /* fall through */
    case GROUP_LEGS:
        close_group(w, GROUP_LEG_UNDERLYINGS);
        break;
    default:
        break;
    }
}

static bool start_list_entry(struct walk *w)
{
    end_list_entry(w);
    for (int block = BLOCK_BENCHMARK; block <= BLOCK_TRIGGER; block++)
        w->places[block] = (struct place){.slot = NO_SLOT, .makes = w->references};
    /* An underlying outside group 711 is the set's, or the entry's; these three have it in the body. */
    if (!w->groups[GROUP_SETS].open && !type_is(w, "AA") && !type_is(w, "BR") && !type_is(w, "W"))
        w->direct = (struct place){.slot = NO_SLOT, .makes = true};
    return !w->holds_main || put_slot(w, BLOCK_MAIN, INSTRUMENT_LIST_ENTRY);
}

static bool start_entry(struct walk *w, enum group_level level)
{
    close_inside(w, level);
    switch (level) {
    case GROUP_SETS:
        w->direct = (struct place){.slot = NO_SLOT, .makes = true};
        return true;
    case GROUP_LIST:
        return start_list_entry(w);
    case GROUP_LEGS:
        return put_slot(w, BLOCK_LEG, INSTRUMENT_LEG);
    case GROUP_LEG_UNDERLYINGS:
        return put_slot(w, BLOCK_UNDERLYING_LEG, INSTRUMENT_UNDERLYING_LEG);
    default:
        return put_slot(w, BLOCK_UNDERLYING, INSTRUMENT_UNDERLYING);
    }
}

/* The first tag behind a counter delimits the entries; of several groups that one tag delimits, the outermost
 * counts. */
static bool delimit(struct walk *w, uint32_t tag)
{
    for (int level = 0; level < GROUP_LEVELS; level++) {
        struct group *group = &w->groups[level];
        if (!group->open)
            continue;
        if (group->delimiter == 0)
            group->delimiter = tag;
        if (group->delimiter == tag)
            return start_entry(w, (enum group_level)level);
    }
    return true;
}

/* The kind of a list, or NULL where the counter starts none: other messages than E list bare order numbers in 73. */
static const struct list_kind *find_list_kind(const struct walk *w, uint32_t counter)
{
    for (size_t i = 0; i < sizeof list_kinds / sizeof list_kinds[0]; i++)
        if (list_kinds[i].counter == counter)
            return counter != 73 || type_is(w, "E") ? &list_kinds[i] : NULL;
    return NULL;
}

/* Some lists hold no Instrument block: prices of the body's (268 in W), underlyings (146 in c and d). */
static bool list_holds_main(const struct walk *w, uint32_t counter)
{
    return counter == 268 ? !type_is(w, "W") : counter != 146 || (!type_is(w, "c") && !type_is(w, "d"));
}

static void open_group(struct walk *w, enum group_level level, uint32_t counter, struct fix_place value)
{
    const struct list_kind *kind = level == GROUP_LIST ? find_list_kind(w, counter) : NULL;

    if ((level == GROUP_LIST && kind == NULL) || !counts_some(span_text(w, value)))
        return;
    close_inside(w, level);
    close_group(w, level);
    w->groups[level].open = true;
    w->open |= BIT(level);
    if (kind != NULL) {
        w->kind = kind;
        w->holds_main = list_holds_main(w, counter);
        w->foreign_prices = counter == 268 && !w->holds_main;
    }
    if (level == GROUP_UNDERLYINGS) {
        w->places[BLOCK_UNDERLYING] = (struct place){.slot = NO_SLOT};
        /* ListStrikePrice had prices of its own there, before they moved to the strikes. */
        if (type_is(w, "m") && (version_of(w) == VERSION_FIX44 || version_of(w) == VERSION_FIX50))
            w->foreign_prices = true;
    }
}

/* ---- the rest of the fields ---- */

static void take_message(struct walk *w, enum message_tag field, struct fix_place value)
{
    bool is_entrys = w->kind != NULL && (w->kind->message_tags & BIT(field)) != 0;

    if (!is_entrys || !(w->holds_main || w->foreign_prices))
        keep_first(&w->message[field], value);
}

static void take_amount(struct walk *w, enum amount amount, struct fix_place value)
{
    bool is_entrys = w->holds_main && (w->kind->amounts & BIT(amount)) != 0;

    if (!w->foreign_prices)
        keep_first(&w->out.list->slots[is_entrys ? w->places[BLOCK_MAIN].slot : 0].amounts[amount], value);
}

/* Only a new entry of its own, which refers to no other, has the instrument of the one before (FIX 4.2 to 5.0 SP2,
 * MDUpdateAction and MDEntryRefID). */
static void take_entry(struct walk *w, enum entry_tag field, struct fix_place value)
{
    if (is_market_data(w) && value.len > 0 &&
        (field == ENTRY_REFERENCE || !slice_equal_text(slice_trim(span_text(w, value)), NEW_ENTRY)))
        w->entry_refers = true;
}

static bool take_field(struct walk *w, uint32_t tag, struct fix_place value)
{
    struct tag_meaning meaning = {0};

    if (w->open != 0 && !delimit(w, tag))
        return false;
    if (tag <= INSTRUMENT_TAG_MAX)
        meaning = instrument_tag_meanings[tag];
    switch (meaning.block) {
    case BLOCK_NONE:
        return true;
    case BLOCK_MESSAGE:
        take_message(w, (enum message_tag)meaning.field, value);
        return true;
    case BLOCK_AMOUNT:
        take_amount(w, (enum amount)meaning.field, value);
        return true;
    case BLOCK_GROUP:
        open_group(w, (enum group_level)meaning.field, tag, value);
        return true;
    case BLOCK_ENTRY:
        take_entry(w, (enum entry_tag)meaning.field, value);
        return true;
    case BLOCK_RELATED:
        return take_related(w, value);
    default:
        return take_instrument(w, (enum tag_block)meaning.block, (enum instrument_field)meaning.field, tag, value);
    }
}

/* Puts the message's fields where a plain message has them. */
static void set_found(struct instrument_list *list, const struct fix_place *message)
{
    memcpy(list->found + PLAIN_MESSAGE, message, MESSAGE_TAG_COUNT * sizeof *message);
    list->found_places = ~UINT64_C(0);
}

static bool start(struct walk *w)
{
    w->out.list->count = 0;
    w->out.list->alternate_count = 0;
    w->places[BLOCK_LEG].slot = w->places[BLOCK_UNDERLYING_LEG].slot = NO_SLOT;
    w->direct = w->places[BLOCK_DERIVATIVE] = (struct place){.slot = NO_SLOT, .makes = true};
    for (int i = 0; i < REFERENCES; i++)
        w->body_references[i] = (struct place){.slot = NO_SLOT, .makes = w->references};
    return put_slot(w, BLOCK_MAIN, INSTRUMENT_BODY);
}

/* ---- messages without groups: most of them ---- */

/* Where the value of a tag goes at once; two places are there to say that there is such a tag. */
enum {
    PLAIN_ALTERNATES = INSTRUMENT_PLAIN_MAX - 2, /* the body has alternates, which have to be walked */
    PLAIN_WALK,                                  /* all of it has to be walked */
};

#define PLAIN_TAGS (1u << 14) /* in the table: all of four digits */

_Static_assert((int)PLAIN_COUNT <= (int)PLAIN_ALTERNATES, "each place says one thing");
_Static_assert((PLAIN_TAGS & (PLAIN_TAGS - 1)) == 0 && INSTRUMENT_TAG_MAX < PLAIN_TAGS, "bits tell what the table has");

#define PLAIN_OF_MAIN(field) ((int)(field) < (int)FIELD_KEPT ? PLAIN_VALUES + (int)(field) : PLAIN_ALTERNATES)
#define PLAIN_OF_MESSAGE(field) (PLAIN_MESSAGE + (int)(field))
#define PLAIN_OF_AMOUNT(field) (PLAIN_AMOUNTS + (int)(field))
#define PLAIN_OF_LEG(field) PLAIN_WALK
#define PLAIN_OF_UNDERLYING(field) PLAIN_WALK
#define PLAIN_OF_UNDERLYING_LEG(field) PLAIN_WALK
#define PLAIN_OF_DERIVATIVE(field) PLAIN_WALK
#define PLAIN_OF_BENCHMARK(field) PLAIN_WALK
#define PLAIN_OF_PEG(field) PLAIN_WALK
#define PLAIN_OF_TRIGGER(field) PLAIN_WALK
#define PLAIN_OF_GROUP(field) PLAIN_WALK
#define PLAIN_OF_RELATED(field) PLAIN_WALK
#define PLAIN_OF_ENTRY(field) PLAIN_NOTHING /* it says something in groups only */

static const uint8_t plain_places[PLAIN_TAGS] = {
#define X(tag, block, field) [tag] = PLAIN_OF_##block(field),
    INSTRUMENT_TAGS(X) MESSAGE_TAGS(X)
#undef X
};

#define BITS4(n) BIT64(n), BIT64((n) + 1), BIT64((n) + 2), BIT64((n) + 3)
#define BITS16(n) BITS4(n), BITS4((n) + 4), BITS4((n) + 8), BITS4((n) + 12)

/* 1 << place: a load that is or'ed takes one instruction, a shift takes four. */
static const uint64_t plain_bits[INSTRUMENT_PLAIN_MAX] = {BITS16(0), BITS16(16), BITS16(32), BITS16(48)};

/* The alternates of a plain message's body. */
static bool walk_alternates(struct outcome *o, const struct fix_index *index)
{
    for (uint32_t i = 0; i < index->count; i++) {
        uint32_t tag = index->tags[i];
        if (tag - 454 <= 456 - 454 &&
            !take_alternate(o, &o->list->slots[0], (enum instrument_field)instrument_tag_meanings[tag].field, tag,
                            index->values[i]))
            return false;
    }
    return true;
}

/* Finds the values of a message that has no groups that matter. From the last field to the first, so that the first
 * occurrence of a tag stays. Returns the places that have one. */
static inline __attribute__((always_inline)) uint64_t find_plain(const struct fix_index *index, uint32_t first,
                                                                 bool is_in_table, struct fix_place *found)
{
    uint64_t places = 0;

#pragma GCC unroll 4
    for (size_t i = index->count; i-- > first;) {
        uint32_t tag = index->tags[i];
        struct fix_place value = index->values[i];
        size_t place = plain_places[is_in_table || tag < PLAIN_TAGS ? tag : 0];
        places |= plain_bits[place];
        found[place] = value;
    }
    return places;
}

/* BeginString, BodyLength and MsgType say nothing here, and are told apart more quickly where they stand first. */
static uint64_t find_places(const struct fix_index *index, struct fix_place *found)
{
    uint32_t first = index->count > 2 && index->tags[1] == 9 && index->tags[2] == 35 ? 3 : 1;

    return index->tag_bits < PLAIN_TAGS ? find_plain(index, first, true, found)
                                        : find_plain(index, first, false, found);
}

static bool walk_index(struct walk *w, const struct fix_index *index)
{
    for (uint32_t i = 0; i < index->count; i++)
        if (!take_field(w, index->tags[i], index->values[i]))
            return false;
    return true;
}

static bool walk_fields(struct walk *w, const struct fix_message *message)
{
    struct fix_cursor cursor;
    struct fix_field field;

    fix_cursor_start(message, &cursor);
    while (fix_cursor_next(&cursor, &field)) {
        struct fix_place value = {(uint32_t)(field.value.ptr - message->fields.ptr), (uint32_t)field.value.len};
        if (!take_field(w, field.tag, value))
            return false;
    }
    return true;
}

static void walk_message(struct outcome *o, const struct fix_message *message, bool references)
{
    struct walk w = {
        .out = *o, .begin_string = message->begin_string, .type = message->msg_type, .references = references};
    bool good = start(&w);

    if (good)
        good = message->index != NULL ? walk_index(&w, message->index) : walk_fields(&w, message);
    if (good)
        close_group(&w, GROUP_LIST);
    set_found(o->list, w.message);
    *o = w.out;
}

/* The body's slot of a plain message, whose values are elsewhere. */
static bool start_plain(struct outcome *o)
{
    struct instrument_list *l = o->list;

    l->count = 1;
    l->alternate_count = 0;
    if (l->room == 0) {
        l->slots = calloc(FIRST_ROOM, sizeof *l->slots);
        o->no_memory = l->slots == NULL;
        l->room = o->no_memory ? 0 : FIRST_ROOM;
    }
    if (o->no_memory)
        return false;
    memset(&l->slots[0], 0, offsetof(struct instrument_slot, values));
    l->slots[0].block = BLOCK_MAIN;
    l->slots[0].role = INSTRUMENT_BODY;
    return true;
}

int instrument_walk(struct instrument_list *list, const struct fix_message *message, bool references,
                    enum fix_reason *reason, struct error *e)
{
    struct outcome out = {.list = list};
    uint64_t places = BIT64(PLAIN_WALK);

    list->base = message->fields.ptr;
    if (message->fields.len > UINT32_MAX)
        return error_set(e, ERROR_INTERNAL, "a message of %zu bytes", message->fields.len);
    if (message->index != NULL)
        places = find_places(message->index, list->found);
    list->found_places = places;
    list->is_plain = (places & BIT64(PLAIN_WALK)) == 0;
    if (!list->is_plain) {
        walk_message(&out, message, references);
    } else if (start_plain(&out) && (places & BIT64(PLAIN_ALTERNATES)) != 0) {
        walk_alternates(&out, message->index);
    }
    if (out.no_memory)
        return error_set(e, ERROR_INTERNAL, "no memory for the instruments of a message");
    *reason = out.reason;
    return 0;
}

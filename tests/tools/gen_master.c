#include "gen_master.h"

#include "gen_row.h"
#include "gen_text.h"
#include "random.h"

enum { ROW_BYTES_MAX = 2048 };

static const char header[] = "symbol,name,isin,cusip,sedol,figi,mic,currency,security_type,cfi_code,maturity_date,"
                             "strike,put_call,multiplier,status,delisting_date,country,sector,description\n";

#define PICK(list, r) ((list)[random_below((r), sizeof(list) / sizeof(list)[0])])

static void add_name(struct text *t, struct random *r)
{
    static const char *const firsts[] = {"Kestrel", "Northgate",   "Blue Heron", "Ostrava",   "Halcyon",  "Tamarack",
                                         "Verdant", "Quarrystone", "Lindqvist",  "Marisol",   "Penumbra", "Ridgeline",
                                         "Sable",   "Thornbury",   "Umbra",      "Winterfold"};
    static const char *const seconds[] = {"Holdings", "Energy", "Therapeutics",  "Logistics", "Bancorp",   "Mining",
                                          "Software", "Foods",  "Semiconductor", "Utilities", "Aerospace", "Capital"};
    static const char *const ends[] = {"Inc", "Corp", "plc", "AG", "SA", "Group", "Ltd"};

    switch (random_below(r, 4)) {
    case 0:
        text_add_char(t, '"');
        text_add(t, PICK(firsts, r));
        text_add_char(t, ' ');
        text_add(t, PICK(seconds, r));
        text_add(t, ", Inc.\"");
        break;
    case 1:
        text_add(t, "\"The \"\"");
        text_add(t, PICK(firsts, r));
        text_add(t, "\"\" ");
        text_add(t, PICK(seconds, r));
        text_add(t, " Company, Limited\"");
        break;
    default:
        text_add(t, PICK(firsts, r));
        text_add_char(t, ' ');
        text_add(t, PICK(seconds, r));
        text_add_char(t, ' ');
        text_add(t, PICK(ends, r));
    }
}

/* Now and then it is blank, and once in a while it runs over two lines. */
static void add_description(struct text *t, struct random *r)
{
    static const char *const verbs[] = {"designs and sells", "operates", "finances", "develops, makes and services",
                                        "explores for",      "insures",  "leases",   "distributes"};
    static const char *const things[] = {"industrial pumps",  "cold stores",       "rail wagons",
                                         "copper deposits",   "payment terminals", "wind farms",
                                         "dental devices",    "office buildings",  "network test systems",
                                         "speciality coffee", "marine engines",    "clinical software"};
    static const char *const places[] = {"North America",
                                         "the Nordic countries",
                                         "the \"\"DACH\"\" region",
                                         "Asia-Pacific",
                                         "Latin America",
                                         "the United Kingdom",
                                         "Africa",
                                         "Australia"};
    if (random_percent(r, 5))
        return;
    text_add(t, "\"It ");
    text_add(t, PICK(verbs, r));
    text_add_char(t, ' ');
    text_add(t, PICK(things, r));
    text_add(t, random_below(r, 256) == 0 ? ",\nand " : ", and ");
    text_add(t, PICK(verbs, r));
    text_add_char(t, ' ');
    text_add(t, PICK(things, r));
    text_add(t, " in ");
    text_add(t, PICK(places, r));
    text_add(t, " and ");
    text_add(t, PICK(places, r));
    text_add(t, ". Founded in ");
    text_add_number(t, 1870 + random_below(r, 150));
    text_add(t, ", it employs ");
    text_add_number(t, 20 + random_below(r, 5000));
    text_add(t, " people.\"");
}

static void add_column(struct text *t, const char *value)
{
    text_add(t, value);
    text_add_char(t, ',');
}

static void add_row(struct text *t, uint64_t seed, const struct row *row)
{
    static const char *const sectors[] = {
        "Industrials", "Health Care", "Financials",           "Information Technology",
        "Materials",   "Utilities",   "\"Oil, Gas & Fuels\"", ""};
    struct random r = random_at(seed, RANDOM_ROW_TEXT, row->index);

    add_column(t, row->symbol);
    add_name(t, &r);
    text_add_char(t, ',');
    add_column(t, row->isin);
    add_column(t, row->cusip);
    add_column(t, row->sedol);
    add_column(t, row->figi);
    add_column(t, row->mic);
    add_column(t, row->currency);
    add_column(t, row->type);
    add_column(t, row->cfi);
    add_column(t, row->maturity);
    add_column(t, row->strike);
    add_column(t, row->put_call);
    add_column(t, row->multiplier);
    add_column(t, row->status);
    add_column(t, row->delisting_date);
    add_column(t, row->country);
    add_column(t, PICK(sectors, &r));
    add_description(t, &r);
    text_add_char(t, '\n');
}

int master_write(uint64_t seed, uint64_t rows, struct output *output)
{
    char bytes[ROW_BYTES_MAX];

    output_write(output, header, sizeof header - 1);
    for (uint64_t i = 0; i < rows && output->error == 0; i++) {
        struct text t = {.bytes = bytes, .capacity = sizeof bytes};
        struct row row;

        row_make(seed, i, &row);
        add_row(&t, seed, &row);
        output_write(output, t.bytes, t.len);
    }
    return output->error ? -1 : 0;
}

#include "gen_messages.h"

#include "gen_fix.h"
#include "gen_malformed.h"
#include "gen_planted.h"

/* One message in the making. */
struct making {
    const struct messages_options *options;
    struct plan *plan;
    struct random r;
    uint64_t n;
    struct text out;
};

static void put_little_endian(unsigned char bytes[4], size_t n)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(n >> 8 * i);
}

static void write_framed(const struct making *m, struct output *output)
{
    unsigned char length[4];

    if (m->options->framing == FRAMING_LENGTH) {
        put_little_endian(length, m->out.len);
        output_write(output, length, sizeof length);
    }
    output_write(output, m->out.bytes, m->out.len);
    if (m->options->framing == FRAMING_LINE)
        output_write(output, "\n", 1);
}

/* The first message of a stretch: the least n with n * rate / 1,000,000 >= stretch. */
static uint64_t stretch_start(uint64_t stretch, uint64_t rate)
{
    return (stretch * MESSAGES_RATE_ONE + rate - 1) / rate;
}

/* Whether message n is the planted one of its stretch, which is then its number. */
static bool is_planted(const struct messages_options *o, uint64_t n, uint64_t *stretch)
{
    uint64_t start;
    uint64_t end;

    if (o->rate == 0)
        return false;
    *stretch = n * o->rate / MESSAGES_RATE_ONE;
    start = stretch_start(*stretch, o->rate);
    end = stretch_start(*stretch + 1, o->rate);
    if (end > o->count)
        end = o->count; /* the last stretch has its planted message, too */
    return n - start == random_hash(o->seed, RANDOM_PLANT_POSITION, *stretch) % (end - start);
}

/* Messages are about whole blocks of rows: the last block may lack some of its listings. */
static struct planting planting_of(struct making *m)
{
    return (struct planting){
        .seed = m->options->seed,
        .rows = m->options->rows - m->options->rows % ROW_BLOCK,
        .r = &m->r,
        .plan = m->plan,
    };
}

static bool is_active(const struct row *row)
{
    return row->is_active;
}

static void write_message(struct making *m, enum fix_type type, const struct instrument *said)
{
    char bytes[FIX_MESSAGE_MAX];
    struct text body = {.bytes = bytes, .capacity = sizeof bytes};
    const char *begin_string = fix_body(&body, type, said, m->n, &m->r);

    fix_message(&m->out, begin_string, &body);
    m->out.overflow |= body.overflow;
}

static bool make_planted(struct making *m, size_t way)
{
    struct planting p = planting_of(m);
    struct instrument said;

    if (!planted_make(&p, way, &said))
        return false;
    write_message(m, fix_type_pick(&m->r), &said);
    m->plan->discrepant++;
    return true;
}

static bool make_malformed(struct making *m, size_t way)
{
    char bytes[FIX_MESSAGE_MAX];
    struct text body = {.bytes = bytes, .capacity = sizeof bytes};
    struct planting p = planting_of(m);
    struct instrument said;
    const char *begin_string;
    struct row row;

    if (!planted_find_row(&p, is_active, &row))
        return false;
    instrument_by_identifier(&said, &row, &m->r);
    begin_string = fix_body(&body, fix_type_pick(&m->r), &said, m->n, &m->r);
    plan_dead_letter(m->plan, malformed_make(way, &m->out, begin_string, &body, &m->r));
    m->plan->malformed++;
    return true;
}

static bool make_clean(struct making *m)
{
    struct planting p = planting_of(m);
    uint64_t drawn = random_below(&m->r, 100);
    struct instrument said;
    struct row row;

    if (drawn < 4) {
        write_message(m, drawn < 2 ? FIX_HEARTBEAT : FIX_REJECT, NULL);
        m->plan->ignored++;
        return true;
    }
    if (!planted_find_row(&p, is_active, &row))
        return false;
    instrument_describe(&said, m->options->seed, &row, &m->r);
    write_message(m, fix_type_pick(&m->r), &said);
    m->plan->matched++;
    return true;
}

static bool make(struct making *m)
{
    size_t ways = planted_count() + (m->options->malformed ? malformed_count() : 0);
    uint64_t stretch;
    size_t way;

    if (!is_planted(m->options, m->n, &stretch))
        return make_clean(m);
    way = stretch % ways;
    if (way < planted_count())
        return make_planted(m, way);
    return make_malformed(m, way - planted_count());
}

int messages_write(const struct messages_options *options, struct output *messages, struct plan *plan)
{
    char bytes[FIX_MESSAGE_MAX];

    for (uint64_t n = 0; n < options->count; n++) {
        struct making m = {
            .options = options,
            .plan = plan,
            .r = random_at(options->seed, RANDOM_MESSAGE, n),
            .n = n,
            .out = {.bytes = bytes, .capacity = sizeof bytes},
        };

        plan->message = n;
        if (!make(&m) || m.out.overflow)
            return -2;
        write_framed(&m, messages);
        if (messages->error || plan->output->error)
            return -1;
    }
    plan_summary(plan);
    return plan->output->error ? -1 : 0;
}

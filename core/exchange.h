/* exchange: what markets are called: MICs (ISO 10383), which of them are segments of which operator, and the short
 * names that are met in tag 207 and in masters. Set up once by one thread; read by any number of threads afterwards. */
#ifndef FIXWARDEN_CORE_EXCHANGE_H
#define FIXWARDEN_CORE_EXCHANGE_H

#include <stdbool.h>

#include "error.h"
#include "slice.h"

#define EXCHANGE_MIC_LEN 4
#define EXCHANGE_NAME_MAX 64 /* bytes of an alias */
#define EXCHANGE_ALIASES_MAX 10000u
#define EXCHANGE_MICS_MAX 100000u

/* What the user has set. Wherever one is read, NULL stands for nothing set: the built-in lists alone. */
struct exchanges;

struct exchanges *exchanges_new(void); /* NULL without memory */
void exchanges_free(struct exchanges *exchanges);

/* Another name for a MIC, case aside; it goes before the built-in names. A later one replaces an earlier one.
 * ERROR_CONFIG where the name is too long, or the MIC does not have four letters or digits. */
int exchanges_set_alias(struct exchanges *exchanges, struct slice name, struct slice mic, struct error *e);

/* A MIC and that of its operator (the same where it is one itself). The first call drops the built-in list: all of the
 * standard's current file is to be added. ERROR_CONFIG where either is none. */
int exchanges_add_mic(struct exchanges *exchanges, struct slice mic, struct slice operating_mic, struct error *e);

/* Writes a MIC in upper case. False where the text is none: it has four letters or digits. */
bool exchange_mic_from_text(struct slice text, char mic[EXCHANGE_MIC_LEN]);

/* The MIC that a trimmed value stands for, in upper case: by the aliases, the built-in names, or since it looks like a
 * MIC. False where it cannot be said. */
bool exchange_resolve(const struct exchanges *exchanges, struct slice name, char mic[EXCHANGE_MIC_LEN]);

/* Whether `segment` is a segment of the operator `operating` and not the same; both in upper case. */
bool exchange_operates(const struct exchanges *exchanges, const char operating[EXCHANGE_MIC_LEN],
                       const char segment[EXCHANGE_MIC_LEN]);

#endif

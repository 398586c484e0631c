/* token: a bearer token for SASL OAUTHBEARER (RFC 7628), from a file or from what a command prints.
 *
 * Whoever issues tokens keeps the file fresh, or the command asks them. What a JWT says of itself (RFC 7519: exp, sub)
 * is believed, since the broker is who verifies it; any other token counts for TOKEN_UNKNOWN_LIFE_MS. A token is a
 * secret: no error's sentence holds a byte of it. Any thread. */
#ifndef FIXWARDEN_CONSUMER_TOKEN_H
#define FIXWARDEN_CONSUMER_TOKEN_H

#include <stdint.h>

#include "core/error.h"
#include "core/slice.h"

#define TOKEN_MAX (64u << 10)        /* bytes of a token */
#define TOKEN_UNKNOWN_LIFE_MS 300000 /* of a token that does not say when it ends */
#define TOKEN_COMMAND_MS 30000       /* how long a command may take */

struct token {
    char *value;
    char *principal;    /* the JWT's sub, or "unknown" */
    int64_t expires_ms; /* since the epoch */
};

/* Takes the text of a token, white space around it aside. ERROR_CONFIG for what is no token (RFC 6750, section 2.1),
 * or has ended at `now_ms`. The token is to be freed where it is 0. */
int token_parse(struct slice text, int64_t now_ms, struct token *out, struct error *e);

/* The same of a file's text, or of what /bin/sh -c COMMAND prints. The command's standard input is empty, its standard
 * error ours; it has to end with status 0 within `timeout_ms`, else it is killed with all that it started. */
int token_read(const char *path, int64_t now_ms, struct token *out, struct error *e);
int token_run(const char *command, int timeout_ms, int64_t now_ms, struct token *out, struct error *e);

/* One that is all zero is fine. */
void token_free(struct token *token);

#endif

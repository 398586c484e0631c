#include "kafka_security.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config_kafka.h"
#include "token.h"

/* The library asks again when four fifths of a token's life are over; so long at most, so that a file that was renewed
 * ahead of time is read again. */
#define REREAD_MS 60000

/* How "sasl.oauthbearer.config" tells the callback where tokens come from. */
#define FROM_FILE "file="
#define FROM_COMMAND "command="
#define LIBRARY_CONFIG "sasl.oauthbearer.config"

#define SCRAM_FIXED_VERSION 0x02060100 /* as in rd_kafka_version() */

/* --- what a failure means --- */

/* The first row whose words are in the failure's text, which is librdkafka's, OpenSSL's or the broker's; seen with
 * librdkafka 2.0.2 and 2.16, OpenSSL 3.0, Kafka 3.9 and 4.1. */
static const struct {
    const char *words;
    bool hopeless;
    bool is_scram_trouble; /* only with a library that can't do SCRAM with brokers of today */
    const char *remedy;
} remedies[] = {
    {"certificate verify failed", true, false,
     ": ssl.ca.location has to name the CA of the broker's certificate, and that has to be valid and made for this "
     "host"},
    {"alert bad certificate", true, false,
     ": the broker wants a certificate of a CA that it knows: set ssl.certificate.location and ssl.key.location"},
    {"alert certificate required", true, false,
     ": the broker wants a certificate of a CA that it knows: set ssl.certificate.location and ssl.key.location"},
    {"alert certificate expired", true, false, ": renew the certificate of ssl.certificate.location"},
    {"alert certificate unknown", true, false,
     ": the broker refuses the certificate of ssl.certificate.location: has it ended, or did a CA sign it that the "
     "broker does not know? See openssl x509 -noout -enddate -issuer -in FILE"},
    {"alert unknown ca", true, false,
     ": the broker does not know the CA of the certificate of ssl.certificate.location"},
    {"SASL mechanism SCRAM", true, true,
     ": the password of sasl.username is wrong, or this is a broker of Kafka 4: SCRAM with it needs librdkafka 2.6.1 "
     "or newer"},
    {"Invalid username or password", true, false, ": see sasl.username and sasl.password.file"},
    {"invalid credentials", true, false, ": see sasl.username and sasl.password.file"},
    {"invalid_token", true, false,
     ": the broker refuses the token: who issued it, for whom, and has it ended on the broker's clock?"},
    {"mechanism handshake failed", true, false, ": set sasl.mechanisms to one that the broker has"},
    {"SASL authentication error", true, false, ": see [kafka] sasl.* of the configuration"},
    {"ssl.key.location failed", true, false,
     ": is it the key of ssl.certificate.location, and ssl.key.password.file its password?"},
    {"ssl.keystore.location", true, false, ": is it PKCS#12, and ssl.keystore.password.file its password?"},
    {"GSSAPI", true, false, ": without sasl.mechanisms it is GSSAPI (Kerberos) that is meant"},
    {"sasl.kerberos.", true, false, ": without sasl.mechanisms it is GSSAPI (Kerberos) that is meant"},
    {"sasl.username and sasl.password", true, false, ": the password comes by sasl.password.file = PATH"},
};

const char *kafka_security_remedy(const char *failure, bool *hopeless)
{
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++) {
        if (!strstr(failure, remedies[i].words) ||
            (remedies[i].is_scram_trouble && rd_kafka_version() >= SCRAM_FIXED_VERSION))
            continue;
        if (hopeless)
            *hopeless = remedies[i].hopeless;
        return remedies[i].remedy;
    }
    if (hopeless)
        *hopeless = false;
    return "";
}

/* --- what is there before anything is tried --- */

static int check_files(const struct config *config, struct error *e)
{
    static const char *const names[] = {
        "ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.keystore.location", "ssl.crl.location",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = config_kafka(config, names[i]);

        if (path && *path && strcmp(path, "probe") != 0 && access(path, R_OK) != 0)
            return error_set(e, ERROR_CONFIG, "[kafka] %s: %s: %s", names[i], path, strerror(errno));
    }
    return 0;
}

static const char *mechanism(const struct config *config)
{
    const char *name = config_kafka(config, "sasl.mechanisms");

    if (!name)
        name = config_kafka(config, "sasl.mechanism");
    return name ? name : "";
}

static int check_token(const struct config *config, struct error *e)
{
    const char *file = config_kafka(config, CONFIG_KAFKA_TOKEN_FILE);
    const char *command = config_kafka(config, CONFIG_KAFKA_TOKEN_COMMAND);
    const char *method = config_kafka(config, "sasl.oauthbearer.method");
    const char *insecure = config_kafka(config, "enable.sasl.oauthbearer.unsecure.jwt");
    bool is_oidc = method && strcasecmp(method, "oidc") == 0;
    bool is_insecure = insecure && strcmp(insecure, "true") == 0;
    int sources = (file != NULL) + (command != NULL) + is_oidc + is_insecure;
    bool wanted = strcasecmp(mechanism(config), "OAUTHBEARER") == 0;

    if (!wanted && (file || command))
        return error_set(e, ERROR_CONFIG, "[kafka] %s needs sasl.mechanisms = OAUTHBEARER",
                         file ? CONFIG_KAFKA_TOKEN_FILE : CONFIG_KAFKA_TOKEN_COMMAND);
    if (wanted && sources != 1)
        return error_set(e, ERROR_CONFIG,
                         "[kafka] sasl.mechanisms = OAUTHBEARER: tokens come from one of " CONFIG_KAFKA_TOKEN_FILE
                         ", " CONFIG_KAFKA_TOKEN_COMMAND " and sasl.oauthbearer.method = oidc, and %s set",
                         sources == 0 ? "none is" : "several are");
    return 0;
}

int kafka_security_check(const struct config *config, struct error *e)
{
    return check_files(config, e) == 0 ? check_token(config, e) : -1;
}

const char *kafka_doubt(const struct config *config)
{
    if (strncasecmp(mechanism(config), "SCRAM-", 6) != 0 || rd_kafka_version() >= SCRAM_FIXED_VERSION)
        return "";
    return "sasl.mechanisms: SCRAM with brokers of Kafka 4 needs librdkafka 2.6.1 or newer; with those of 3.9 this one "
           "will do";
}

/* --- tokens --- */

static int64_t wall_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int obtain(const char *from, int64_t now_ms, struct token *token, struct error *e)
{
    size_t file = strlen(FROM_FILE), command = strlen(FROM_COMMAND);

    if (strncmp(from, FROM_FILE, file) != 0)
        return token_run(from + command, TOKEN_COMMAND_MS, now_ms, token, e) == 0
                   ? 0
                   : error_prefix(e, CONFIG_KAFKA_TOKEN_COMMAND);
    if (token_read(from + file, now_ms, token, e) != 0)
        return error_prefix(e, CONFIG_KAFKA_TOKEN_FILE);
    if (token->expires_ms > now_ms + REREAD_MS)
        token->expires_ms = now_ms + REREAD_MS;
    return 0;
}

static int hand_over(rd_kafka_t *rk, const struct token *token, struct error *e)
{
    char reason[512];

    if (rd_kafka_oauthbearer_set_token(rk, token->value, token->expires_ms, token->principal, NULL, 0, reason,
                                       sizeof reason) == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    return error_set(e, ERROR_CONFIG, "token: %s", reason);
}

/* On the handle's background thread. After a failure the library asks again in 10 s. */
static void renew(rd_kafka_t *rk, const char *from, void *opaque)
{
    struct token token = {0};
    struct error e;

    if (obtain(from, wall_clock_ms(), &token, &e) != 0 || hand_over(rk, &token, &e) != 0) {
        kafka_note_failure(opaque, e.text);
        rd_kafka_oauthbearer_set_token_failure(rk, e.text);
    }
    token_free(&token);
}

int kafka_security_configure(rd_kafka_conf_t *conf, const struct config *config, struct error *e)
{
    const char *file = config_kafka(config, CONFIG_KAFKA_TOKEN_FILE);
    const char *command = config_kafka(config, CONFIG_KAFKA_TOKEN_COMMAND);
    char reason[512], *from = NULL;
    int status = 0;

    if (kafka_security_check(config, e) != 0)
        return -1;
    if (strcasecmp(mechanism(config), "OAUTHBEARER") == 0)
        rd_kafka_conf_enable_sasl_queue(conf, 1);
    if (!file && !command)
        return 0;
    if (asprintf(&from, "%s%s", file ? FROM_FILE : FROM_COMMAND, file ? file : command) < 0)
        return error_set(e, ERROR_INTERNAL, "no memory for the source of tokens");
    if (rd_kafka_conf_set(conf, LIBRARY_CONFIG, from, reason, sizeof reason) != RD_KAFKA_CONF_OK)
        status = error_set(e, ERROR_CONFIG, "[kafka] " LIBRARY_CONFIG ": %s", reason);
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, renew);
    free(from);
    return status;
}

int kafka_security_start(rd_kafka_t *rk, struct error *e)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_get_sasl(rk);
    rd_kafka_error_t *error;

    if (!queue) /* not OAUTHBEARER */
        return 0;
    rd_kafka_queue_destroy(queue);
    error = rd_kafka_sasl_background_callbacks_enable(rk);
    if (error)
        error_set(e, ERROR_INTERNAL, "[kafka] tokens: %s", rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return error ? -1 : 0;
}

#include <curl/curl.h>
#include <jansson.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#include "cli.h"
#include "commands.h"
#include "core/index_format.h"
#include "kafka.h"

#ifndef FIXWARDEN_AVRO_VERSION
#define FIXWARDEN_AVRO_VERSION "unknown" /* avro-c itself does not say; the build does */
#endif

static json_t *versions(void)
{
    unsigned xxhash = XXH_versionNumber(); /* 801 is 0.8.1 */
    char xxhash_text[32];

    snprintf(xxhash_text, sizeof xxhash_text, "%u.%u.%u", xxhash / 10000, xxhash / 100 % 100, xxhash % 100);
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "fixwarden", FIXWARDEN_VERSION,
                     "index_format", (int)INDEX_FORMAT_VERSION, "librdkafka", kafka_version(), "librdkafka_features",
                     kafka_features(), "avro_c", FIXWARDEN_AVRO_VERSION, "xxhash", xxhash_text, "jansson",
                     jansson_version_str(), "libcurl", curl_version_info(CURLVERSION_NOW)->version, "zlib",
                     zlibVersion(), "zstd", ZSTD_versionString());
}

static void print_lines(json_t *json)
{
    const char *name;
    json_t *value;

    json_object_foreach(json, name, value)
    {
        if (json_is_integer(value))
            printf("%-20s %" JSON_INTEGER_FORMAT "\n", name, json_integer_value(value));
        else
            printf("%-20s %s\n", name, json_string_value(value));
    }
}

static int print_versions(struct config *config, const struct cli_arguments *arguments, struct error *e)
{
    json_t *json = versions();

    (void)config;
    if (!json)
        return error_set(e, ERROR_INTERNAL, "no memory");
    if (cli_value(arguments, "json")) {
        json_dumpf(json, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        print_lines(json);
    }
    json_decref(json);
    return 0;
}

int command_version(int argc, char **argv)
{
    static const struct cli_option options[] = {{"json", 0, NULL, NULL, "as one line of JSON"}, {0}};
    static const struct cli_command command = {
        .name = "version",
        .operands = "",
        .summary = "Prints the versions of fixwarden, of its index format and of the libraries it runs with.",
        .options = options,
    };

    return cli_run(&command, argc, argv, print_versions);
}

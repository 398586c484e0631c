/* config_value: the text of one option to its value and back. Pure functions. */
#ifndef FIXWARDEN_CONSUMER_CONFIG_VALUE_H
#define FIXWARDEN_CONSUMER_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

#define CONFIG_NUMBER_TEXT 32 /* bytes that the format functions write at most, with the NUL */

/* Decimal digits only. False where it is anything else or does not fit. */
bool config_parse_count(struct slice text, uint64_t *out);

/* "600M", "1G", "4096", "64KiB": K, M, G and T are powers of 1024. Bytes. */
bool config_parse_size(struct slice text, uint64_t *out);

/* "100ms", "5s", "2m", "1h", or a number of milliseconds. */
bool config_parse_duration(struct slice text, uint64_t *out);

/* "0.1%": above 0 and up to 100, with 4 digits behind the point. Millionths. */
bool config_parse_share(struct slice text, uint64_t *out);
void config_format_share(uint64_t millionths, char text[CONFIG_NUMBER_TEXT]);

/* The shortest text that the functions above read as the same value. */
void config_format_size(uint64_t bytes, char text[CONFIG_NUMBER_TEXT]);
void config_format_duration(uint64_t milliseconds, char text[CONFIG_NUMBER_TEXT]);

#endif

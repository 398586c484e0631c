// The peer of fix_check.c: QuickFIX parses and validates the same messages, a std::unordered_multimap leads from their
// identifiers, or their symbol, to the rows of the same master, and symbol, exchange and currency are compared: less
// than ours compares. Each batch's best time counts, as there. Usage: bench-quickfix-check MASTER.csv FILE ROUNDS
#include <quickfix/Message.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <unordered_map>
#include <vector>

// Of the generator's master: in which column each stands.
enum { SYMBOL = 0, ISIN = 2, CUSIP = 3, SEDOL = 4, FIGI = 5, MIC = 6, CURRENCY = 7, COLUMNS = 8 };

struct row {
    std::string symbol, mic, currency;
};

struct master {
    std::vector<row> rows;
    std::unordered_multimap<std::string, unsigned> keys; // the code of tag 22 and the identifier
};

// One row's first columns (RFC 4180); false at the end.
static bool read_row(std::FILE *file, std::string (&columns)[COLUMNS])
{
    size_t column = 0;
    bool quoted = false, any = false;

    for (auto &text : columns)
        text.clear();
    for (int c; (c = getc_unlocked(file)) != EOF && (quoted || c != '\n'); any = true) {
        if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            column++;
        else if (column < COLUMNS)
            columns[column] += static_cast<char>(c);
    }
    return any;
}

static bool read_master(const char *path, master &m)
{
    static const std::pair<int, char> kinds[] = {{SYMBOL, '8'}, {ISIN, '4'}, {CUSIP, '1'}, {SEDOL, '2'}, {FIGI, 'S'}};
    std::FILE *file = std::fopen(path, "r");
    std::string columns[COLUMNS];

    if (file == nullptr || !read_row(file, columns))
        return false;
    while (read_row(file, columns)) {
        for (auto &kind : kinds)
            if (!columns[kind.first].empty())
                m.keys.emplace(kind.second + columns[kind.first], static_cast<unsigned>(m.rows.size()));
        m.rows.push_back({columns[SYMBOL], columns[MIC], columns[CURRENCY]});
    }
    std::fclose(file);
    return true;
}

static std::string text_of(const FIX::FieldMap &fields, int tag)
{
    return fields.isSetField(tag) ? fields.getField(tag) : std::string();
}

// Whether a row agrees with the message in all that it says.
static bool agrees(const row &r, const std::string &symbol, const std::string &mic, const std::string &currency)
{
    return (symbol.empty() || symbol == "[N/A]" || symbol == r.symbol) && (mic.empty() || mic == r.mic) &&
           (currency.empty() || currency == r.currency);
}

// Returns whether the message's instrument agrees with a row: one to which its identifier leads, or else its symbol.
static bool check(const master &m, const std::string &text)
{
    FIX::Message message(text, true);
    std::string symbol = text_of(message, 55), mic = text_of(message, 207), currency = text_of(message, 15);
    auto found = m.keys.equal_range(text_of(message, 22) + text_of(message, 48));

    if (found.first == found.second)
        found = m.keys.equal_range("8" + symbol);
    for (; found.first != found.second; ++found.first)
        if (agrees(m.rows[found.first->second], symbol, mic, currency))
            return true;
    return false;
}

int main(int argc, char **argv)
{
    const size_t batch = 4096;
    std::vector<std::string> messages;
    std::string line;
    master m;

    if (argc != 4)
        return 64;
    if (!read_master(argv[1], m))
        return 65;
    std::ifstream in(argv[2]);
    while (std::getline(in, line))
        messages.push_back(line);
    std::vector<double> best(messages.size() / batch + 1, 1e9);
    size_t agreed = 0;
    for (int round = 0; round < std::atoi(argv[3]); round++) {
        agreed = 0;
        for (size_t at = 0; at < messages.size(); at += batch) {
            auto start = std::chrono::steady_clock::now();
            for (size_t i = at; i < messages.size() && i < at + batch; i++)
                agreed += check(m, messages[i]);
            std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
            if (taken.count() < best[at / batch])
                best[at / batch] = taken.count();
        }
    }
    double seconds = 0;
    for (size_t at = 0; at < messages.size(); at += batch)
        seconds += best[at / batch];
    std::printf("%zu messages, %zu rows, %zu agree: %.1f ns\n", messages.size(), m.rows.size(), agreed,
                messages.empty() ? 0 : seconds * 1e9 / static_cast<double>(messages.size()));
    return 0;
}

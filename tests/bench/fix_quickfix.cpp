// The peer of fix_extract.c: QuickFIX parses and validates (BodyLength and CheckSum) the same messages, and looks the
// instrument's fields up. Without a dictionary, so that it reads no groups and holds no field against its type; ours
// reads the alternate identifiers (454) as well, and trims. Each block's best time counts, as there. What is spoiled
// has to be refused before anything is measured, so that validation is known to be on.
//
// Usage: bench-quickfix FILE SHORTEST LONGEST. Exit codes: 0, 64 usage, 70 it takes what is spoiled.
#include <quickfix/Message.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

static bool is_wanted(const std::string &message, size_t shortest, size_t longest)
{
    return message.size() >= shortest && message.size() <= longest &&
           (message.find("\00135=D\001", 0, 6) != std::string::npos ||
            message.find("\00135=8\001", 0, 6) != std::string::npos);
}

// A message of its own for each, as QuickFIX's Session makes one.
static size_t extract(const std::string &text)
{
    FIX::Message message(text, true);
    size_t found = 0;

    for (int tag : {55, 65, 48, 22, 207, 15, 167, 461, 541, 200, 205, 202, 201, 231})
        if (message.isSetField(tag))
            found += message.getField(tag).size();
    return found;
}

// Whether QuickFIX refuses the message when the last digit of a field is another.
static bool refuses(std::string text, const char *tag)
{
    size_t end = text.find('\001', text.find(tag) + 1);

    text[end - 1] = text[end - 1] == '0' ? '1' : '0';
    try {
        extract(text);
    } catch (const FIX::InvalidMessage &) {
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    const size_t block = 512;
    const int rounds = 10;
    std::vector<std::string> messages;
    std::string line;
    double seconds = 0;
    size_t found = 0;

    if (argc != 4)
        return 64;
    std::ifstream in(argv[1]);
    while (std::getline(in, line))
        if (is_wanted(line, std::strtoul(argv[2], nullptr, 10), std::strtoul(argv[3], nullptr, 10)))
            messages.push_back(line);
    if (!messages.empty() && (!refuses(messages[0], "\0019=") || !refuses(messages[0], "\00110="))) {
        std::fputs("bench-quickfix: it takes a message with a wrong BodyLength or CheckSum\n", stderr);
        return 70;
    }
    for (size_t at = 0; at < messages.size(); at += block) {
        double best = 1e9;
        for (int round = 0; round < rounds; round++) {
            auto start = std::chrono::steady_clock::now();
            for (size_t i = at; i < messages.size() && i < at + block; i++)
                found += extract(messages[i]);
            std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
            best = taken.count() < best ? taken.count() : best;
        }
        seconds += best;
    }
    std::printf("%zu messages, %zu bytes of instruments: %.1f ns\n", messages.size(), found / rounds,
                messages.empty() ? 0 : seconds * 1e9 / static_cast<double>(messages.size()));
    return 0;
}

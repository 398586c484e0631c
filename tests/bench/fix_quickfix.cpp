// The peer of fix_extract.c: QuickFIX parses and validates (BodyLength and CheckSum) the same messages, and looks the
// instrument's fields up. With dictionaries it knows the groups, and so finds the alternate identifiers (454) as ours
// does; without, it finds the first of them at most. It holds no field against its type in either case, and trims
// nothing. Each block's best time counts, as there. What is spoiled has to be refused before anything is measured, so
// that validation is known to be on.
//
// Usage: bench-quickfix FILE SHORTEST LONGEST [DICTIONARIES]
// DICTIONARIES: the folder with FIX42.xml, FIX44.xml, FIXT11.xml and FIX50SP2.xml of QuickFIX's source package.
// Exit codes: 0, 64 usage, 70 it takes what is spoiled.
#include <quickfix/DataDictionary.h>
#include <quickfix/Message.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

static bool is_wanted(const std::string &message, size_t shortest, size_t longest)
{
    return message.size() >= shortest && message.size() <= longest &&
           (message.find("\00135=D\001", 0, 6) != std::string::npos ||
            message.find("\00135=8\001", 0, 6) != std::string::npos);
}

// What the generated messages follow: FIX 4.2, 4.4, and 5.0 SP2 over FIXT.1.1.
struct Dictionaries {
    explicit Dictionaries(const std::string &folder)
        : fix42(folder + "/FIX42.xml"), fix44(folder + "/FIX44.xml"), session(folder + "/FIXT11.xml"),
          fix50(folder + "/FIX50SP2.xml")
    {
    }

    FIX::DataDictionary fix42, fix44, session, fix50;
};

static FIX::Message parse(const std::string &text, const Dictionaries *d)
{
    if (d == nullptr)
        return FIX::Message(text, true);
    if (text.compare(2, 4, "FIXT") == 0)
        return FIX::Message(text, d->session, d->fix50, true);
    return FIX::Message(text, text[8] == '2' ? d->fix42 : d->fix44, true);
}

static size_t extract_alternates(const FIX::Message &message)
{
    int count = static_cast<int>(message.groupCount(454));
    size_t found = 0;

    for (int i = 1; i <= count; i++) {
        FIX::Group group(454, 455);
        message.getGroup(i, group);
        for (int tag : {455, 456})
            if (group.isSetField(tag))
                found += group.getField(tag).size();
    }
    return found;
}

// A message of its own for each, as QuickFIX's Session makes one.
static size_t extract(const std::string &text, const Dictionaries *dictionaries)
{
    FIX::Message message = parse(text, dictionaries);
    size_t found = dictionaries != nullptr ? extract_alternates(message) : 0;

    for (int tag : {55, 65, 48, 22, 207, 15, 167, 461, 541, 200, 205, 202, 201, 231})
        if (message.isSetField(tag))
            found += message.getField(tag).size();
    return found;
}

// Whether QuickFIX refuses the message when the last digit of a field is another.
static bool refuses(std::string text, const char *tag, const Dictionaries *dictionaries)
{
    size_t end = text.find('\001', text.find(tag) + 1);

    text[end - 1] = text[end - 1] == '0' ? '1' : '0';
    try {
        extract(text, dictionaries);
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

    std::unique_ptr<Dictionaries> dictionaries;

    if (argc != 4 && argc != 5)
        return 64;
    if (argc == 5)
        dictionaries.reset(new Dictionaries(argv[4]));
    std::ifstream in(argv[1]);
    while (std::getline(in, line))
        if (is_wanted(line, std::strtoul(argv[2], nullptr, 10), std::strtoul(argv[3], nullptr, 10)))
            messages.push_back(line);
    if (!messages.empty() && (!refuses(messages[0], "\0019=", dictionaries.get()) || !refuses(messages[0], "\00110=", dictionaries.get()))) {
        std::fputs("bench-quickfix: it takes a message with a wrong BodyLength or CheckSum\n", stderr);
        return 70;
    }
    for (size_t at = 0; at < messages.size(); at += block) {
        double best = 1e9;
        for (int round = 0; round < rounds; round++) {
            auto start = std::chrono::steady_clock::now();
            for (size_t i = at; i < messages.size() && i < at + block; i++)
                found += extract(messages[i], dictionaries.get());
            std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
            best = taken.count() < best ? taken.count() : best;
        }
        seconds += best;
    }
    std::printf("%zu messages, %zu bytes of instruments: %.1f ns\n", messages.size(), found / rounds,
                messages.empty() ? 0 : seconds * 1e9 / static_cast<double>(messages.size()));
    return 0;
}

/* main: hands the command line to the command that it names. */
#include "cli.h"

#include <unistd.h>

int main(int argc, char **argv)
{
    int status = cli_main(argc, argv);

    if (status & CLI_AT_ONCE)
        _exit(status & ~CLI_AT_ONCE);
    return status;
}

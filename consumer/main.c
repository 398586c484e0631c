/* main: hands the command line to the command that it names. */
#include "cli.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}

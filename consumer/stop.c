#include "stop.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

static atomic_bool stopping; /* all that a signal handler may reach */

static void on_signal(int number)
{
    (void)number;
    atomic_store(&stopping, true);
}

atomic_bool *stop_on_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND}; /* the second one: by default */

    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    return &stopping;
}

"""Ports on loopback for servers that are started later, or killed and started again."""

import contextlib
import random
import socket
from pathlib import Path

MOST_TRIED = 2_000


class NoPorts(Exception):
    pass


_held = []


def _reserve(port):
    """Whether it is ours now: a socket without a file, whose name nobody else can take while this process lives. Several
    suites run side by side, and a port may be given minutes before its server listens there."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0fixwarden-test-port-{port}")
    except OSError:
        name.close()
        return False
    _held.append(name)
    return True


def free_ports(count):
    """Below the kernel's own range, so that none is taken by somebody's outgoing connection while its broker is down;
    and nobody else's who asks here, as long as this process lives."""
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    first = 10_000 if low > 11_000 else 1_024
    with contextlib.ExitStack() as held:
        ports = []
        for port in random.sample(range(first, low), min(MOST_TRIED, low - first)):
            if len(ports) == count:
                break
            held_socket = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                held_socket.bind(("127.0.0.1", port))
                if _reserve(port):
                    ports.append(port)
    if len(ports) < count:
        raise NoPorts(f"found {len(ports)} free ports on 127.0.0.1, {count} are needed")
    return ports

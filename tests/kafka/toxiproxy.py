"""Toxiproxy between fixwarden and the brokers: the Go program in toxiproxy/.

    ports = free_ports(3)
    with KafkaCluster(3, listeners={"PROXIED": Listener(advertised=dict(zip((1, 2, 3), ports)))}) as cluster,
            Toxiproxy.before(cluster, "PROXIED") as network:
        with network.toxic("latency", latency=500):
            run_something(cluster.address("PROXIED"))
"""

import contextlib
import json
import urllib.request
from pathlib import Path

from go_server import START_SECONDS, GoServer

SOURCES = Path(__file__).with_name("toxiproxy")


class Toxiproxy(GoServer):
    def __init__(self):
        super().__init__(SOURCES)
        self._proxies = []

    @classmethod
    def before(cls, cluster, listener):
        """One proxy for each broker, where the listener is advertised."""
        network = cls()
        addresses = cluster.address(listener).split(",")
        for broker, address in zip(cluster.brokers, addresses):
            network.add(f"broker-{broker}", address, f"127.0.0.1:{cluster.port(listener, broker)}")
        return network

    def add(self, name, listen, upstream):
        self._call("POST", "/proxies", {"name": name, "listen": listen, "upstream": upstream, "enabled": True})
        self._proxies.append(name)

    @contextlib.contextmanager
    def toxic(self, kind, stream="downstream", proxies=None, **attributes):
        """Within, every connection (or those of the proxies named) suffers. stream: upstream is to the broker,
        downstream from it."""
        names = proxies or self._proxies
        for name in names:
            self._call("POST", f"/proxies/{name}/toxics",
                       {"name": f"{kind}-{stream}", "type": kind, "stream": stream, "attributes": attributes})
        try:
            yield
        finally:
            for name in names:
                self._call("DELETE", f"/proxies/{name}/toxics/{kind}-{stream}")

    @contextlib.contextmanager
    def down(self, proxies=None):
        """Within, every connection is refused, and those that are there are closed."""
        for name in proxies or self._proxies:
            self._call("POST", f"/proxies/{name}", {"enabled": False})
        try:
            yield
        finally:
            for name in proxies or self._proxies:
                self._call("POST", f"/proxies/{name}", {"enabled": True})

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
            return answer.read()

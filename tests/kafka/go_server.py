"""A server for the tests that is a Go program of ours: built once into the tests' cache, started, told to end.

It prints its URL on one line and ends when its standard input closes (serve/), which the kernel does for us should this
process be killed.
"""

import hashlib
import os
import select
import subprocess

from cache import make_once
from cluster import run_or_explain

START_SECONDS = 10
STOP_SECONDS = 10


class GoServer:
    """sources: the folder of go.mod, go.sum and main.go, beside serve. error: what is raised where it does not start."""

    def __init__(self, sources, *options, error=RuntimeError):
        self._name = sources.name
        self._error = error
        self._process = subprocess.Popen(
            [program(sources), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            self.url = self._read_url()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._process.stderr.close()

    def _read_url(self):
        ready, _, _ = select.select([self._process.stdout], [], [], START_SECONDS)
        if not ready:
            raise self._error(f"the {self._name} printed no URL in {START_SECONDS} s")
        url = self._process.stdout.readline().strip()
        if not url:
            raise self._error(f"the {self._name} did not start: {self._process.stderr.read().strip()}")
        return url


def program(sources):
    """The program's path, built when its sources changed. Named by their digest, so an old one is never taken."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum", "main.go", "../serve/serve.go"):
        digest.update((sources / name).read_bytes())

    def build(folder):
        # The Go at hand or none: a toolchain that fetches another one would hide what the tests need.
        environment = {**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
        run_or_explain(["go", "build", "-o", str(folder / sources.name), "."], cwd=sources, env=environment)

    return make_once(f"{sources.name}-{digest.hexdigest()[:16]}", build) / sources.name

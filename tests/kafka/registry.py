"""A Confluent schema registry for the tests: the Go program in registry/, built once into the tests' cache.

    with Registry() as registry:
        run_something(registry.url)

    with Registry(refuse=409) as registry:  # the one that refuses every registration
"""

import hashlib
import json
import os
import select
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from cache import make_once
from cluster import run_or_explain

SOURCES = Path(__file__).with_name("registry")
START_SECONDS = 10
STOP_SECONDS = 10
CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"


class RegistryError(Exception):
    """The registry did not start, or answered with an error; status is then the HTTP status, code its own."""

    def __init__(self, message, status=None, code=None):
        super().__init__(message)
        self.status = status
        self.code = code


class Registry:
    """refuse: an HTTP status (401, 403, 409, 422, 500) that answers every registration."""

    def __init__(self, refuse=None):
        options = [f"-refuse={refuse}"] if refuse else []
        # It ends when its standard input closes, which the kernel does for us should this process be killed.
        self._process = subprocess.Popen(
            [registry_program(), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
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

    def register(self, subject, schema, schema_type="AVRO"):
        """POSTs the schema's text; returns its id."""
        body = {"schema": schema, "schemaType": schema_type}
        return self._call(f"/subjects/{subject}/versions", body)["id"]

    def schema(self, schema_id):
        """The text of the schema with that id."""
        return self._call(f"/schemas/ids/{schema_id}")["schema"]

    def subjects(self):
        return self._call("/subjects")

    def versions(self, subject):
        return self._call(f"/subjects/{subject}/versions")

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
            raise RegistryError(f"the registry printed no URL in {START_SECONDS} s")
        url = self._process.stdout.readline().strip()
        if not url:
            raise RegistryError(f"the registry did not start: {self._process.stderr.read().strip()}")
        return url

    def _call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers={"Content-Type": CONTENT_TYPE})
        try:
            with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                problem = json.load(error)
            raise RegistryError(problem["message"], error.code, problem["error_code"]) from None


def registry_program():
    """The program's path, built when its sources changed. Named by their digest, so an old one is never taken."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum", "main.go"):
        digest.update((SOURCES / name).read_bytes())

    def build(folder):
        # The Go at hand or none: a toolchain that fetches another one would hide what the tests need.
        environment = {**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
        run_or_explain(["go", "build", "-o", str(folder / "registry"), "."], cwd=SOURCES, env=environment)

    return make_once(f"registry-{digest.hexdigest()[:16]}", build) / "registry"

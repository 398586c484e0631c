"""A Confluent schema registry for the tests: the Go program in registry/, built once into the tests' cache.

    with Registry() as registry:
        run_something(registry.url)

    with Registry(refuse=409) as registry:  # the one that refuses every registration
"""

import json
import urllib.error
import urllib.request
from pathlib import Path

from go_server import START_SECONDS, GoServer

SOURCES = Path(__file__).with_name("registry")
CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"


class RegistryError(Exception):
    """The registry did not start, or answered with an error; status is then the HTTP status, code its own."""

    def __init__(self, message, status=None, code=None):
        super().__init__(message)
        self.status = status
        self.code = code


class Registry(GoServer):
    """refuse: an HTTP status (401, 403, 409, 422, 500) that answers every registration."""

    def __init__(self, refuse=None):
        super().__init__(SOURCES, *([f"-refuse={refuse}"] if refuse else []), error=RegistryError)

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

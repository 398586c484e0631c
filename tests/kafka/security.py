"""Certificates, credentials and tokens, made anew for each run, and the listeners of a broker that ask for them.

    with secured_cluster(folder) as secured:
        run_something(secured.cluster.address("MUTUAL"), secured.client("MUTUAL"))

secured.client(LISTENER) is the [kafka] section of a client that may come in there: property -> value.
"""

import base64
import contextlib
import json
import secrets
import subprocess
import time
from pathlib import Path

from cluster import KafkaCluster, Listener, run_or_explain

USER = "fixwarden"
SESSION_SECONDS = 4
SASL = "org.apache.kafka.common.security"


class Authority:
    """A CA of its own with openssl, and the certificates that it signs. Everything is PEM, in one folder."""

    def __init__(self, folder, name="ca"):
        self.folder, self.name = Path(folder), name
        self.certificate = self.folder / f"{name}.pem"
        self._key = self.folder / f"{name}.key"
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self._key, "-out", self.certificate,
                      "-days", "2", "-subj", f"/CN=fixwarden test {name}", "-addext", "basicConstraints=critical,CA:TRUE",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def sign(self, name, expired=False, password=None):
        """(certificate, key) of 127.0.0.1. The key is encrypted where there is a password."""
        key, request, certificate = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "pem"))
        extensions = self.folder / "extensions"
        extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n")
        self._openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        # A negative lifetime is one that is over: `openssl x509` takes no dates before 3.4.
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
                      "-out", certificate, "-days", "-1" if expired else "2", "-extfile", extensions)
        if password:
            plain = key.rename(key.with_suffix(".plain"))
            self._openssl("pkcs8", "-topk8", "-v2", "aes256", "-in", plain, "-out", key, "-passout", f"pass:{password}")
        return certificate, key

    def pkcs12(self, name, certificate, key, password):
        store = self.folder / f"{name}.p12"
        self._openssl("pkcs12", "-export", "-in", certificate, "-inkey", key, "-out", store, "-passout", f"pass:{password}")
        return store

    def _openssl(self, *arguments):
        run_or_explain(["openssl", *map(str, arguments)])


def token(seconds, subject=USER, issued=None):
    """An unsecured JWS (RFC 7519, section 6), as the broker's own validator for tests takes it."""
    now = time.time() if issued is None else issued
    parts = ({"alg": "none"}, {"sub": subject, "iat": int(now), "exp": int(now + seconds)})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


class Secured:
    """A broker with a listener of every kind, and what a client needs for each."""

    def __init__(self, folder, version=None):
        self.folder = Path(folder)
        self.authority = Authority(folder)
        self.password = secrets.token_urlsafe(24)
        self.key_password = secrets.token_urlsafe(24)
        self.certificate, self.key = self.authority.sign("client", password=self.key_password)
        self.cluster = KafkaCluster(version=version, listeners=self._listeners(), scram={USER: self.password})

    def _listeners(self):
        certificate, key = self.authority.sign("broker")
        store = self.folder / "broker.both.pem"
        store.write_text(key.read_text() + certificate.read_text())
        tls = {"ssl.keystore.type": "PEM", "ssl.keystore.location": store,
               "ssl.truststore.type": "PEM", "ssl.truststore.location": self.authority.certificate}
        plain = f'{SASL}.plain.PlainLoginModule required user_{USER}="{self.password}";'
        return {
            "TLS": Listener("SSL", {**tls, "ssl.client.auth": "none"}),
            "MUTUAL": Listener("SSL", {**tls, "ssl.client.auth": "required"}),
            "SCRAM": Listener("SASL_SSL", {
                **tls, "sasl.enabled.mechanisms": "SCRAM-SHA-512",
                "scram-sha-512.sasl.jaas.config": f"{SASL}.scram.ScramLoginModule required;"}),
            "PLAIN": Listener("SASL_SSL", {
                **tls, "sasl.enabled.mechanisms": "PLAIN", "plain.sasl.jaas.config": plain}),
            "OAUTH": Listener("SASL_PLAINTEXT", {
                "sasl.enabled.mechanisms": "OAUTHBEARER",
                # The broker ends a connection with its token, or after so long: tokens are used again and again.
                "oauthbearer.connections.max.reauth.ms": str(SESSION_SECONDS * 1000),
                "oauthbearer.sasl.jaas.config": f"{SASL}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"broker\";",
                "oauthbearer.sasl.server.callback.handler.class":
                    f"{SASL}.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler"}),
        }

    def secret_file(self, name, text):
        path = self.folder / f"{name}.secret"
        path.write_text(text + "\n")
        path.chmod(0o600)
        return path

    def secrets(self):
        return [self.password, self.key_password]

    def client(self, listener):
        tls = {"ssl.ca.location": self.authority.certificate}
        sasl = {"sasl.username": USER, "sasl.password.file": self.secret_file("password", self.password)}
        return {
            "TLS": {"security.protocol": "ssl", **tls},
            "MUTUAL": {"security.protocol": "ssl", **tls, "ssl.certificate.location": self.certificate,
                       "ssl.key.location": self.key, "ssl.key.password.file": self.secret_file("key", self.key_password)},
            "SCRAM": {"security.protocol": "sasl_ssl", **tls, "sasl.mechanisms": "SCRAM-SHA-512", **sasl},
            "PLAIN": {"security.protocol": "sasl_ssl", **tls, "sasl.mechanisms": "PLAIN", **sasl},
            "OAUTH": {"security.protocol": "sasl_plaintext", "sasl.mechanisms": "OAUTHBEARER",
                      "sasl.oauthbearer.token.file": self.secret_file("token", token(3600))},
        }[listener]


@contextlib.contextmanager
def secured_cluster(folder, version=None):
    secured = Secured(folder, version)
    try:
        yield secured
    finally:
        secured.cluster.close()

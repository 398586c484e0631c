"""TLS and SASL against a real broker: each way in works, each mistake is one line with its remedy, and no secret shows."""

import importlib.util
import json
import os
import threading
import time
from pathlib import Path

import pytest
from kafka import KafkaProducer

from product import Running, fixwarden, read_topic
from security import SESSION_SECONDS, Authority, secured_cluster, token

MASTER = "symbol,isin,mic\nAAPL,US0378331005,XNAS\n"
BODY = b"35=D\x0155=IBM\x0148=US0378331005\x0122=4\x01"
HEAD = b"8=FIX.4.4\x019=%d\x01" % len(BODY) + BODY
WRONG_SYMBOL = HEAD + b"10=%03d\x01" % (sum(HEAD) % 256)
NO_FIX = b"hello"
OLD_BROKER = "3.9.1"  # the last before 4, which no longer takes the SCRAM of librdkafka before 2.6.1
LISTENERS = ("TLS", "MUTUAL", "SCRAM", "PLAIN", "OAUTH")


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    with secured_cluster(tmp_path_factory.mktemp("secured")) as here:
        yield here


@pytest.fixture(scope="session")
def newer_library(tmp_path_factory):
    """The environment in which fixwarden finds a newer librdkafka: that of a Python package, under the system's name."""
    package = Path(importlib.util.find_spec("confluent_kafka").origin).parents[1]
    folder = tmp_path_factory.mktemp("library")
    (folder / "librdkafka.so.1").symlink_to(next((package / "confluent_kafka.libs").glob("librdkafka-*.so.1")))
    environment = {"LD_LIBRARY_PATH": str(folder)}
    shown = fixwarden("version", "--json", env={**os.environ, **environment})
    assert json.loads(shown.stdout)["librdkafka"].startswith("2.16."), shown.stdout
    return environment


class Way:
    """A job that comes in by one listener, with its configuration in a file."""

    def __init__(self, secured, listener, folder, topic_name, **changes):
        self.secured, self.listener, self.folder = secured, listener, folder
        self.input, self.found, self.dead = (topic_name(word) for word in ("fix", "found", "dead"))
        for topic in (self.input, self.found, self.dead):
            secured.cluster.create_topic(topic)
        (folder / "master.csv").write_text(MASTER)
        self.properties = {**secured.client(listener), **{key.replace("__", "."): value for key, value in changes.items()}}
        self.ini = folder / "fixwarden.ini"
        self.ini.write_text("[kafka]\n" + "".join(f"{key} = {value}\n" for key, value in self.properties.items() if value is not None))
        self.brokers = secured.cluster.address(listener)
        self.job = ["-c", self.ini, "-o", self.found, "--dead-letters", self.dead, "--master", folder / "master.csv"]

    def produce(self, *values):
        producer = KafkaProducer(bootstrap_servers=self.secured.cluster.bootstrap)
        for value in values:
            producer.send(self.input, value=value)
        producer.flush()
        producer.close()

    def start(self, *more, environment=None):
        return Running(self.secured.cluster, self.folder, [self.input], self.input + "-group", *self.job, *more,
                       brokers=self.brokers, environment=environment)

    def fail(self):
        """`run`, which ends by itself."""
        return fixwarden("run", "-b", self.brokers, "-t", self.input, *self.job)

    def tail(self, environment=None):
        return fixwarden("tail", "-b", self.brokers, "-c", self.ini, "-t", self.found, "--exit-at-end", "--format", "json",
                         env={**os.environ, **(environment or {})})

    def check_works(self, environment=None):
        """One discrepancy and one dead letter go the whole way, with every debug line that the library has."""
        debug = ("--set", "log.level=debug", "--set", "kafka.debug=all", "--set", "kafka.log_level=7")
        self.produce(WRONG_SYMBOL, NO_FIX)
        with self.start(*debug, environment=environment) as running:
            running.wait_until_committed()
            assert running.stop() == 0, running.output()
            log = running.output()
        shown = self.tail(environment)
        assert shown.returncode == 0, shown.stderr
        assert [json.loads(line)["kind"] for line in shown.stdout.splitlines()] == ["SYMBOL_MISMATCH"]
        assert len(read_topic(self.secured.cluster.bootstrap, self.dead)) == 1
        self.check_secrecy(log, shown.stdout + shown.stderr)

    def check_secrecy(self, *texts):
        config = fixwarden("config", "show", self.ini)
        assert config.returncode == 0
        tokens = [path.read_text().strip() for path in self.secured.folder.glob("token*.secret")]
        for secret in [*self.secured.secrets(), *tokens]:
            for text in (config.stdout, *texts):
                assert secret not in text


@pytest.mark.parametrize("listener", [name for name in LISTENERS if name != "SCRAM"])
def test_each_way_in_works_and_tells_no_secret(secured, topic_name, tmp_path, listener):
    Way(secured, listener, tmp_path, topic_name).check_works()


@pytest.mark.parametrize("listener", LISTENERS)
def test_each_way_in_works_with_a_newer_library(secured, topic_name, tmp_path, newer_library, listener):
    Way(secured, listener, tmp_path, topic_name).check_works(newer_library)


def test_a_broker_of_kafka_3_9(topic_name, tmp_path):
    (tmp_path / "broker").mkdir()
    with secured_cluster(tmp_path / "broker", OLD_BROKER) as secured:
        for listener in ("SCRAM", "MUTUAL"):
            Way(secured, listener, tmp_path, topic_name).check_works()


def test_a_keystore_takes_the_place_of_certificate_and_key(secured, topic_name, tmp_path):
    certificate, key = secured.authority.sign("store")
    store = secured.authority.pkcs12("store", certificate, key, "sesame")
    Way(secured, "MUTUAL", tmp_path, topic_name, ssl__certificate__location=None, ssl__key__location=None,
        ssl__key__password__file=None, ssl__keystore__location=store,
        ssl__keystore__password__file=secured.secret_file("keystore", "sesame")).check_works()


def test_a_secret_may_come_by_the_environment(secured, topic_name, tmp_path):
    way = Way(secured, "PLAIN", tmp_path, topic_name, sasl__password__file=None)
    environment = {"FIXWARDEN_KAFKA_SASL_PASSWORD": secured.password}
    way.check_works(environment)
    shown = fixwarden("config", "show", way.ini, env={**os.environ, **environment})
    assert secured.password not in shown.stdout and "# sasl.password = ****" in shown.stdout


@pytest.mark.parametrize("source", ["file", "command"])
def test_a_token_is_renewed_before_it_ends(secured, topic_name, tmp_path, source):
    """The broker ends each connection with its token; a token lives for 5 s and the job for 15."""
    path = tmp_path / "token"
    path.write_text(token(5))
    changes = {"sasl__oauthbearer__token__file": path} if source == "file" else {
        "sasl__oauthbearer__token__file": None, "sasl__oauthbearer__token__command": f"cat {path}; echo x >> {tmp_path}/calls"}
    way = Way(secured, "OAUTH", tmp_path, topic_name, **changes)
    ended = threading.Event()

    def renew():
        while not ended.wait(1):
            aside = tmp_path / "next"
            aside.write_text(token(5))
            aside.rename(path)

    renewing = threading.Thread(target=renew)
    renewing.start()
    try:
        with way.start() as running:
            for _ in range(3 * 15 // SESSION_SECONDS):
                way.produce(WRONG_SYMBOL)
                running.wait_until_committed()
                time.sleep(SESSION_SECONDS / 3)
            assert running.stop() == 0, running.output()
    finally:
        ended.set()
        renewing.join()
    assert len(read_topic(secured.cluster.bootstrap, way.found)) == 3 * 15 // SESSION_SECONDS
    if source == "command":
        assert len((tmp_path / "calls").read_text().splitlines()) >= 2 * 2  # producer and consumer, each renewed


def other_authority(secured):
    return Authority(secured.folder, "other")


MISTAKES = [
    # what is wrong, listener, changes, exit status, words of the line
    ("the broker's CA is another", "TLS", lambda s: {"ssl__ca__location": other_authority(s).certificate}, 78,
     ["certificate verify failed", "ssl.ca.location has to name the CA"]),
    ("no CA is named", "TLS", lambda s: {"ssl__ca__location": None}, 78, ["certificate verify failed", "ssl.ca.location"]),
    ("the CA's file is not there", "TLS", lambda s: {"ssl__ca__location": "/nowhere/ca.pem"}, 78,
     ["ssl.ca.location", "/nowhere/ca.pem", "No such file"]),
    ("the listener speaks TLS", "TLS", lambda s: {"security__protocol": "plaintext"}, 69, ["security.protocol", "SSL listener"]),
    ("no certificate where one is required", "MUTUAL",
     lambda s: {"ssl__certificate__location": None, "ssl__key__location": None, "ssl__key__password__file": None}, 78,
     ["the broker wants a certificate", "ssl.certificate.location", "ssl.key.location"]),
    ("a certificate that has ended", "MUTUAL", lambda s: own_certificate(*s.authority.sign("ended", expired=True)), 78,
     ["refuses the certificate of ssl.certificate.location", "has it ended", "openssl x509"]),
    ("a certificate of another CA", "MUTUAL", lambda s: own_certificate(*other_authority(s).sign("stranger")), 78,
     ["certificate of ssl.certificate.location", "a CA"]),
    ("a key without its password", "MUTUAL", lambda s: {"ssl__key__password__file": None}, 78, ["ssl.key.password.file"]),
    ("a key with another password", "MUTUAL", lambda s: {"ssl__key__password__file": s.secret_file("wrong", "wrong-key")}, 78,
     ["ssl.key.password.file"]),
    ("a key of another certificate", "MUTUAL", lambda s: {"ssl__certificate__location": s.authority.sign("mine")[0]}, 78,
     ["is it the key of ssl.certificate.location"]),
    ("a wrong password for SCRAM", "SCRAM", lambda s: {"sasl__password__file": s.secret_file("wrong", "wrong-password")}, 78,
     ["invalid credentials", "the password of sasl.username", "librdkafka 2.6.1"]),
    ("a wrong password for PLAIN", "PLAIN", lambda s: {"sasl__password__file": s.secret_file("wrong", "wrong-password")}, 78,
     ["Invalid username or password", "sasl.username and sasl.password.file"]),
    ("no password at all", "PLAIN", lambda s: {"sasl__password__file": None}, 78, ["sasl.password.file = PATH"]),
    ("a mechanism that the broker lacks", "SCRAM", lambda s: {"sasl__mechanisms": "PLAIN"}, 78,
     ["supported mechanisms: SCRAM-SHA-512", "set sasl.mechanisms"]),
    ("no mechanism", "PLAIN", lambda s: {"sasl__mechanisms": None}, 78, ["sasl.mechanisms", "Kerberos"]),
    ("a token that has ended", "OAUTH", lambda s: {"sasl__oauthbearer__token__file": s.secret_file("token-old", token(-60))}, 69,
     ["sasl.oauthbearer.token.file", "the token ended"]),
    ("a token that the broker refuses", "OAUTH",
     lambda s: {"sasl__oauthbearer__token__file": s.secret_file("token-bad", "no-jwt-at-all")}, 78, ["the broker refuses the token"]),
    ("a token's file that is not there", "OAUTH", lambda s: {"sasl__oauthbearer__token__file": "/nowhere/token"}, 69,
     ["sasl.oauthbearer.token.file: /nowhere/token: No such file"]),
    ("a command that fails", "OAUTH", lambda s: {"sasl__oauthbearer__token__file": None, "sasl__oauthbearer__token__command": "exit 3"},
     69, ["sasl.oauthbearer.token.command: exit 3", "status 3"]),
    ("no source of tokens", "OAUTH", lambda s: {"sasl__oauthbearer__token__file": None}, 78, ["tokens come from one of", "none is set"]),
    ("two sources of tokens", "OAUTH", lambda s: {"sasl__oauthbearer__token__command": "true"}, 78, ["several are set"]),
    ("tokens by OIDC, which Debian's library lacks", "OAUTH",
     lambda s: {"sasl__oauthbearer__token__file": None, "sasl__oauthbearer__method": "oidc"}, 78,
     ["sasl.oauthbearer.method", "not supported in this build"]),
    ("a token without OAUTHBEARER", "PLAIN", lambda s: {"sasl__oauthbearer__token__file": "/t"}, 78, ["sasl.mechanisms = OAUTHBEARER"]),
]


def own_certificate(certificate, key):
    return {"ssl__certificate__location": certificate, "ssl__key__location": key, "ssl__key__password__file": None}


@pytest.mark.parametrize("listener, changes, status, words", [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_one_line_with_its_remedy(secured, topic_name, tmp_path, listener, changes, status, words):
    way = Way(secured, listener, tmp_path, topic_name, **changes(secured))
    result = way.fail()
    lines = result.stderr.strip().splitlines()
    told = [line for line in lines if " INFO " not in line and "sequence number out of step" not in line]
    assert result.returncode == status, result.stderr
    assert len(told) == 1 and told[0].startswith("fixwarden: "), result.stderr
    assert all(word in told[0] for word in words), told[0]
    way.check_secrecy(result.stderr)
    for wrong in ("wrong-key", "wrong-password", "no-jwt-at-all"):
        assert wrong not in result.stderr


def test_config_check_warns_of_what_this_library_cannot_do(secured, topic_name, tmp_path, newer_library):
    way = Way(secured, "SCRAM", tmp_path, topic_name)
    arguments = ["config", "check", way.ini, "-b", way.brokers, "--set", "input.topics=fix", "--set", f"master.files={tmp_path}/master.csv"]
    arguments += ["--set", "master.index=i"]
    shown = fixwarden(*arguments)
    assert shown.returncode == 0 and "needs librdkafka 2.6.1" in shown.stderr, shown.stderr
    newer = fixwarden(*arguments, env={**os.environ, **newer_library})
    assert newer.returncode == 0 and "librdkafka" not in newer.stderr, newer.stderr

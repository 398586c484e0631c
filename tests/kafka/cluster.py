#!/usr/bin/env python3
"""Real Kafka brokers for the tests, each a JVM of its own on loopback.

    with KafkaCluster(brokers=3) as cluster:
        cluster.create_topic("orders", partitions=4)
        run_something(cluster.bootstrap)
        cluster.kill_broker(2)

Brokers are numbered from 1. They never outlive this process, however it ends. For a person:

    tests/kafka/cluster.py --brokers 1 --topic orders:4 -- bash

runs a command with FIXWARDEN_TEST_BROKERS set. Needs java >= 17, and Maven the first time.
"""

import argparse
import base64
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from cache import make_once
from ports import NoPorts, free_ports

KAFKA_VERSION = "4.1.0"
MAX_BROKERS = 3  # what 512 MB heaps leave room for on a small machine
START_SECONDS = 60
STOP_SECONDS = 30
STARTED = b"Kafka Server started"
LOG_TAIL_LINES = 80
# The first compiler tier only: three brokers on two cores are up in two thirds of the time.
QUICK_START = "-XX:TieredStopAtLevel=1"
SMALL_JVM = (QUICK_START, "-Xmx512m")
# As kafka-server-start.sh starts a broker: for what is measured.
KAFKA_JVM = ("-Xmx1G", "-Xms1G", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35",
             "-XX:+ExplicitGCInvokesConcurrent", "-XX:MaxInlineLevel=15")

# Deliberately small: a test's topics hold megabytes, and a heap holds 512 of them.
PROPERTIES = {
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    # Tests of failover do not wait for the six seconds of the default.
    "group.min.session.timeout.ms": "1000",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    # How soon the broker aborts a transaction whose producer was killed, once its timeout is over.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    "log.segment.bytes": str(16 << 20),
    "log.index.size.max.bytes": str(1 << 20),
    "log.cleaner.dedupe.buffer.size": str(4 << 20),
    # A killed broker's partitions move, and a lost controller is replaced, in about 3 s instead of 10.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "controller.quorum.fetch.timeout.ms": "1000",
    "controller.quorum.election.timeout.ms": "500",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "controlled.shutdown.enable": "true",
}


class ClusterError(Exception):
    """The cluster could not do what was asked; the text says why."""


@dataclass
class Listener:
    """A way into every broker beside PLAINTEXT, which the brokers and the tests themselves use.

    properties: of the listener, without their prefix (listener.name.NAME.).
    advertised: {broker: port}, where clients are to come in instead: a proxy's ports.
    """

    protocol: str = "PLAINTEXT"
    properties: dict = field(default_factory=dict)
    advertised: dict = field(default_factory=dict)


class KafkaCluster:
    """One to three brokers. Any thread may call it, one at a time.

    workdir:    holds properties, data and logs; a temporary folder, removed by close(), when None.
    properties: broker properties that are added to, and win over, those made here.
    version:    of Apache Kafka; FIXWARDEN_TEST_KAFKA_VERSION, else KAFKA_VERSION.
    listeners:  {NAME: Listener}; address(NAME) says where it is.
    scram:      {user: password} that SCRAM-SHA-512 knows.
    """

    def __init__(self, brokers=1, workdir=None, properties=None, version=None, listeners=None, scram=None, jvm=SMALL_JVM):
        if not 1 <= brokers <= MAX_BROKERS:
            raise ClusterError(f"{brokers} brokers: there can be 1 to {MAX_BROKERS}")
        self._ids = range(1, brokers + 1)
        self._extra = dict(properties or {})
        self._jars = kafka_jars(version or os.environ.get("FIXWARDEN_TEST_KAFKA_VERSION", KAFKA_VERSION))
        self._jvm = jvm
        self._temporary = workdir is None
        self.workdir = Path(workdir or tempfile.mkdtemp(prefix="fixwarden-kafka-"))
        self._listeners = dict(listeners or {})
        self._scram = dict(scram or {})
        ports = iter(free_ports((2 + len(self._listeners)) * brokers))
        self._port = {(name, broker): next(ports) for name in ("PLAINTEXT", "CONTROLLER", *self._listeners) for broker in self._ids}
        self._processes = {}
        self._frozen = set()
        self._log_starts = {}  # where the log of a broker's latest start begins
        # A broker is told to die with the *thread* that started it (see _spawn), so one thread that lives as
        # long as the cluster starts them all.
        self._spawner = ThreadPoolExecutor(max_workers=1)
        try:
            self._format()
            for broker in self._ids:
                self._spawn(broker)
            for broker in self._ids:
                self._wait_until_started(broker)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def bootstrap(self):
        """HOST:PORT of every broker, also of stopped ones: a broker comes back on its own port."""
        return self.address("PLAINTEXT")

    def address(self, listener):
        """HOST:PORT of every broker, as the listener advertises them."""
        return ",".join(f"127.0.0.1:{self._advertised_port(listener, broker)}" for broker in self._ids)

    def port(self, listener, broker):
        """Where the broker itself listens."""
        return self._port[listener, broker]

    def pid(self, broker):
        return self._running(broker).pid

    @property
    def brokers(self):
        return list(self._ids)

    def log_path(self, broker):
        return self.workdir / f"broker-{broker}.log"

    def create_topic(self, name, partitions=1, config=None):
        """Returns once every partition has a leader. Replicated to every broker."""
        from kafka import KafkaAdminClient  # here, so that the command line works without the tests' venv

        topic = {"num_partitions": partitions, "replication_factor": len(self._ids), "configs": config or {}}
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap.split(","))
        try:
            admin.create_topics({name: topic}, wait_for_metadata=True)
        finally:
            admin.close()

    def leader(self, topic, partition):
        """The broker that leads the partition now; None while there is none. Internal topics have leaders too."""
        from kafka import KafkaAdminClient

        admin = KafkaAdminClient(bootstrap_servers=self.alive)
        try:
            partitions = admin.describe_topics([topic])[0]["partitions"]
        finally:
            admin.close()
        leaders = [one["leader_id"] for one in partitions if one["partition_index"] == partition]
        return leaders[0] if leaders and leaders[0] in self._ids else None

    def transaction_coordinator(self, transactional_id):
        return self.leader("__transaction_state", java_hash(transactional_id) % int(PROPERTIES["transaction.state.log.num.partitions"]))

    def group_coordinator(self, group):
        return self.leader("__consumer_offsets", java_hash(group) % int(PROPERTIES["offsets.topic.num.partitions"]))

    @property
    def alive(self):
        """[HOST:PORT] of the brokers that answer. kafka-python finds its way from no other."""
        return [f"127.0.0.1:{self._port['PLAINTEXT', broker]}" for broker in self._ids
                if self._is_running(broker) and broker not in self._frozen]

    def start_broker(self, broker):
        """Starts a stopped or killed broker and waits until it serves."""
        if self._is_running(broker):
            raise ClusterError(f"broker {broker} is running already")
        self._spawn(broker)
        self._wait_until_started(broker)

    def stop_broker(self, broker):
        """Asks it to stop, as an orderly restart does: it hands its partitions over first."""
        process = self._running(broker)
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise ClusterError(f"broker {broker} did not stop in {STOP_SECONDS} s; killed\n{self._log_tail(broker)}") from None

    def kill_broker(self, broker):
        """kill -9: nothing is handed over, nothing is flushed."""
        process = self._running(broker)
        process.kill()
        process.wait()
        self._frozen.discard(broker)

    def freeze_broker(self, broker):
        """SIGSTOP: its connections stay open, and nobody answers."""
        self._running(broker).send_signal(signal.SIGSTOP)
        self._frozen.add(broker)

    def thaw_broker(self, broker):
        self._running(broker).send_signal(signal.SIGCONT)
        self._frozen.discard(broker)

    def close(self):
        """Ends every broker. Killed, not asked: the data is of no more use, and a last controller without
        its quorum would take long to stop."""
        for process in self._processes.values():
            process.kill()
            process.wait()
        self._processes.clear()
        self._spawner.shutdown()
        if self._temporary:
            shutil.rmtree(self.workdir, ignore_errors=True)

    def _controller_port(self, broker):
        return self._port["CONTROLLER", broker]

    def _advertised_port(self, listener, broker):
        proxied = self._listeners[listener].advertised if listener in self._listeners else {}
        return proxied.get(broker, self._port[listener, broker])

    def _voters(self):
        """The controllers. Two would be worse than one: neither could be lost."""
        return list(self._ids) if len(self._ids) == 3 else [1]

    def _properties_path(self, broker):
        return self.workdir / f"broker-{broker}.properties"

    def _properties(self, broker):
        voter = broker in self._voters()
        names = ["PLAINTEXT", *self._listeners]
        listeners = [f"{name}://127.0.0.1:{self._port[name, broker]}" for name in names]
        advertised = [f"{name}://127.0.0.1:{self._advertised_port(name, broker)}" for name in names]
        if voter:
            listeners.append(f"CONTROLLER://127.0.0.1:{self._controller_port(broker)}")
        protocols = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT"}
        protocols.update((name, listener.protocol) for name, listener in self._listeners.items())
        own = {f"listener.name.{name.lower()}.{key}": value
               for name, listener in self._listeners.items() for key, value in listener.properties.items()}
        replicas = len(self._ids)
        in_sync = 2 if replicas == 3 else 1
        return {
            "node.id": broker,
            "process.roles": "broker,controller" if voter else "broker",
            "controller.quorum.voters": ",".join(f"{v}@127.0.0.1:{self._controller_port(v)}" for v in self._voters()),
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
            "inter.broker.listener.name": "PLAINTEXT",
            "listeners": ",".join(listeners),
            "advertised.listeners": ",".join(advertised),
            "log.dirs": self.workdir / f"broker-{broker}",
            "default.replication.factor": replicas,
            "min.insync.replicas": in_sync,
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": in_sync,
            **PROPERTIES,
            **own,
            **self._extra,
        }

    def _format(self):
        """Writes each broker's properties and lays out its storage, all brokers at a time."""
        self.workdir.mkdir(parents=True, exist_ok=True)
        cluster_id = new_cluster_id()
        formatters = []
        for broker in self._ids:
            path = self._properties_path(broker)
            path.write_text("".join(f"{key}={value}\n" for key, value in self._properties(broker).items()))
            formatters.append(self._start_formatter(path, cluster_id))
        for formatter in formatters:
            text, _ = formatter.communicate(timeout=START_SECONDS)
            if formatter.returncode != 0:
                raise ClusterError(f"kafka.tools.StorageTool failed:\n{text}")

    def _start_formatter(self, properties, cluster_id):
        tool = ["kafka.tools.StorageTool", "format", "--cluster-id", cluster_id, "--config", str(properties)]
        for user, password in self._scram.items():
            tool += ["--add-scram", f"SCRAM-SHA-512=[name={user},password={password}]"]
        command = [*java(QUICK_START, "-Xmx128m"), "-cp", f"{self._jars}/*", *tool]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def _spawn(self, broker):
        # setpriv becomes the JVM, so the pid is the broker's; the signal comes when our thread ends, for
        # whatever reason, so a killed test leaves nothing behind. A session of its own keeps a Ctrl-C at the
        # terminal away from the broker: the test that gets it closes the cluster.
        command = [
            *("setpriv", "--pdeathsig", "KILL"),
            *java(*self._jvm, "-Dorg.slf4j.simpleLogger.showDateTime=true"),
            *("-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS", "-cp", f"{self._jars}/*"),
            *("kafka.Kafka", str(self._properties_path(broker))),
        ]
        with self.log_path(broker).open("ab") as log:
            self._log_starts[broker] = log.tell()
            spawning = self._spawner.submit(
                subprocess.Popen, command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
            self._processes[broker] = spawning.result()

    def _wait_until_started(self, broker):
        deadline = time.monotonic() + START_SECONDS
        while STARTED not in self._log_since_start(broker):
            if not self._is_running(broker):
                raise ClusterError(f"broker {broker} ended while starting\n{self._log_tail(broker)}")
            if time.monotonic() > deadline:
                raise ClusterError(f"broker {broker} is not up after {START_SECONDS} s\n{self._log_tail(broker)}")
            time.sleep(0.05)

    def _log_since_start(self, broker):
        with self.log_path(broker).open("rb") as log:
            log.seek(self._log_starts[broker])
            return log.read()

    def _log_tail(self, broker):
        lines = self._log_since_start(broker).decode(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return "\n".join([f"the end of {self.log_path(broker)}:", *lines])

    def _is_running(self, broker):
        if broker not in self._ids:
            raise ClusterError(f"no broker {broker}: they are {self._ids.start} to {self._ids.stop - 1}")
        process = self._processes.get(broker)
        return process is not None and process.poll() is None

    def _running(self, broker):
        if not self._is_running(broker):
            raise ClusterError(f"broker {broker} is not running")
        return self._processes[broker]


def kafka_jars(version):
    """The folder with the broker's jars, fetched by Maven the first time."""

    def fetch(folder):
        pom = Path(__file__).with_name("pom.xml")
        options = [f"-Dkafka.version={version}", "-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
        run_or_explain(["mvn", "-q", "-B", "-Dstyle.color=never", "-f", str(pom), *options, "dependency:copy-dependencies"])

    return make_once(f"kafka-{version}", fetch)


def run_or_explain(command, **options):
    try:
        subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    except FileNotFoundError:
        raise ClusterError(f"{command[0]} is not installed: run deploy/install-deps --test") from None
    except subprocess.CalledProcessError as error:
        raise ClusterError(f"{command[0]} failed ({error.returncode}):\n{error.output}") from None


def java(*options):
    """The command that starts a JVM of ours."""
    home = os.environ.get("JAVA_HOME")
    program = f"{home}/bin/java" if home else "java"
    if shutil.which(program) is None:
        raise ClusterError(f"{program} is not there: Kafka needs java 17 or newer; run deploy/install-deps --test")
    return [program, *options]


def java_hash(text):
    """String.hashCode() of ASCII without its sign, which chooses the partition of an internal topic."""
    value = 0
    for character in text:
        value = (31 * value + ord(character)) & 0xFFFFFFFF
    return value & 0x7FFFFFFF


def new_cluster_id():
    """16 random bytes as Kafka writes them. One that starts with '-' would be read as an option."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description="Runs COMMAND with FIXWARDEN_TEST_BROKERS naming a Kafka cluster of its own.")
    parser.add_argument("--brokers", type=int, default=1, metavar="N", help=f"1 to {MAX_BROKERS}, default 1")
    parser.add_argument("--topic", action="append", default=[], metavar="NAME[:PARTITIONS]", help="make this topic; repeatable")
    parser.add_argument("--workdir", type=Path, help="keep properties, data and logs in this folder")
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="after --, with its arguments")
    return parser.parse_args(argv)


def run_command(arguments):
    with KafkaCluster(arguments.brokers, arguments.workdir) as cluster:
        for topic in arguments.topic:
            name, _, partitions = topic.partition(":")
            cluster.create_topic(name, int(partitions or 1))
        environment = {**os.environ, "FIXWARDEN_TEST_BROKERS": cluster.bootstrap}
        return subprocess.run(arguments.command, env=environment, check=False).returncode


def main(argv):
    # So that a plain kill also closes the cluster and removes its folder.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return run_command(parse_arguments(argv))
    except (ClusterError, NoPorts, FileNotFoundError) as error:
        print(f"cluster.py: {error}", file=sys.stderr)
        return 69
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

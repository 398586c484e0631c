"""Measures the whole job on one machine with its broker: exactly once, 100 ms commits, 2 % discrepancies.

Throughput: how fast a topic is checked that is full already, from the first record to the last commit, beside a bare
librdkafka consumer of the same topic that does nothing with it; both several times in turn, and the medians count. The
messages stand on it several times: of the first second a good part is the group sharing its partitions among the lanes.
The start of the process, with the opening of the index and the joining of the group, is told beside it.
Streams: how fast a Kafka Streams application with a GlobalKTable (tests/bench/streams) does the same, once, beside the
median of ours; it needs Maven the first time.
Latency: from production at a steady rate to a read_committed reader, from a histogram; on a broker that is warm.
Memory: the most that was resident at any time of the throughput runs, without the mapping of the index.

Prints `measure NAME ours X UNIT peer PEER Y UNIT ratio R goal G` lines, without a peer where there is none. A goal that
is missed is said and is no failure: a shared machine proves nothing. FIXWARDEN_BUILD names the build, as for the tests.
"""
import argparse
import contextlib
import hashlib
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/kafka"))
from cache import make_once  # noqa: E402  (found there)
from cluster import KAFKA_JVM, KafkaCluster  # noqa: E402
from generated import tool  # noqa: E402
from product import ASSIGNED, Running, moment  # noqa: E402
from resident import Resident  # noqa: E402

SEED, PARTITIONS = 7, 4
LOOK_SECONDS = 1.0  # between two looks at what is measured: it shares the processors with who looks, the bare consumer does not
# The broker is warm once its compiler has taken less than this of a processor in two runs; after 10 to 30, as a rule.
QUIET, WARM_UPS_MAX = 0.02, 40


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_200_000, help="that differ")
    parser.add_argument("--times", type=int, default=8, help="how often all of them stand on the topic of the throughput runs")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the master")
    parser.add_argument("--rounds", type=int, default=3, help="of the throughput runs")
    parser.add_argument("--lanes", default="auto")
    parser.add_argument("--rate", type=int, default=20_000, help="messages a second of the latency runs")
    parser.add_argument("--seconds", type=int, default=15, help="of each latency run")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="for fixwarden; repeatable")
    parser.add_argument("--no-throughput", action="store_true")
    parser.add_argument("--no-streams", action="store_true", help="without the peer, which takes two minutes")
    parser.add_argument("--no-latency", action="store_true")
    parser.add_argument("--dir", default=os.environ.get("TMPDIR", "/tmp"), help="where all files go")
    return parser.parse_args()


def compiler_seconds(pid):
    """Of processor time, by the threads of a JVM that compile."""
    ticks = 0
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):  # a thread that has ended
            name, rest = path.read_text().split("(", 1)[1].rsplit(") ", 1)
            if re.match(r"C[12] Compiler", name):
                ticks += sum(map(int, rest.split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def run(*command):
    made = subprocess.run([str(word) for word in command], text=True, capture_output=True)
    if made.returncode != 0:
        sys.exit(f"stream: {command[0]}: {made.stderr}")
    return made.stdout


class Streams:
    """The peer: built once for each state of its sources."""

    def __init__(self):
        here = pathlib.Path(__file__).parent / "streams"
        sources = [here / "pom.xml", *sorted(here.glob("src/**/*.java"))]
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]

        def make(folder):
            shutil.copytree(here, folder, dirs_exist_ok=True)
            run("mvn", "-q", "-B", "-f", folder / "pom.xml", "package")

        self.made = make_once(f"streams-{digest}", make) / "target"

    def __call__(self, *arguments):
        return run("java", "-Xmx3g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp",
                   f"{self.made}/streams-peer-1.jar:{self.made}/lib/*", "StreamsPeer", *arguments)


class Bench:
    def __init__(self, options, cluster, folder):
        self.options, self.cluster, self.folder = options, cluster, folder
        self.index, self.messages = folder / "master.fwx", folder / "messages"
        self.master = folder / "master.csv"
        self.runs = 0

    @property
    def whole(self):
        """How many stand on the topic that is full."""
        return self.options.messages * self.options.times

    def fill(self):
        self.cluster.create_topic("full", partitions=PARTITIONS)
        for _ in range(self.options.times):
            run(tool("fixwarden-produce"), "--bootstrap", self.cluster.bootstrap, "--topic", "full", "--partitions", PARTITIONS,
                self.messages)

    def prepare(self):
        o = self.options
        run(tool("fixwarden-generate"), "master", "--rows", o.rows, "--seed", SEED, "--out", self.master)
        run(tool("fixwarden-generate"), "messages", "--rows", o.rows, "--seed", SEED, "--count", o.messages,
            "--rate", 0.02, "--out", self.messages, "--plan", self.folder / "plan")
        run(tool("fixwarden"), "index", "build", "--master", self.master, "--index", self.index)

    def start(self, topic, *more):
        """A new group and new output topics for each run."""
        self.runs += 1
        found, dead = f"found-{self.runs}", f"dead-{self.runs}"
        self.cluster.create_topic(found, partitions=2)
        self.cluster.create_topic(dead)
        sets = [word for one in self.options.set for word in ("--set", one)]
        job = Running(self.cluster, self.folder, [topic], f"group-{self.runs}", "-o", found, "--dead-letters", dead,
                      "--index", self.index, "--lanes", self.options.lanes, "--set", "batch.commit_interval=100ms", *sets, *more)
        return job, found

    def bare(self):
        out = run(tool("bare-consumer"), "--bootstrap", self.cluster.bootstrap, "--topic", "full", "--count", self.whole)
        return int(re.search(r"(\d+) messages/s", out)[1])

    def ours(self):
        """Messages a second in steady running, and from the start of the process; bytes resident."""
        started = datetime.now(timezone.utc)
        job, _ = self.start("full")
        with job:
            memory = Resident(job.process.pid, interval=LOOK_SECONDS)
            job.wait_until_committed(interval=LOOK_SECONDS)
            memory.end()
            if job.stop() != 0:
                sys.exit(job.output())
        log = job.output()
        steady = re.search(r"last commit: (\d+) records, ([\d.]+) s, (\d+)/s", log)
        assigned, _ = moment(log, ASSIGNED)  # and the first record comes
        if int(steady[1]) != self.whole:
            sys.exit(f"stream: {steady[1]} records were committed, not {self.whole}\n{log}")
        print(f"# {log.splitlines()[-2].split('lanes: ')[1]}")
        return int(steady[3]), self.whole / ((assigned - started).total_seconds() + float(steady[2])), memory.most

    def warm_up(self):
        quiet, runs = 0, 0
        while quiet < 2 and runs < WARM_UPS_MAX:
            compiled, started = compiler_seconds(self.cluster.pid(1)), time.monotonic()
            self.bare(), self.ours()
            share = (compiler_seconds(self.cluster.pid(1)) - compiled) / (time.monotonic() - started)
            quiet, runs = quiet + 1 if share < QUIET else 0, runs + 1
        print(f"# warm after {runs} runs: the broker's compiler took {share:.1%} of a processor in the last")

    def throughput(self):
        self.fill()
        self.warm_up()
        bare, steady, whole, resident = [], [], [], []
        for _ in range(self.options.rounds):
            bare.append(self.bare())
            found = self.ours()
            print(f"# round: bare {bare[-1]}/s, ours {found[0]}/s, with its start {found[1]:.0f}/s")
            for values, value in zip((steady, whole, resident), found):
                values.append(value)
        peer = statistics.median(bare)
        for name, values, goal in (("stream", steady, "goal 0.7"), ("stream-with-start", whole, "")):
            ours = statistics.median(values)
            print(f"measure {name} ours {ours:.0f} msg/s peer bare-consumer {peer:.0f} msg/s ratio {ours / peer:.2f} {goal}".strip())
        print(f"measure stream-memory ours {max(resident) / 1e6:.0f} MB goal 256")
        if not self.options.no_streams:
            self.streams(statistics.median(steady))

    def streams(self, ours):
        peer, state = Streams(), self.folder / "state"
        self.cluster.create_topic("securities", partitions=PARTITIONS)
        self.cluster.create_topic("streams-found", partitions=2)
        print(f"# streams: {peer('load', self.cluster.bootstrap, self.master, 'securities').strip()}")
        out = peer("run", self.cluster.bootstrap, "streams-peer", "full", "securities", "streams-found",
                   self.options.messages, state)
        shutil.rmtree(state, ignore_errors=True)
        rate = int(re.search(r"(\d+) messages/s", out)[1])
        print(f"measure stream-beside-streams ours {ours:.0f} msg/s peer kafka-streams {rate} msg/s ratio {ours / rate:.2f} goal 15")

    def latency(self, delivery, goals):
        o = self.options
        topic = f"live-{self.runs}"
        self.cluster.create_topic(topic, partitions=PARTITIONS)
        job, found = self.start(topic, "--delivery", delivery)
        with job:
            time.sleep(3)
            reader = subprocess.Popen([tool("bench-latency"), "--bootstrap", self.cluster.bootstrap, "--topic", found,
                                       "--seconds", str(o.seconds)], text=True, stdout=subprocess.PIPE)
            time.sleep(1)
            sender = subprocess.Popen([tool("fixwarden-produce"), "--bootstrap", self.cluster.bootstrap, "--topic",
                                       topic, "--partitions", str(PARTITIONS), "--rate", str(o.rate), self.messages])
            out = reader.communicate()[0]
            sender.kill()
            sender.wait()
            job.stop()
        print(f"# {delivery}: {out.strip()}")
        for name, goal in goals:
            value = re.search(rf"{name} ([\d.]+) ms", out)
            print(f"measure latency-{delivery}-{name} ours {value[1] if value else '?'} ms goal {goal}")


@contextlib.contextmanager
def prepared(kind, options):
    """A bench of that kind, with a broker and a folder of its own, which are gone afterwards."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fixwarden-bench-", dir=options.dir))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with KafkaCluster(brokers=1, workdir=folder / "kafka", properties={"log.segment.bytes": str(1 << 30)},
                          jvm=KAFKA_JVM) as cluster:
            bench = kind(options, cluster, folder)
            bench.prepare()
            yield bench
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    options = arguments()
    with prepared(Bench, options) as bench:
        if not options.no_throughput:
            bench.throughput()
        if not options.no_latency:
            for _ in range(2):
                bench.latency("exactly-once", ())  # the broker compiles what transactions need
            bench.latency("exactly-once", (("p50", 20), ("p99", 60)))
            bench.latency("at-least-once", (("p99", 15),))


if __name__ == "__main__":
    main()

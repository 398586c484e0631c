"""Measures what the live job loses while an index is built beside it, on one machine with its broker.

Rate: how fast a topic is checked that is full already, while the index of a changed master is built, beside the same
without a build; by the group's committed offsets.
Latency: p99 from production at a steady rate to a read_committed reader, while an index is built, beside the same
without; both several times in turn, and the medians count, since one collection of the broker's garbage is a p99. The
first run warms the broker and counts for nothing.
What stops the lanes when the new version is adopted is within both.

Prints `measure NAME ours X UNIT peer PEER Y UNIT ratio R goal G` lines. A goal that is missed is said and is no failure:
a shared machine proves nothing. FIXWARDEN_BUILD names the build, as for the tests.
"""
import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from stream import PARTITIONS, Bench, prepared  # noqa: E402  (found there)

from generated import tool  # noqa: E402
from kafka import KafkaAdminClient  # noqa: E402
from product import committed_offsets  # noqa: E402

SAMPLE_SECONDS = 0.25
WAIT_SECONDS = 60
JOIN_SECONDS = 5  # of the lanes behind the first: the group shares anew with its next heartbeat, after half a second


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="of the master: 2.7 GB")
    parser.add_argument("--messages", type=int, default=1_200_000, help="that differ")
    parser.add_argument("--times", type=int, default=14, help="how often all of them stand on the topic")
    parser.add_argument("--rate", type=int, default=20_000, help="messages a second of the latency runs")
    parser.add_argument("--seconds", type=int, default=15, help="of each latency run")
    parser.add_argument("--rounds", type=int, default=3, help="of the latency runs")
    parser.add_argument("--lanes", default="auto")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="for fixwarden; repeatable")
    parser.add_argument("--no-rate", action="store_true")
    parser.add_argument("--no-latency", action="store_true")
    parser.add_argument("--dir", default=os.environ.get("TMPDIR", "/tmp"), help="where all files go")
    return parser.parse_args()


def children(pid):
    return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class ReloadBench(Bench):
    def next_master(self):
        """Another state of it, beside it."""
        (self.folder / "before.csv").unlink(missing_ok=True)
        path = self.folder / "next.csv"
        shutil.copy(self.master, path)
        lines = subprocess.run(["tail", "-n", "1", self.master], capture_output=True, text=True, check=True).stdout
        with open(path, "a") as out:
            out.write(lines)  # the last row once more
            out.flush()
            os.fsync(out.fileno())  # who writes a master is not what is measured
        return path

    def deliver(self, following):
        """The one before is deleted later: taking 2.7 GB out of the page cache keeps a processor from all others, for up
        to 0.8 s, and who delivers a master is not what is measured."""
        os.link(self.master, self.folder / "before.csv")
        os.replace(following, self.master)

    def started(self, topic):
        return self.start(topic, "--master", self.master)

    @staticmethod
    def wait_for_build(job):
        """Until the builder runs."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not children(job.process.pid):
            if time.monotonic() > deadline or job.process.poll() is not None:
                sys.exit(f"reload: no build begins\n{job.output()}")
            time.sleep(0.02)

    def committed(self, admin, job):
        return sum(committed_offsets(admin, job.group).values())

    def checked_a_second(self, build):
        """Of the time in which the builder runs, or as long from where it would have started."""
        following = self.next_master() if build else None
        job, _ = self.started("full")
        admin = KafkaAdminClient(bootstrap_servers=self.cluster.bootstrap)
        with job:
            job.wait_until_assigned()
            if build:
                self.deliver(following)
                self.wait_for_build(job)
            else:
                time.sleep(3)
            began, first = time.monotonic(), self.committed(admin, job)
            while True:
                time.sleep(SAMPLE_SECONDS)
                now, last = time.monotonic(), self.committed(admin, job)
                if last >= self.whole or (build and not children(job.process.pid)):
                    break
            admin.close()
            if job.stop() != 0:
                sys.exit(job.output())
        if last == first:
            sys.exit("reload: all was checked before it could be measured; more --times")
        print(f"# {'with a build' if build else 'undisturbed'}: {last - first} messages in {now - began:.1f} s")
        return (last - first) / (now - began)

    def rate(self):
        self.fill()
        alone = self.checked_a_second(False)
        beside = self.checked_a_second(True)
        print(f"measure reload-rate ours {beside:.0f} msg/s peer undisturbed {alone:.0f} msg/s ratio {beside / alone:.2f} goal 0.75")

    def p99(self, build):
        topic = f"live-{self.runs}"
        following = self.next_master() if build else None
        self.cluster.create_topic(topic, partitions=PARTITIONS)
        job, found = self.started(topic)
        with job:
            job.wait_until_assigned()
            time.sleep(JOIN_SECONDS)
            sender = subprocess.Popen([tool("fixwarden-produce"), "--bootstrap", self.cluster.bootstrap, "--topic", topic,
                                       "--partitions", str(PARTITIONS), "--rate", str(self.options.rate), self.messages])
            if build:
                self.deliver(following)
                self.wait_for_build(job)
            reader = subprocess.run([tool("bench-latency"), "--bootstrap", self.cluster.bootstrap, "--topic", found,
                                     "--seconds", str(self.options.seconds)], text=True, stdout=subprocess.PIPE)
            still = bool(children(job.process.pid))
            sender.kill()
            sender.wait()
            job.stop()
        print(f"# {'with a build' if build else 'undisturbed'}{', which has not ended yet' if still else ''}: {reader.stdout.strip()}")
        return float(re.search(r"p99 ([\d.]+) ms", reader.stdout)[1])

    def latency(self):
        self.p99(False)
        rounds = [(self.p99(False), self.p99(True)) for _ in range(self.options.rounds)]
        alone, beside = map(statistics.median, zip(*rounds))
        print(f"measure reload-p99 ours {beside:.1f} ms peer undisturbed {alone:.1f} ms ratio {alone / beside:.2f} goal 0.5")


def main():
    options = arguments()
    with prepared(ReloadBench, options) as bench:
        if not options.no_rate:
            bench.rate()
        if not options.no_latency:
            bench.latency()


if __name__ == "__main__":
    main()

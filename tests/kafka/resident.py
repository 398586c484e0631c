"""What a process holds in memory, the index's mapping aside."""

import re
import threading
from pathlib import Path


class Resident(threading.Thread):
    """The most that it held, in bytes, looked at every `interval` seconds until end()."""

    def __init__(self, pid, interval=0.05):
        super().__init__(daemon=True)
        self.pid, self.interval, self.most, self.samples, self.ended = pid, interval, 0, 0, threading.Event()
        self.start()

    def run(self):
        while not self.ended.wait(self.interval):
            held = self.held()
            self.samples += held > 0
            self.most = max(self.most, held)

    def held(self):
        total, counts = 0, True
        try:
            lines = Path(f"/proc/{self.pid}/smaps").read_text().splitlines()
        except OSError:
            return 0
        for line in lines:
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                counts = ".fwx" not in line
            elif counts and line.startswith("Rss:"):
                total += int(line.split()[1]) * 1024
        return total

    def peak(self):
        """The kernel's own, the index included: nothing between two samples is missed."""
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        return int(found[1]) * 1024

    def end(self):
        self.ended.set()
        self.join()

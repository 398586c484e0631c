"""A memory cgroup of a test's own, version 2 or 1, where this machine lets one be made."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


def _own_path(controller):
    """Where this process stands in the hierarchy of a controller; "" names version 2's."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return path.lstrip("/")
    return None


def _candidates():
    """(parent folder, file of the limit, file of the peak)."""
    if (ROOT / "cgroup.controllers").exists():
        yield ROOT / (_own_path("") or ""), "memory.max", "memory.peak"
    if (ROOT / "memory").is_dir():
        yield ROOT / "memory" / (_own_path("memory") or ""), "memory.limit_in_bytes", "memory.max_usage_in_bytes"
        yield ROOT / "memory", "memory.limit_in_bytes", "memory.max_usage_in_bytes"


class MemoryGroup:
    def __init__(self, folder, peak_file):
        self.folder, self.peak_file = folder, peak_file

    def run(self, command, **more):
        """Runs a command inside."""
        return subprocess.run(command, preexec_fn=self._enter, **more)

    def _enter(self):
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def peak(self):
        path = self.folder / self.peak_file
        return int(path.read_text()) if path.exists() else None


@contextmanager
def memory_group(limit_bytes):
    """A MemoryGroup, or None where none can be made."""
    for parent, limit_file, peak_file in _candidates():
        folder = parent / f"fixwarden-test-{os.getpid()}"
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            (folder / limit_file).write_text(str(limit_bytes))
            yield MemoryGroup(folder, peak_file)
            return
        except OSError:
            pass
        finally:
            folder.rmdir()
    yield None

"""The index is cut, overwritten, copied over and deleted under a running consumer: it lives, and its verdicts stay right."""

import os
import shutil
import time

import pytest

from chaos import HANG_SECONDS, POLL_SECONDS, Pool, Rig, new_seed

ROUNDS = 3


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return Pool(tmp_path_factory.mktemp("damage"))


def cut(index, dice):
    os.truncate(index, dice.choice([0, 1, 4096, index.stat().st_size // 2, index.stat().st_size - 1]))


def overwrite(index, dice):
    """From somewhere on with noise, so that keys are found where they do not stand, and codes lead anywhere."""
    size = index.stat().st_size
    with open(index, "r+b") as out:
        out.seek(dice.randrange(size // 4096) * 4096)
        out.write(dice.randbytes(size // 2)[:size - out.tell()])


def copy_over(index, dice, good):
    """As cp does: cut to nothing, and written anew, by small pieces."""
    with open(good, "rb") as source, open(index, "wb", buffering=0) as out:
        while piece := source.read(dice.randrange(1, 200_000)):
            out.write(piece)


def delete(index):
    index.unlink()


def put_back(index, good):
    """As it should be done: beside it, then renamed."""
    shutil.copy(good, index.with_suffix(".new"))
    os.replace(index.with_suffix(".new"), index)


def spoil(what, index, good, dice):
    if what == "copied over":
        copy_over(index, dice, good)
    elif what == "deleted":
        delete(index)
    else:
        {"cut": cut, "overwritten": overwrite}[what](index, dice)


class Log:
    """Waits for what the consumer says, once more than it has said it before."""

    def __init__(self, rig, instance):
        self.rig, self.instance = rig, instance
        self.seen = {}

    def wait_for(self, words):
        deadline = time.monotonic() + HANG_SECONDS
        while self.instance.output().count(words) <= self.seen.get(words, 0):
            self.instance.check_alive()
            assert time.monotonic() < deadline, f"it never says '{words}':\n{self.instance.output()[-4000:]}"
            time.sleep(POLL_SECONDS)
        self.seen[words] = self.instance.output().count(words)


@pytest.mark.parametrize("what", ["cut", "overwritten", "copied over", "deleted"])
def test_the_index_is_spoiled_under_load(cluster, pool, tmp_path, topic_name, what):
    dice = new_seed(what)
    rig = Rig(cluster, pool, tmp_path, topic_name, dice, settings={"reload.check_interval": "200ms"})
    good, index = pool.index, tmp_path / "serving.fwx"
    shutil.copy(good, index)
    with rig.instance("one", {"master.index": index}) as one, rig.feeding(rate=2000):
        log = Log(rig, one)
        rig.recovered("start", instances=[one])
        for _ in range(ROUNDS):
            spoil(what, index, good, dice)
            if what in ("cut", "overwritten"):
                log.wait_for("was overwritten or cut")
            if what != "copied over":
                rig.feed(200)
                put_back(index, good)
            log.wait_for("serves in place of")
            rig.recovered(what, instances=[one])
        assert one.starts == 1, one.output()
    rig.finish()
    rig.verify()

"""A proxy that knows Kafka's framing, so that the reply to one kind of request can be kept back.

    with KeptReplies({listen_port: upstream_port, ...}) as proxy:
        proxy.keep(END_TXN)     # from now on no reply to one of these gets through
        proxy.kept.wait()       # until there is one: the broker has done its part, and the client can't know
        proxy.release()         # what was kept goes on its way, if the client still waits for it
        proxy.hold_back(END_TXN, 2)  # all of that, with two seconds before the release
    proxy.refuse(2)         # so many transactions fail, and the broker hears nothing of them, but for a part of the first

A request is INT32 length, INT16 api key, INT16 api version, INT32 correlation id, ...; a reply is INT32 length, INT32
correlation id, ... Replies on a connection keep the order of its requests, so behind one that is kept all others wait,
as they would behind a broker that is slow to commit.
"""

import contextlib
import socket
import struct
import threading
import time

TXN_OFFSET_COMMIT, END_TXN, OFFSET_COMMIT = 28, 26, 8
ADD_PARTITIONS_TO_TXN, ADD_OFFSETS_TO_TXN = 24, 25

# Bodies of version 0, as librdkafka asks for: not one partition was added; UNKNOWN_SERVER_ERROR.
REFUSALS = {ADD_PARTITIONS_TO_TXN: struct.pack(">ii", 0, 0), ADD_OFFSETS_TO_TXN: struct.pack(">ih", 0, -1)}


class KeptReplies:
    def __init__(self, ports):
        self.kept = threading.Event()
        self.count = 0
        self._open = threading.Event()
        self._open.set()
        self._key = None
        self._closing = False
        self._refusing = False
        self._refused = threading.Semaphore(0)
        self._sending = threading.Lock()  # to clients: forwarded replies, and those made here
        self._sockets = []
        self._lock = threading.Lock()
        for listen, upstream in ports.items():
            listener = socket.create_server(("127.0.0.1", listen))
            self._remember(listener)
            threading.Thread(target=self._accept, args=(listener, upstream), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._closing = True
        self._open.set()
        with self._lock:
            for one in self._sockets:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()

    def keep(self, key):
        self.kept.clear()
        self._open.clear()
        self._key = key

    def release(self):
        self._key = None
        self._open.set()

    def hold_back(self, key, seconds):
        """One of them, and what comes behind it, for so long."""
        self.keep(key)
        assert self.kept.wait(30)
        time.sleep(seconds)
        self.release()

    def refuse(self, transactions, seconds=30):
        self._refusing, self._is_first, self._offsets_refusal = True, True, b""
        try:
            for _ in range(transactions):
                assert self._refused.acquire(timeout=seconds), "no transaction has come"
        finally:
            self._refusing = False

    def _remember(self, one):
        with self._lock:
            self._sockets.append(one)

    def _accept(self, listener, upstream):
        while True:
            try:
                client, _ = listener.accept()
                broker = socket.create_connection(("127.0.0.1", upstream))
            except OSError:
                if self._closing:
                    return
                client.close()  # the broker is down
                continue
            for one in (client, broker):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._remember(one)
            asked = {}  # correlation id -> api key
            threading.Thread(target=self._forward, args=(client, broker, asked, self._note_request), daemon=True).start()
            threading.Thread(target=self._forward, args=(broker, client, asked, self._hold_reply), daemon=True).start()

    def _forward(self, source, target, asked, look):
        try:
            while frame := read_frame(source):
                refusal = look(frame, asked)
                with self._sending:
                    (target if refusal is None else source).sendall(frame if refusal is None else refusal)
        except OSError:
            pass
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _note_request(self, frame, asked):
        key, version, correlation = struct.unpack_from(">hhi", frame, 4)
        if self._refusing and key in REFUSALS:
            assert version == 0, f"no reply is known to version {version} of {key}"
            return self._refuse(key, struct.pack(">ii", 4 + len(REFUSALS[key]), correlation) + REFUSALS[key])
        asked[correlation] = key
        return None

    def _refuse(self, key, refusal):
        """Partitions first: a client that has had no answer to them yet believes that the broker knows of nothing. It asks
        for them again and again. Of the first transaction they may have been added before."""
        if key == ADD_OFFSETS_TO_TXN and not self._is_first:
            self._offsets_refusal = refusal
            return b""
        if key == ADD_OFFSETS_TO_TXN:
            self._is_first = False
            self._refused.release()
        elif self._offsets_refusal:
            refusal, self._offsets_refusal = refusal + self._offsets_refusal, b""
            self._refused.release()
        return refusal

    def _hold_reply(self, frame, asked):
        key = asked.pop(struct.unpack_from(">i", frame, 4)[0], None)
        if key is not None and key == self._key:
            self.count += 1
            self.kept.set()
            self._open.wait()


def read_frame(source):
    """A whole frame with its length, or nothing at the end."""
    head = read_exactly(source, 4)
    if not head:
        return b""
    return head + read_exactly(source, struct.unpack(">i", head)[0])


def read_exactly(source, count):
    parts = []
    while count > 0:
        part = source.recv(min(count, 1 << 16))
        if not part:
            return b""
        parts.append(part)
        count -= len(part)
    return b"".join(parts)

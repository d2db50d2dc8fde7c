"""What the Python interop tests share: a server of one's own, raw connections, and a runner that names what failed.

A test script declares `@test` functions, each run once with 1 and once with 4 shards against a fresh server, and ends
with `run()`. Nothing waits for a fixed time: `eventually` polls, sockets have a timeout.
"""
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback

TIMEOUT = 20  # seconds until a silent server counts as a failure
SHARDS = (1, 4)
tests = []


class Server:
    """A holdfast-server on a port that the kernel chooses. It dies with this process."""

    def __init__(self, shards, *flags, port=0):
        command = ["setpriv", "--pdeathsig", "KILL", os.environ["HOLDFAST_SERVER"], "--port", str(port),
                   "--shards", str(shards), *flags]
        self.shards = shards
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        self.log = []
        for line in self.process.stdout:
            self.log.append(line)
            if "Ready to accept connections" in line:
                break
        started = re.search(r"Holdfast started .*\bport=(\d+)", "".join(self.log))
        check(started, f"no start line in {self.log}")
        self.port = int(started.group(1))
        self.drain = threading.Thread(target=lambda: self.log.extend(self.process.stdout), daemon=True)
        self.drain.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.drain.join()
        self.process.stdout.close()

    def terminate(self):
        """SIGTERM; (exit code, seconds until it was gone)."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(TIMEOUT)
        return code, time.monotonic() - began

    def connect(self, resp=2):
        connection = Connection(self.port)
        if resp == 3:
            connection.ask("HELLO", "3")
        return connection


class Closed(Exception):
    """The server closed the connection in the middle of a reply, or before it."""


class Connection:
    """Raw bytes both ways."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def line(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise Closed(line)
        return line

    def reply(self):
        """One whole reply, as it came over the wire."""
        head = self.line()
        kind, count = head[:1], head[1:-2]
        if kind in b"$=":
            return head + (b"" if count == b"-1" else self.file.read(int(count) + 2))
        elements = {b"*": 1, b"~": 1, b">": 1, b"%": 2}.get(kind, 0) * (int(count) if kind in b"*~>%" else 0)
        return head + b"".join(self.reply() for _ in range(max(elements, 0)))

    def ask(self, *words):
        """The raw reply to one request."""
        self.send(request(*words))
        return self.reply()

    def rest(self):
        """All that comes until the server closes."""
        return self.file.read()


def request(*words):
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


# Replies as they should come, written down independently of the server's own writer.

def encoded(value, resp):
    """int, str or bytes (bulk), None, list, dict as RESP2 or RESP3."""
    if value is None:
        return b"_\r\n" if resp == 3 else b"$-1\r\n"
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, (str, bytes)):
        value = value.encode() if isinstance(value, str) else value
        return b"$%d\r\n%s\r\n" % (len(value), value)
    if isinstance(value, list):
        return b"*%d\r\n" % len(value) + b"".join(encoded(each, resp) for each in value)
    head = b"%%%d\r\n" % len(value) if resp == 3 else b"*%d\r\n" % (2 * len(value))
    return head + b"".join(encoded(key, resp) + encoded(each, resp) for key, each in value.items())


def stock_map(sku, on_hand, held=0, sold=0, oversell=0, version=1, paused=0, short=0):
    return {"sku": sku, "on_hand": on_hand, "held": held, "available": max(0, on_hand + oversell - held), "sold": sold,
            "oversell": oversell, "short": short, "version": version, "percart": 0, "paused": paused, "challenge": 0,
            "waiting": 0}


def check(condition, what=""):
    if not condition:
        raise AssertionError(what)


def same(got, expected, about=""):
    check(got == expected, f"{about}\n  got      {got!r}\n  expected {expected!r}")


def matches(got, pattern):
    check(re.fullmatch(pattern, got, re.DOTALL), f"\n  got      {got!r}\n  expected {pattern!r}")


def eventually(condition, seconds=TIMEOUT):
    """Polls until condition() is true, and gives what it gave."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        check(time.monotonic() < end, "it did not come about")
        time.sleep(0.005)
    return result


def test(function):
    tests.append(function)
    return function


def run():
    failed = 0
    for function in tests:
        for shards in SHARDS:
            name = f"{function.__name__} (shards {shards})"
            began = time.monotonic()
            try:
                with Server(shards) as server:
                    function(server)
                    check(server.process.poll() is not None or alive(server), "the server does not answer any more")
                print(f"ok      {name}  {time.monotonic() - began:.2f} s", flush=True)
            except Exception:  # a runner shows every failure
                failed += 1
                print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
    sys.exit(1 if failed else 0)


def alive(server):
    with server.connect() as connection:
        return connection.ask("PING") == b"+PONG\r\n"

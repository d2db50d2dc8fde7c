"""What the hostile tests share beside tests/interop/lib.py: replies as values, in bytes, and the figures of stock."""
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "interop"))
from lib import Closed, Connection, check, request  # noqa: E402


class Refused(Exception):
    """An error reply; its text without the '-'."""

    @property
    def text(self):
        return self.args[0]

    @property
    def code(self):
        return self.text.split(b" ")[0].decode()

    def field(self, name):
        """`field=value` of a refusal whose values need no quotes."""
        found = [word for word in self.text.split(b" ") if word.startswith(name.encode() + b"=")]
        return found[0].split(b"=", 1)[1].decode() if found else None


def value(file):
    """One RESP2 reply: bytes for + and $, int, list, None; an error as Refused, given and not thrown."""
    line = file.readline()
    if not line.endswith(b"\r\n"):
        raise Closed(line)
    kind, text = line[:1], line[1:-2]
    if kind == b"+":
        return text
    if kind == b"-":
        return Refused(text)
    if kind == b":":
        return int(text)
    if kind == b"$":
        return None if text == b"-1" else file.read(int(text) + 2)[:-2]
    check(kind == b"*", f"not a reply: {line!r}")
    return None if text == b"-1" else [value(file) for _ in range(int(text))]


class Client(Connection):
    def ask(self, *words):
        self.send(request(*words))
        return value(self.file)

    def expect(self, *words):
        """The reply, which must not be an error."""
        reply = self.ask(*words)
        check(not isinstance(reply, Refused), f"{words}: {reply}")
        return reply

    def all(self, *requests):
        """The replies to several requests, sent at once."""
        self.send(b"".join(request(*words) for words in requests))
        return [value(self.file) for _ in requests]

    def stock(self, sku):
        """The stock map, or Refused."""
        reply = self.ask("STOCK", sku)
        return reply if isinstance(reply, Refused) else mapped(reply)


def mapped(reply):
    return {name.decode(): each for name, each in zip(reply[::2], reply[1::2])}


def all_skus(client):
    cursor, skus = b"0", []
    while True:
        cursor, some = client.expect("SCAN", cursor, "COUNT", 1000)
        skus += some
        if cursor == b"0":
            return skus


def whole_stock(client):
    """Figures by SKU of everything that there is."""
    return {sku: client.stock(sku) for sku in all_skus(client)}

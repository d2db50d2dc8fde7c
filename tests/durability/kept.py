"""What the durability tests share: a server with a folder, and a ledger of what was acknowledged, which a server that
has been started again is held to: every acknowledged operation is there, every other one wholly there or wholly absent,
no cart in part, and every unit accounted for."""
import os
import random
import selectors
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "interop"))
os.environ.setdefault("ASAN_OPTIONS", "verify_asan_link_order=0")  # for what is preloaded
from lib import Closed, Connection, Server, check, eventually, request  # noqa: E402, F401

SKUS = 8
UNITS = 1_000_000
PIPELINE = 16
KILLS_A_FOLDER = 10  # every start checks all that came before it


def cycles(usual):
    return int(os.environ.get("HOLDFAST_CYCLES", usual))


class Folder:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="holdfast-")
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path)


def server(shards, folder, *flags):
    return Server(shards, "--dir", folder, "--journal-segment-size", "1mb", *flags)


def logged(server, name):
    """A figure of the newest line that has it."""
    return [line.split(f" {name}=")[1].split()[0] for line in server.log if f" {name}=" in line][-1]


def sku(number):
    return f"sku-{number}"


def parse(file):
    """One reply: str for + and $, int for :, list for *; an error as ('-', text)."""
    line = file.readline()
    if not line.endswith(b"\r\n"):
        raise Closed(line)
    kind, text = line[:1], line[1:-2]
    if kind == b"+":
        return text.decode()
    if kind == b"-":
        return "-", text.decode()
    if kind == b":":
        return int(text)
    if kind == b"$":
        return None if text == b"-1" else file.read(int(text) + 2)[:-2].decode()
    return [parse(file) for _ in range(int(text))]


class Client:
    def __init__(self, port):
        self.connection = Connection(port)
        self.due = []  # what each outstanding request was for

    def send(self, what, *words):
        self.due.append(what)
        self.connection.send(request(*words))

    def next(self):
        reply = parse(self.connection.file)
        return self.due.pop(0), reply

    def ask(self, *words):
        self.connection.send(request(*words))
        return parse(self.connection.file)


class Cart:
    def __init__(self, number, skus):
        self.name = f"cart-{number}"
        self.skus = skus
        self.id = None      # acknowledged
        self.asked = None   # COMMIT or RELEASE, once it was sent
        self.ended = False  # acknowledged
        self.acknowledged = -1  # when anything of it was, last


class Ledger:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.carts = []
        self.open = []
        self.acknowledged = 0
        self.heard_at = {}  # acknowledgement -> when

    def stock_up(self, port):
        client = Client(port)
        for number in range(SKUS):
            client.ask("SETSTOCK", sku(number), UNITS)

    def ask(self, client):
        if self.open and self.random.random() < 0.5:
            cart = self.open.pop(self.random.randrange(len(self.open)))
            cart.asked = self.random.choice(("COMMIT", "RELEASE"))
            client.send(cart, cart.asked, cart.id)
            return
        cart = Cart(len(self.carts), self.random.sample(range(SKUS), 2))
        self.carts.append(cart)
        items = [word for number in cart.skus for word in (sku(number), 1)]
        client.send(cart, "RESERVE", cart.name, "EX", 3600, "KEY", "k", "ITEMS", *items)

    def hear(self, client):
        cart, reply = client.next()
        check(not isinstance(reply, tuple), f"refused: {reply}")
        self.acknowledged += 1
        cart.acknowledged = self.acknowledged
        self.heard_at[self.acknowledged] = time.monotonic()
        if cart.asked:
            cart.ended = True
        else:
            cart.id = reply[0]
            self.open.append(cart)

    def load(self, port, replies, end, connections=6):
        """Load, and after so many replies end(), which the server does not survive."""
        clients = [Client(port) for _ in range(connections)]
        selector = selectors.DefaultSelector()
        for client in clients:
            selector.register(client.connection.socket, selectors.EVENT_READ, client)
        heard = 0
        try:
            while heard < replies:
                for client in clients:
                    while len(client.due) < PIPELINE:
                        self.ask(client)
                for key, _ in selector.select(timeout=20):
                    self.hear(key.data)
                    heard += 1
            end()
            for client in clients:  # what left before the end is acknowledged too
                while client.due:
                    self.hear(client)
        except (Closed, OSError):
            end()
            for client in clients:
                try:
                    while client.due:
                        self.hear(client)
                except (Closed, OSError):
                    pass
        for client in clients:
            client.connection.close()

    def check(self, port, is_a_prefix=False):
        """Holds the server to it. Gives the acknowledgements that are missing, by number; without is_a_prefix none may
        be."""
        client = Client(port)
        held = [0] * SKUS
        gone = [0] * SKUS
        missing = []
        for cart in self.carts:
            found = client.ask("HOLDS", cart.name)
            state = "HELD" if found else "none"
            hold = None
            if cart.id:
                hold = client.ask("HOLD", cart.id)
                state = "none" if isinstance(hold, tuple) else hold[hold.index("state") + 1]
            if found:
                hold = client.ask("HOLD", found[0])
                items = dict(hold[hold.index("items") + 1])
                check(items == {sku(number): 1 for number in cart.skus}, f"{cart.name} is there in part: {items}")
                for number in cart.skus:
                    held[number] += 1
            end_state = {"COMMIT": "COMMITTED", "RELEASE": "RELEASED"}.get(cart.asked)
            if state == "COMMITTED":
                for number in cart.skus:
                    gone[number] += 1
            if cart.ended:
                allowed = {end_state}
            elif cart.asked:
                allowed = {"HELD", end_state}
            elif cart.id:
                allowed = {"HELD"}
            else:
                allowed = {"HELD", "none"}
            if state not in allowed:
                check(is_a_prefix, f"{cart.name}: acknowledged {cart.asked} {cart.ended}, and it is {state}")
                missing.append(cart.acknowledged)
        for number in range(SKUS):
            stock = client.ask("STOCK", sku(number))
            stock = dict(zip(stock[::2], stock[1::2]))
            check(stock["on_hand"] + stock["sold"] == UNITS, f"{stock}")
            check(stock["held"] == held[number], f"{stock}: carts hold {held[number]}")
            check(is_a_prefix or stock["sold"] >= gone[number], f"{stock}: carts bought {gone[number]}")
        client.connection.close()
        return missing

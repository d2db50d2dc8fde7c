"""Is there an order in which these requests could have been executed one after the other, each between its call and its
return, with just these replies?

The search of Wing and Gong with Lowe's memory ("Testing for linearizability", 2017), over one group of SKUs: carts never
leave their group, so each group is judged alone. It knows the contract and nothing of the server: no sequence numbers, no
order of ids. What it takes from a reply is what the reply says of stock.

- An operation becomes *points*, each to be placed at an instant between lo and hi. Most have one. A refusal of a cart over
  several SKUs has one for each SKU that it speaks of, and they need not be at the same instant.
- A client that closed before the reply leaves a point that may be placed or not, as late as one likes.
- The end of a hold's time is a point of its own, from the earliest deadline that RESERVE's call allows. Nothing says when
  others see its units again, but a COMMIT called after the latest deadline is late, and a RESERVE called then is not refused
  for want of the units of a hold of that SKU alone.
- A point that is true and changes nothing is placed at once: later it could only be less true.

Times are nanoseconds of one clock. Operations are plain values, so that a history can be kept in a file and edited.
"""
import re
from dataclasses import dataclass, field

NEVER = 1 << 62
HELD, COMMITTED, RELEASED, EXPIRED = "HELD", "COMMITTED", "RELEASED", "EXPIRED"


@dataclass
class Operation:
    verb: str
    call: int
    ret: int = NEVER            # NEVER: nobody heard the reply
    sku: str = ""               # STOCK, SETSTOCK, RESTOCK
    skus: tuple = ()            # MSTOCK
    number: int = 0             # of SETSTOCK and RESTOCK
    items: dict = field(default_factory=dict)
    hold: str = ""              # of COMMIT and RELEASE; the one that RESERVE made
    late: bool = False          # COMMIT ... LATE
    ttl: int = 0
    left: int = 0               # as RESERVE told it
    reply: object = None        # a stock map, those of MSTOCK, the integer of RELEASE, "OK"
    refusal: str = ""           # the text of an error

    @property
    def is_heard(self):
        return self.ret != NEVER


@dataclass
class Point:
    about: Operation
    apply: object               # state -> the state after it, None where the reply would have been another
    lo: int
    hi: int
    may_be_left_out: bool = False
    seen: object = None         # (SKU's place, its version until the point is placed), where the reply tells it


class Undecided(Exception):
    """More to search than it is worth."""


class State:
    """Figures by SKU and states by hold, both as tuples."""
    __slots__ = ("skus", "holds", "key")

    def __init__(self, skus, holds):
        self.skus, self.holds = skus, holds
        self.key = (skus, holds)

    def with_(self, figures, hold=None, state=None):
        skus = list(self.skus)
        for at, each in figures:
            skus[at] = each
        holds = self.holds
        if hold is not None:
            holds = holds[:hold] + (state,) + holds[hold + 1:]
        return State(tuple(skus), holds)


class Group:
    """initial: {sku: units on hand}, each of version 1."""

    def __init__(self, initial, operations):
        self.names = sorted(initial)
        self.sku_at = {name: at for at, name in enumerate(self.names)}
        self.reserves = [each for each in operations if each.verb == "RESERVE" and not each.refusal]
        self.hold_at = {}
        for at, each in enumerate(self.reserves):
            each.hold = each.hold or f"never heard of {at}"
            self.hold_at[each.hold] = at
        self.twice = len(self.hold_at) < len(self.reserves)
        self.start = State(tuple((initial[name], 0, 0, 1) for name in self.names), (None,) * len(self.reserves))
        self.points = []
        self.observed = [[] for _ in self.names]  # (version, point): to be placed before the SKU leaves this version
        for each in operations:
            self.add(each)
        self.points.sort(key=lambda point: (point.lo, point.hi))
        self.note_versions()
        self.best, self.stuck = 0, []

    # --- what each reply says -----------------------------------------------------------------------------------------

    def add(self, op):
        point = self.point
        if op.verb == "RESERVE" and op.refusal:
            self.add_refusal(op)
        elif op.verb == "RESERVE":
            point(op, self.reserve(op))
            self.points.append(Point(op, self.expire(op), op.call + op.ttl, NEVER, True))
        elif op.late and op.refusal.startswith("OUTOFSTOCK"):
            self.add_refusal(op)
        elif op.verb in ("COMMIT", "RELEASE"):
            point(op, self.end(op))
        elif op.verb == "STOCK":
            self.look(op, op.sku, op.reply)
        elif op.verb == "MSTOCK":
            for sku, told in zip(op.skus, op.reply or ()):
                self.look(op, sku, told)
        else:
            point(op, self.set_stock(op), self.seen(op.sku, op.reply, op.verb == "RESTOCK"))

    def point(self, op, apply, seen=None):
        self.points.append(Point(op, apply, op.call, op.ret, not op.is_heard, seen))

    def look(self, op, sku, told):
        at = self.sku_at[sku]
        if told:
            self.point(op, lambda state: state if self.tells(told, state.skus[at]) else None, self.seen(sku, told))

    def seen(self, sku, told, is_change=False):
        return (self.sku_at[sku], told["version"] - is_change) if told else None

    @staticmethod
    def tells(told, figures):
        on_hand, held, sold, version = figures
        return (told["on_hand"] == on_hand and told["held"] == held and told["sold"] == sold and told["version"] == version
                and told["available"] == max(0, on_hand - held) and told["short"] == max(0, held - on_hand))

    def moved(self, state, items, end):
        """What becomes of the figures when each unit adds `end` to (on hand, held, sold)."""
        changes = []
        for sku, quantity in items.items():
            at = self.sku_at[sku]
            on_hand, held, sold, version = state.skus[at]
            takes, holds, sells = end
            changes.append((at, (on_hand + takes * quantity, held + holds * quantity, sold + sells * quantity, version + 1)))
        return changes

    def reserve(self, op):
        hold = self.hold_at[op.hold]

        def apply(state):
            if state.holds[hold] is not None or (op.is_heard and op.left != op.ttl):
                return None
            for sku, quantity in op.items.items():
                on_hand, held, _, _ = state.skus[self.sku_at[sku]]
                if on_hand - held < quantity:
                    return None
            return state.with_(self.moved(state, op.items, (0, 1, 0)), hold, HELD)
        return apply

    def expire(self, op):
        hold = self.hold_at[op.hold]

        def apply(state):
            if state.holds[hold] != HELD:
                return None
            return state.with_(self.moved(state, op.items, (0, -1, 0)), hold, EXPIRED)
        return apply

    def end(self, op):
        hold = self.hold_at.get(op.hold)
        if hold is None:
            return lambda state: None
        made = self.reserves[hold]
        is_late = op.call >= made.ret + made.ttl  # whenever it was made
        is_commit = op.verb == "COMMIT"
        units = sum(made.items.values())

        def apply(state):
            now = state.holds[hold]
            if now is None:
                return None
            if now == HELD and not op.refusal and not is_late and op.reply in (None, "OK" if is_commit else units):
                end, after = ((-1, -1, 1), COMMITTED) if is_commit else ((0, -1, 0), RELEASED)
                return state.with_(self.moved(state, made.items, end), hold, after)
            if op.late and now == EXPIRED:
                if op.refusal or not all(self.has_room(self.sku_at[sku], quantity)(state) for sku, quantity in made.items.items()):
                    return None
                return state.with_(self.moved(state, made.items, (-1, 0, 1)), hold, COMMITTED)
            if is_commit:
                right = now == COMMITTED if not op.refusal else op.refusal == {
                    RELEASED: f"RELEASED id={op.hold}", EXPIRED: f"EXPIRED id={op.hold}"}.get(now)
            else:
                right = op.reply == 0 and now in (RELEASED, EXPIRED) if not op.refusal else (
                    now == COMMITTED and op.refusal == f'COMMITTED id={op.hold} ref=""')
            return state if right else None
        return apply

    def set_stock(self, op):
        at = self.sku_at[op.sku]

        def apply(state):
            on_hand, held, sold, version = state.skus[at]
            new = op.number if op.verb == "SETSTOCK" else on_hand + op.number
            is_refused = op.verb == "RESTOCK" and op.number < 0 and new < 0
            if op.refusal or is_refused:
                return state if is_refused and (op.refusal.startswith("ERR ") or not op.is_heard) else None
            after = state if new == on_hand else state.with_([(at, (new, held, sold, version + 1))])
            return after if not op.is_heard or self.tells(op.reply, after.skus[at]) else None
        return apply

    def add_refusal(self, op):
        """Of several reasons the SKU that sorts first is told; of those before it nothing may have been wrong."""
        told = re.fullmatch(r"OUTOFSTOCK sku=(\S+) want=(\d+) available=(\d+) held=(\d+)", op.refusal)
        late = self.hold_at.get(op.hold) if op.late else None
        items = op.items if late is None else self.reserves[late].items
        if not told or items.get(told[1]) != int(told[2]):
            self.point(op, lambda state: None)
            return
        sku, want, available, held = told[1], int(told[2]), int(told[3]), int(told[4])
        at = self.sku_at[sku]
        over = [hold for hold, made in enumerate(self.reserves)
                if list(made.items) == [sku] and made.ret + made.ttl <= op.call and not op.late]

        def may_be_judged(state):
            return late is None or state.holds[late] == EXPIRED

        def is_told(state):
            on_hand, holds, _, _ = state.skus[at]
            is_so = max(0, on_hand - holds) == available < want and holds == held
            return state if is_so and may_be_judged(state) and all(state.holds[hold] != HELD for hold in over) else None
        self.point(op, is_told)
        for other in sorted(items):
            if other < sku:
                has_room = self.has_room(self.sku_at[other], items[other])
                self.point(op, lambda state, has_room=has_room: has_room(state) if may_be_judged(state) else None)

    @staticmethod
    def has_room(at, quantity):
        return lambda state: state if state.skus[at][0] - state.skus[at][1] >= quantity else None

    # --- the search ---------------------------------------------------------------------------------------------------

    def note_versions(self):
        for number, point in enumerate(self.points):
            if point.seen:
                at, version = point.seen
                self.observed[at].append((version, 1 << number))
        for observed in self.observed:
            observed.sort()

    def leaves_somebody_behind(self, before, after, placed):
        """Did a SKU go past a version at which a point that is not placed yet has to stand?"""
        for at, (old, new) in enumerate(zip(before.skus, after.skus)):
            if old[3] != new[3]:
                for version, bit in self.observed[at]:
                    if version >= new[3]:
                        break
                    if not placed & bit:
                        return True
        return False

    def is_linearizable(self, most_steps=300_000):
        """Undecided after so many steps."""
        if self.twice:
            return False
        due = sorted((point.hi, 1 << number) for number, point in enumerate(self.points) if not point.may_be_left_out)
        needed = 0
        for _, bit in due:
            needed |= bit
        seen = set()
        frames = [self.settled(0, self.start, due)]
        steps = 0
        while frames:
            placed, state, choices = frames[-1]
            if placed & needed == needed:
                return True
            for number in choices:
                after = self.points[number].apply(state)
                with_it = placed | 1 << number
                if after is None or after is state or (with_it, after.key) in seen:
                    continue
                if self.leaves_somebody_behind(state, after, with_it):
                    continue
                seen.add((with_it, after.key))
                steps += 1
                if steps > most_steps:
                    raise Undecided()
                frames.append(self.settled(with_it, after, due))
                break
            else:
                if placed.bit_count() >= self.best:
                    self.best, self.stuck = placed.bit_count(), self.waiting(placed, due)
                frames.pop()
        return False

    @staticmethod
    def first_due(placed, due):
        return next((hi for hi, bit in due if not placed & bit), NEVER)

    def waiting(self, placed, due):
        """The points that may be next, in the order of lo."""
        hi = self.first_due(placed, due)
        may = []
        number = (~placed & placed + 1).bit_length() - 1  # the first that is not placed
        while number < len(self.points) and self.points[number].lo <= hi:
            if not placed >> number & 1:
                may.append(number)
            number += 1
        return may

    def settled(self, placed, state, due):
        """With everything placed that is true now and changes nothing; and what may come next, the most urgent first."""
        while True:
            may = self.waiting(placed, due)
            true_now = [number for number in may
                        if not self.points[number].may_be_left_out and self.points[number].apply(state) is state]
            if not true_now:
                return placed, state, iter(sorted(may, key=lambda number: self.points[number].hi))
            for number in true_now:
                placed |= 1 << number

    def told(self):
        """The operations of the group and where the longest order got stuck, for a person."""
        lines = [f"  {op.call} .. {'never' if op.ret == NEVER else op.ret} {op.verb} {op.sku}{op.items or ''} "
                 f"{op.number or ''} {op.hold}{' LATE' * op.late} ttl {op.ttl} -> {op.refusal or op.reply}"
                 for op in sorted({id(p.about): p.about for p in self.points}.values(), key=lambda op: op.call)]
        stuck = [f"  {self.points[number].about}" for number in self.stuck]
        return "\n".join(["operations:", *lines, f"after {self.best} points none of these could be next:", *stuck])

"""What a record tells, as requests, holds and orders; it knows nothing of nodes.

Two intervals matter. Between the answer that grants a hold and the first moment at which it could have ended it is
*certainly* held. Between the first request for it and the last moment at which it could have ended it is *possibly* held.
"""

import collections
import dataclasses
import math

from record import GRANTED, REFUSED, UNKNOWN, UNREACHED

ENDS_WITHIN_S = 5.25   # after its deadline, whatever became of its node
AFTER_DECLINED_S = 60  # a hold whose payment failed goes on for so long past its deadline, at most
AFTER_FAULT_S = 10     # deadlines stand still while nobody serves
LONGEST_HOLD_S = 14 + ENDS_WITHIN_S
PATIENCE_S = 12


@dataclasses.dataclass
class Request:
    n: str
    what: str
    via: str
    buyer: str | None
    key: str | None
    wish: dict
    asked: float
    noted: dict
    answered: float = math.inf
    outcome: str = UNKNOWN
    slug: str = ""
    answer: dict | None = None
    problem: dict | None = None

    @property
    def granted(self):
        return self.outcome == GRANTED


@dataclasses.dataclass
class Hold:
    name: str
    buyer: str
    key: str | None
    seats: list
    total: dict
    asked: float      # the first request under its key
    granted: float    # the first answer that grants it
    deadline: float   # not before this
    releases: list = dataclasses.field(default_factory=list)
    orders: list = dataclasses.field(default_factory=list)   # requests
    sales: list = dataclasses.field(default_factory=list)    # Order

    @property
    def sold(self):
        return next((order for order in self.sales if order.confirmed), None)

    @property
    def certain(self):
        """Until when it certainly was its buyer's."""
        if self.sold:
            return self.sold.cancel_asked
        ends = [self.deadline, *[release.asked for release in self.releases], *[order.cancel_asked for order in self.sales]]
        return min(ends)


@dataclasses.dataclass
class Order:
    name: str
    hold: str
    buyer: str
    seats: list
    total: dict
    told: list = dataclasses.field(default_factory=list)     # (asked, answered, state)
    cancels: list = dataclasses.field(default_factory=list)
    last: Request | None = None                              # the last reading of it

    @property
    def confirmed(self):
        return any(state == "confirmed" for _, _, state in self.told)

    @property
    def cancel_asked(self):
        return min((cancel.asked for cancel in self.cancels), default=math.inf)

    @property
    def state(self):
        return self.last.answer["state"] if self.last and self.last.granted else None


class History:
    def __init__(self, lines):
        self.requests, self.faults, self.news = [], [], []
        by_number = {}
        for line in lines:
            if line["is"] == "ask":
                noted = {name: value for name, value in line.items() if name in ("exam", "has", "final", "event")}
                request = Request(line["n"], line["what"], line["via"], line.get("buyer"), line.get("key"),
                                  line.get("wish") or {}, line["at"], noted)
                by_number[line["n"]] = request
                self.requests.append(request)
            elif line["is"] == "answer":
                request = by_number[line["n"]]
                request.answered, request.outcome = line["at"], line["outcome"]
                request.slug, request.answer, request.problem = line.get("slug", ""), line.get("answer"), line.get("problem")
            elif line["is"] == "news":
                self.news.append(line)
            elif line["is"] == "fault":
                self.faults.append(line)
        self.windows = self.fault_windows()
        self.by_kind = collections.defaultdict(list)
        for request in self.requests:
            self.by_kind[request.what].append(request)
        self.holds, self.orders = {}, {}
        self.gather_holds()
        self.gather_orders()

    def fault_windows(self):
        """From the beginning of each fault until everything was served again."""
        windows, began = [], None
        for fault in self.faults:
            if fault["phase"] == "begin":
                began = fault["at"]
            elif fault["phase"] == "healed" and began is not None:
                windows.append((began, fault["at"]))
                began = None
        return windows + ([(began, math.inf)] if began is not None else [])

    # ---- holds ----

    def gather_holds(self):
        first_asked = {}
        for request in self.by_kind["hold"]:
            first_asked.setdefault((request.buyer, request.key), request.asked)
        for request in self.by_kind["hold"]:
            if request.granted and request.answer["hold"] not in self.holds:
                answer, asked = request.answer, first_asked[request.buyer, request.key]
                self.holds[answer["hold"]] = Hold(
                    answer["hold"], request.buyer, request.key, [seat["guid"] for seat in answer["seats"]], answer["total"],
                    asked, request.answered, asked + answer["expires_in_s"])
            elif request.granted:
                hold = self.holds[request.answer["hold"]]
                hold.granted = min(hold.granted, request.answered)
        for kind, of in (("release", "releases"), ("order", "orders")):
            for request in self.by_kind[kind]:
                hold = self.holds.get(request.wish.get("hold"))
                if hold and request.outcome != UNREACHED:
                    getattr(hold, of).append(request)

    def certain_holds(self):
        return [hold for hold in self.holds.values() if hold.granted < hold.certain]

    # ---- orders ----

    def gather_orders(self):
        for kind in ("order", "read-order", "cancel"):
            for request in self.by_kind[kind]:
                if request.granted:
                    self.order_of(request.answer, request.buyer).told.append(
                        (request.asked, request.answered, request.answer["state"]))
        for line in self.news:
            frame = line["frame"]
            if frame["type"] == "order":
                self.order_of(frame, line["buyer"]).told.append((-math.inf, line["at"], frame["state"]))
        for request in self.by_kind["cancel"]:
            order = self.orders.get(request.wish.get("order"))
            if order and request.outcome in (GRANTED, UNKNOWN):
                order.cancels.append(request)
        for request in self.by_kind["read-order"]:
            order = self.orders.get(request.wish.get("order"))
            if order and request.outcome in (GRANTED, REFUSED):
                order.last = request

    def order_of(self, answer, buyer):
        order = self.orders.get(answer["order"])
        if order is None:
            order = self.orders[answer["order"]] = Order(answer["order"], answer["hold"], buyer,
                                                         [seat["guid"] for seat in answer["seats"]], answer["total"])
            if order.hold in self.holds:
                self.holds[order.hold].sales.append(order)
        return order

    # ---- how long a hold may have lasted ----

    def possibly_until(self, hold):
        if hold.sold and not any(cancel.granted for cancel in hold.sold.cancels):
            return math.inf
        if any(order.state in (None, "charging") for order in hold.sales):
            return math.inf
        ends = [release.answered for release in hold.releases if release.granted]
        if hold.orders:  # an attempt to pay puts the end off, and a cancelled order gives its seats back by and by
            last = max(min(order.answered, order.asked + PATIENCE_S) for order in hold.orders)
            cancelled = max((cancel.answered for order in hold.sales for cancel in order.cancels if cancel.granted), default=0)
            return self.after_faults(max(hold.granted + LONGEST_HOLD_S, last, cancelled) + AFTER_DECLINED_S)
        return self.after_faults(min([hold.granted + LONGEST_HOLD_S, *ends]))

    def after_faults(self, moment):
        """The same moment; or, if nobody may have served then, some time after somebody did."""
        for began, healed in self.windows:
            if began <= moment <= healed + AFTER_FAULT_S:
                moment = healed + AFTER_FAULT_S
        return moment

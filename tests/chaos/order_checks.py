"""No order is lost, each is charged once, and nobody has more than one buyer may have."""

import collections
import pathlib

from record import GRANTED, REFUSED, UNKNOWN
from sale import LIMIT

AFTER = {"charging": {"charging", "confirmed", "failed", "cancelled", "refunded"},
         "confirmed": {"confirmed", "cancelled", "refunded"}, "failed": {"failed"},
         "cancelled": {"cancelled", "refunded", "failed"}, "refunded": {"refunded"}}
PAID, UNPAID = {"confirmed"}, {"failed", "cancelled", "refunded"}


def no_order_lost(history):
    """Whoever was told of an order finds it, with its seats and its price."""
    for order in history.orders.values():
        told = min(answered for _, answered, _ in order.told)
        for request in history.by_kind["read-order"]:
            if request.wish.get("order") == order.name and request.outcome == REFUSED and request.slug == "not-found" \
                    and request.asked > told:
                yield f"{order.name} was told of at {told:.3f}, and {request.n} through {request.via} does not find it"
        if order.last is None:
            yield f"nobody could read {order.name} when all was over"
        elif order.last.outcome == GRANTED and order.last.answer["state"] == "charging":
            yield f"{order.name} is charging still when all is over"
        hold = history.holds.get(order.hold)
        if hold and (sorted(hold.seats) != sorted(order.seats) or hold.total != order.total):
            yield f"{order.name} is of {order.seats} for {order.total}, and its hold {hold.name} of {hold.seats} for {hold.total}"


def orders_only_go_on(history):
    """What one was told of an order agrees with everything that was told before it was asked."""
    for order in history.orders.values():
        for asked, answered, state in order.told:
            for _, before, earlier in order.told:
                if before < asked and state not in AFTER[earlier]:
                    yield f"{order.name} was {earlier} at {before:.3f} and {state} at {answered:.3f}"
            if state == "cancelled" and earliest(order.cancels) > answered:
                yield f"{order.name} is cancelled at {answered:.3f}, and nobody had asked for that"
        ends = {state for _, _, state in order.told if state in PAID | UNPAID}
        if "confirmed" in ends and order.state in UNPAID and not order.cancels:
            yield f"{order.name} was confirmed and is {order.state}, and nobody had asked for that"
        if "failed" in ends and "confirmed" in ends:
            yield f"{order.name} was told to have failed, and to be confirmed"


def earliest(requests):
    return min((request.asked for request in requests), default=float("inf"))


def read_ledger(file):
    """Charges and refunds, as lists of (amount, currency) by the order's number."""
    charges, refunds = collections.defaultdict(list), collections.defaultdict(list)
    for line in pathlib.Path(file).read_text().splitlines() if pathlib.Path(file).exists() else []:
        kind, key, amount, currency = line.split()
        (charges if kind == "charge" else refunds)[key].append((int(amount), currency))
    return charges, refunds


def charged_once(history, ledger):
    """An order is charged never or once, and in the end the money is where the order says."""
    charges, refunds = read_ledger(ledger)
    orders = {order.name.partition("~")[2]: order for order in history.orders.values()}
    for key, moved in charges.items():
        if len(moved) > 1:
            yield f"the order {key} was charged {len(moved)} times"
        if len(refunds[key]) > 1:
            yield f"the order {key} was refunded {len(refunds[key])} times"
        if key not in orders and not any(request.outcome == UNKNOWN for request in history.by_kind["order"]):
            yield f"the order {key} was charged, and nobody has asked for it"
    for key in set(refunds) - set(charges):
        yield f"the order {key} was refunded and never charged"
    for key, order in orders.items():
        balance = sum(amount for amount, _ in charges[key]) - sum(amount for amount, _ in refunds[key])
        wanted = order.total["amount"] if order.state in PAID else 0
        if order.state in PAID | UNPAID and balance != wanted:
            yield f"{order.name} is {order.state}, and {balance} is paid for it, not {wanted}"


def limits_kept(history):
    """No buyer certainly has more than the limit, at any moment at which something was granted."""
    by_buyer = collections.defaultdict(list)
    for hold in history.certain_holds():
        by_buyer[hold.buyer].append(hold)
    for buyer, holds in by_buyer.items():
        for hold in holds:
            having = [other for other in holds if other.granted <= hold.granted < other.certain]
            count = sum(len(other.seats) for other in having)
            if count > LIMIT:
                yield (f"{buyer} has {count} places at {hold.granted:.3f}, the limit is {LIMIT}:"
                       f" {', '.join(other.name for other in having)}")


def limits_exact(history):
    """When all is over, a buyer can take exactly what is left of the limit."""
    fits = {}
    for request in history.by_kind["hold"]:
        exam, has = request.noted.get("exam"), request.noted.get("has")
        if exam == "fits" and request.outcome in (GRANTED, REFUSED) and request.slug not in ("overloaded", "store-unavailable"):
            fits[request.buyer] = request.granted
            if not request.granted:
                yield (f"{request.buyer} has {has} places, and {request.wish['quantity']} more are refused when all is over:"
                       f" {request.slug} ({request.n} through {request.via})")
        elif exam == "exceeds" and request.granted and fits.get(request.buyer, True):
            yield f"{request.buyer} has {has} places and was given more than the limit of {LIMIT} when all is over ({request.n})"


def places_kept(history):
    """Who shows the token of a place in a line has that place's number; and no two people have one number."""
    numbers, owners = {}, {}
    for request in history.by_kind["queue.join"]:
        if not request.granted or "number" not in request.answer:
            continue
        number, shown = request.answer["number"], request.wish.get("token")
        if shown in numbers and request.answer["state"] in ("waiting", "drawing") and numbers[shown] != number:
            yield f"{request.buyer} showed number {numbers[shown]} and was given {number} ({request.n} through {request.via})"
        if owners.setdefault(number, request.buyer) != request.buyer:
            yield f"number {number} is {owners[number]}'s and {request.buyer}'s ({request.n} through {request.via})"
        if request.answer.get("token"):
            numbers[request.answer["token"]] = number


CHECKS = [no_order_lost, orders_only_go_on, limits_kept, limits_exact, places_kept]

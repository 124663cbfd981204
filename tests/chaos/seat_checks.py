"""Nobody has a seat that somebody else has, nobody loses one early, and nobody is refused one that nobody has."""

import bisect
import collections
import math

from history import LONGEST_HOLD_S, PATIENCE_S
from record import REFUSED, UNKNOWN, UNREACHED

UNDONE_S = 1.5
GONE = {"hold-expired", "not-found"}
PERMANENT = GONE | {"seat-taken", "limit-exceeded", "sold-out", "idempotency-mismatch"}


def no_seat_twice(history):
    """At no moment a seat is certainly two people's, or in two holds."""
    owned = collections.defaultdict(list)
    for hold in history.certain_holds():
        for seat in hold.seats:
            owned[seat].append((hold.granted, hold.certain, hold))
    for seat, owners in sorted(owned.items()):
        owners.sort(key=lambda owner: owner[:2])
        latest = owners[0]
        for owner in owners[1:]:
            if owner[0] < latest[1]:
                yield (f"seat {seat} is in {latest[2].name} of {latest[2].buyer} from {latest[0]:.3f} to {latest[1]:.3f} and in"
                       f" {owner[2].name} of {owner[2].buyer} from {owner[0]:.3f}")
            if owner[1] > latest[1]:
                latest = owner


def no_seat_sold_twice(history):
    """When all is over each seat is in one confirmed order."""
    sold = {}
    for order in history.orders.values():
        if order.state == "confirmed":
            for seat in order.seats:
                if seat in sold:
                    yield f"seat {seat} is sold twice: {sold[seat]} and {order.name}"
                sold[seat] = order.name


def no_hold_lost(history):
    """Whoever asks for a hold while it certainly lasts is not told that it is over."""
    for kind in ("read-hold", "order"):
        for request in history.by_kind[kind]:
            hold = history.holds.get(request.wish.get("hold"))
            if hold and request.outcome == REFUSED and request.slug in GONE and lasts(hold, request):
                yield (f"{hold.name} was granted at {hold.granted:.3f} and lasts until {hold.certain:.3f}, and {request.n}"
                       f" ({kind}) through {request.via} at {request.asked:.3f} is told {request.slug}")
    names = {(hold.buyer, hold.key): hold for hold in history.holds.values() if hold.key}
    for request in history.by_kind["hold"]:
        hold = names.get((request.buyer, request.key))
        if hold and request.outcome == REFUSED and request.slug in PERMANENT and lasts(hold, request):
            yield (f"{hold.name} was granted at {hold.granted:.3f}, lasts until {hold.certain:.3f}, and its repeat {request.n}"
                   f" through {request.via} at {request.asked:.3f} is refused: {request.slug}")


def lasts(hold, request):
    """Whether it lasts, and nobody has begun to pay for it, while the request is under way."""
    paying = min((order.asked for order in hold.orders if order is not request), default=math.inf)
    return hold.granted < request.asked and request.answered < min(hold.certain, paying, hold.deadline)


def one_key_one_hold(history):
    """The same key of a buyer is the same hold, with the same seats."""
    for kind, name in (("hold", "hold"), ("order", "order")):
        known = {}
        for request in history.by_kind[kind]:
            if request.granted and request.key:
                seats = sorted(seat["guid"] for seat in request.answer["seats"])
                before = known.setdefault((request.buyer, request.key), (request.answer[name], seats, request.n))
                if before[:2] != (request.answer[name], seats):
                    yield (f"the key {request.key} of {request.buyer} is {before[0]} with {before[1]} in {before[2]}, and"
                           f" {request.answer[name]} with {seats} in {request.n}")


def holds_are_what_was_wished(history):
    for request in history.by_kind["hold"]:
        if not request.granted:
            continue
        seats, wish = [seat["guid"] for seat in request.answer["seats"]], request.wish
        quantity = wish.get("quantity") or wish.get("best", {}).get("quantity") or len(wish.get("seats", []))
        if len(seats) != quantity or ("seats" in wish and sorted(seats) != sorted(wish["seats"])):
            yield f"{request.n} wished {wish} and got {seats}"


def no_refusal_in_vain(history):
    """A seat that is taken may be somebody's: a request for it, or for any seats, was under way or granted."""
    taken, anything = collections.defaultdict(list), []
    for hold in history.holds.values():
        for seat in hold.seats:
            taken[seat].append((hold.asked, history.possibly_until(hold), ""))
    for request in history.by_kind["hold"]:
        until = may_hold_until(history, request)
        if until is not None:
            for seat in request.wish.get("seats", []):
                taken[seat].append((request.asked, until, request.n))
            if "seats" not in request.wish:
                anything.append((request.asked, until, request.n))
    whenever = Spans(anything)
    spans = {seat: Spans(times) for seat, times in taken.items()}
    for request in history.by_kind["hold"]:
        if request.slug == "seat-taken" and not whenever.touch(request):
            for seat in (request.problem or {}).get("seats", []):
                if seat not in spans or not spans[seat].touch(request):
                    yield f"{request.n} through {request.via} at {request.asked:.3f} is told that {seat} is taken, and nobody has it"


def may_hold_until(history, request):
    """Until when a request that was not granted may have held what it wished; none if it cannot have."""
    if request.granted or request.outcome == UNREACHED:
        return None
    if request.outcome == UNKNOWN:
        return history.after_faults(request.asked + PATIENCE_S + LONGEST_HOLD_S)
    if not is_spread(request.wish):
        return None
    undone = request.answered + UNDONE_S  # what was held of it, unless a fault comes in between
    later = history.after_faults(undone)
    return undone if later == undone else later + LONGEST_HOLD_S


def is_spread(wish):
    return len({seat.rsplit("-", 2)[0] for seat in wish.get("seats", [])}) > 1


class Spans:
    """Stretches of time, each with the number of the request that it is of."""

    def __init__(self, spans):
        self.spans = sorted(spans)
        self.begins = [begin for begin, *_ in self.spans]
        self.ends, latest = [], -math.inf
        for _, end, _ in self.spans:
            latest = max(latest, end)
            self.ends.append(latest)

    def touch(self, request):
        """Whether one that is not the request's own is not over before it was asked, and has begun when it was answered."""
        last = bisect.bisect_right(self.begins, request.answered)
        return last > 0 and self.ends[last - 1] >= request.asked and any(
            until >= request.asked and whose != request.n for _, until, whose in self.spans[:last])


CHECKS = [no_seat_twice, no_seat_sold_twice, no_hold_lost, one_key_one_hold, holds_are_what_was_wished, no_refusal_in_vain]

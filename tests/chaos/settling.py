"""What a crowd does when all is over: asks again for what was never answered, and reads everything once more."""

import asyncio
import time

import sale
from client import Refused, Unknown
from customer import FINALLY_S, NOT_NOW

EXAMS_A_CUSTOMER = 2


async def answered(customer, person, kind, key, wish, **noted):
    """The answer under the same key, at last; None when it is a refusal."""
    until = time.monotonic() + FINALLY_S
    while True:
        try:
            return await customer.by_http(person, kind, key, wish, **noted)
        except Unknown:
            customer.go_elsewhere()
        except Refused as refused:
            if refused.slug not in NOT_NOW:
                return None
        if time.monotonic() > until:
            return None
        await asyncio.sleep(0.2)


async def settle(customer):
    """Every order is read until it has ended, and every hold is given back."""
    for person in customer.people:
        for kind, key, wish in person.unheard:
            answer = await answered(customer, person, kind, key, wish)
            if answer and kind == "order":
                person.orders[answer["order"]] = wish["hold"]
            elif answer:
                person.holds.add(answer["hold"])
        for order, hold in list(person.orders.items()):
            await read_to_the_end(customer, person, order)
            person.holds.add(hold)  # it goes on when the payment failed; otherwise giving it back does nothing
        for hold in person.holds:
            await answered(customer, person, "release", None, {"hold": hold})


async def read_to_the_end(customer, person, order):
    until = time.monotonic() + FINALLY_S
    while time.monotonic() < until:
        now = await answered(customer, person, "read-order", None, {"order": order}, final=True)
        if now is None or (now["state"] != "charging" and now.get("refund") != "pending"):
            person.orders[order] = now
            return
        await asyncio.sleep(0.5)


async def examine(customer):
    """Each buyer of a few can take exactly what is left of the limit, and not one place more."""
    for person in [one for one in customer.people if all(isinstance(order, dict) for order in one.orders.values())][
            -EXAMS_A_CUSTOMER:]:
        has = sum(len(order["seats"]) for order in person.orders.values() if order["state"] == "confirmed")
        taken = []
        for exam, quantity in (("fits", sale.LIMIT - has), ("exceeds", 1)):
            if quantity > 0:
                wish = {"event": sale.GALA, "section": sale.FLOOR, "quantity": quantity}
                held = await answered(customer, person, "hold", f"exam-{exam}", wish, exam=exam, has=has)
                taken += [held["hold"]] if held else []
        for hold in taken:
            await answered(customer, person, "release", None, {"hold": hold})

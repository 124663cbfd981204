#!/usr/bin/env python3
"""Judges a run by its record, the account book of the sandbox, and the store; it knows nothing of faults but when they were.

  checker.py FOLDER [--store URL --program USHER] [--json]

Exit code 0 when nothing is violated, 1 when something is, 2 for wrong usage.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import order_checks
import sale
import seat_checks
from history import History
from record import GRANTED, REFUSED, UNKNOWN, UNREACHED, read

SENTENCES_MAX = 40   # of one check
PSQL = "/usr/lib/postgresql/15/bin/psql"


def judge(history, ledger):
    """Sentences by the name of the check that found them."""
    found = {}
    checks = [(check.__name__, check(history)) for check in seat_checks.CHECKS + order_checks.CHECKS]
    for name, sentences in [*checks, ("charged_once", order_checks.charged_once(history, ledger))]:
        found[name] = list(sentences)
    return found


def judge_store(history, store, program):
    """What the product's own audit says, and whether the store has sold what the crowd was told."""
    for event in (sale.GALA, sale.LINE):
        done = subprocess.run([program, "audit", event, "--store", store, "--json"], capture_output=True, text=True, timeout=600)
        try:
            report = json.loads(done.stdout)
        except json.JSONDecodeError:
            yield f"the audit of {event} broke down: {done.stderr.strip()[-400:]}"
            continue
        if done.returncode != 0 or report["audit"] != "ok":
            yield f"the audit of {event}: {json.dumps(report)[:600]}"
    sold = read_sold(store)
    told = {seat: order.name for order in history.orders.values() if order.state == "confirmed" for seat in order.seats}
    if len(told) != sold:
        yield f"the store has sold {sold} places, and {len(told)} are in confirmed orders that buyers know"


def read_sold(store):
    done = subprocess.run([PSQL, store, "-XAtqc", "SET default_transaction_read_only = on; SELECT count(*) FROM usher.sold_seat"
                           f" s JOIN usher.event e ON e.number = s.event WHERE s.sold AND e.id = '{sale.GALA}'"], check=True,
                          capture_output=True, text=True, timeout=60)
    return int(done.stdout)


def summary(history, found):
    outcomes = [request.outcome for request in history.requests]
    slugs = {"overloaded", "store-unavailable", "draining"}
    violations = [f"{name}: {sentence}" for name, sentences in found.items() for sentence in sentences[:SENTENCES_MAX]]
    violations += [f"{name}: and {len(sentences) - SENTENCES_MAX} more" for name, sentences in found.items()
                   if len(sentences) > SENTENCES_MAX]
    return {"requests": len(outcomes) - outcomes.count(UNREACHED), "granted": outcomes.count(GRANTED),
            "refused": outcomes.count(REFUSED), "failed": sum(request.slug in slugs for request in history.requests),
            "unknown": outcomes.count(UNKNOWN), "unreached": outcomes.count(UNREACHED),
            "checked": {"holds": len(history.holds), "orders": len(history.orders),
                        "confirmed": sum(order.state == "confirmed" for order in history.orders.values()),
                        "buyers": len({hold.buyer for hold in history.holds.values()}),
                        "exams": sum("exam" in request.noted for request in history.requests),
                        "queue_places": sum(request.granted for request in history.by_kind["queue.join"])},
            "violations": violations, "verdict": "violated" if violations else "ok"}


def main():
    wishes = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    wishes.add_argument("folder", type=pathlib.Path, help="where the record and the account book are")
    wishes.add_argument("--store", help="judge the store, too: postgres://…")
    wishes.add_argument("--program", help="the usher program that audits the store")
    wishes.add_argument("--json", action="store_true", help="print one JSON object")
    wished = wishes.parse_args()
    if not wished.folder.is_dir():
        wishes.error(f"there is no folder {wished.folder}")
    if bool(wished.store) != bool(wished.program):
        wishes.error("--store and --program go together")
    history = History(read(wished.folder))
    found = judge(history, wished.folder / "ledger")
    if wished.store:
        found["store"] = list(judge_store(history, wished.store, wished.program))
    judgement = summary(history, found)
    if wished.json:
        print(json.dumps(judgement))
    else:
        for sentence in judgement["violations"]:
            print(f"violated: {sentence}")
        print(f"requests {judgement['requests']}, granted {judgement['granted']}, refused {judgement['refused']}, "
              f"unknown {judgement['unknown']}: {judgement['verdict']}")
    return 1 if judgement["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())

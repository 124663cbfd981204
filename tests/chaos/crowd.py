#!/usr/bin/env python3
"""The crowd of a run, as a process of its own: shops until its standard input says so, settles, and ends.

The first line of standard input is its task, a JSON object; a second one, `settle`, ends the shopping. The end of the input
ends the process.
"""

import asyncio
import json
import sys
import time

import sale
from bystanders import Organiser, Queuer
from client import Ways
from customer import Customer, Market
from record import Record
from settling import examine, settle

QUEUERS = 4
SETTLE_WITHIN_S = 240


def ways_of(task, record):
    def addresses(of):
        return {name: tuple(address) for name, address in task[of].items()}
    return Ways(record, addresses("buyers"), addresses("operators"), task["admin_key"])


async def shop(task, record, told):
    market, ways, seed = Market(), ways_of(task, record), task["seed"]
    customers = [Customer(ways, number, seed, market) for number in range(task["customers"])]
    everybody = customers + [Queuer(ways, number, seed, market) for number in range(QUEUERS)] + [Organiser(ways, seed, market)]
    running = [asyncio.create_task(one.run()) for one in everybody]
    if not await told_to_settle(running, told):
        return
    market.closing = True
    await asyncio.gather(*running)
    record.note("phase", name="settle")
    await asyncio.wait_for(asyncio.gather(*(settle(customer) for customer in customers)), SETTLE_WITHIN_S)
    await asyncio.sleep(sale.HOLD_TTLS_S[1] + 6)  # the last hold whose answer nobody has heard has ended by now
    record.note("phase", name="exam")
    await asyncio.wait_for(asyncio.gather(*(examine(customer) for customer in customers)), SETTLE_WITHIN_S)


async def told_to_settle(running, told):
    """Whether it was; raises what a customer stumbled over."""
    line = asyncio.ensure_future(told.readline())
    done, _ = await asyncio.wait([line, *running], return_when=asyncio.FIRST_COMPLETED)
    for one in done - {line}:
        one.result()
        raise AssertionError("somebody stopped shopping unasked")
    return line.result().strip() == b"settle"


async def main():
    told = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    task = json.loads(await told.readline())
    record = Record(task["folder"], "crowd")
    record.note("start", clock=time.time())
    work = asyncio.ensure_future(shop(task, record, told))
    await work
    record.note("end")
    record.close()


if __name__ == "__main__":
    asyncio.run(main())

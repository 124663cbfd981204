"""Asks every shard through every node, over and over, and measures how long anybody had to wait for it."""

import asyncio
import collections
import itertools
import time

import sale
from client import Refused, Unknown

TRY_S = 4        # how long one try waits for its answer
BETWEEN_S = 0.5  # from one success to the next try
AGAIN_S = 0.05
FRESH_S = 3      # a success counts as present for so long
SHARDS = [*sale.SECTIONS, sale.FLOOR, sale.LINE]
SERVED = {"seat-taken"}  # the section has answered, and this place is not free


class Measure:
    """What a probe has found: times in seconds, since it began."""

    def __init__(self, first_s, longest_s, whole_s, failed, missing):
        self.first_s, self.longest_s, self.whole_s, self.failed, self.missing = first_s, longest_s, whole_s, failed, missing


class Probe:
    def __init__(self, ways, running):
        """`running()` names the nodes whose processes there are: no others are asked."""
        self.ways, self.running = ways, running
        self.rounds = itertools.count(1)
        self.seats = itertools.cycle(range(1, sale.PROBE_SEATS + 1))

    def run(self, through, for_s, within_s):
        """Probes for at least `for_s`, until every shard is served through each of the nodes that `through()` names, at most
        for `within_s`."""
        return asyncio.run(self.watch(through, for_s, within_s))

    async def watch(self, through, for_s, within_s):
        self.began, self.stopping = time.monotonic(), False
        self.successes = {(node, shard): [] for node in self.ways.buyers for shard in SHARDS}
        self.failed = collections.Counter()
        trying = [asyncio.create_task(self.keep_trying(node, shard)) for node, shard in self.successes]
        whole = None
        try:
            while time.monotonic() < self.began + max(for_s, within_s):
                await asyncio.sleep(0.2)
                for one in trying:
                    if one.done():
                        one.result()  # raises what it stumbled over
                nodes = await asyncio.to_thread(through)
                missing = self.missing(nodes)
                whole = None if missing else whole or time.monotonic() - self.began
                if whole and time.monotonic() > self.began + for_s:
                    break
        finally:
            await self.stop(trying)
        return self.measured(nodes, whole, missing)

    async def stop(self, trying):
        self.stopping = True
        while trying:
            for one in trying:
                one.cancel()  # of what it waits for, which may swallow it when it has just come
            _, trying = await asyncio.wait(trying, timeout=1)

    def missing(self, nodes):
        recently = time.monotonic() - FRESH_S
        return [f"{shard} through {node}" for node in nodes for shard in SHARDS
                if not self.successes[node, shard] or self.successes[node, shard][-1] < recently] if nodes else ["no node"]

    def measured(self, nodes, whole, missing):
        first = longest = 0
        for node in nodes:
            for shard in SHARDS:
                times = self.successes[node, shard] or [time.monotonic()]
                first = max(first, times[0] - self.began)
                gaps = [times[0] - self.began] + [later - sooner - BETWEEN_S for sooner, later in zip(times, times[1:])]
                gaps += [gap for gap in [time.monotonic() - times[-1]] if gap > FRESH_S]
                longest = max(longest, *gaps)
        return Measure(first, longest, whole, sum(self.failed[node] for node in nodes), missing)

    async def keep_trying(self, node, shard):
        while not self.stopping:
            if node not in self.running():
                await asyncio.sleep(AGAIN_S)
            elif await (self.queue(node) if shard == sale.LINE else self.hold(node, shard)):
                self.successes[node, shard].append(time.monotonic())
                await asyncio.sleep(BETWEEN_S)
            else:
                self.failed[node] += 1
                await asyncio.sleep(AGAIN_S)

    async def visitor(self, node):
        given = await self.ways.over_http(node, "POST", "/v1/sessions", "hello", {}, within_s=TRY_S)
        return {"token": given["token"], "buyer": given["buyer"], "within_s": TRY_S}

    async def hold(self, node, section):
        place = ({"section": section, "quantity": 1} if section == sale.FLOOR
                 else {"seats": [f"{section}-{sale.PROBE_ROW}-{next(self.seats)}"]})
        try:
            visitor = await self.visitor(node)
            held = await self.ways.over_http(node, "POST", f"/v1/events/{sale.GALA}/holds", "hold", place,
                                             key=f"probe-{next(self.rounds)}", wish={"event": sale.GALA, **place}, **visitor)
        except Refused as refused:
            return refused.slug in SERVED
        except Unknown:
            return False
        try:
            await self.ways.over_http(node, "DELETE", f"/v1/holds/{held['hold']}", "release", wish={"hold": held["hold"]},
                                      **visitor)
        except (Refused, Unknown):
            pass  # it runs out
        return True

    async def queue(self, node):
        try:
            visitor = await self.visitor(node)
            joined = await self.ways.over_http(node, "POST", f"/v1/events/{sale.LINE}/queue", "queue.join", {},
                                               wish={"event": sale.LINE}, **visitor)
            await self.ways.over_http(node, "DELETE", f"/v1/events/{sale.LINE}/queue", "queue.leave",
                                      headers={"Usher-Queue": joined["token"]}, wish={"event": sale.LINE}, **visitor)
        except (Refused, Unknown):
            return False
        return True

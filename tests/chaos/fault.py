"""What a fault is: something done to the world, in steps, and after each step what must become true again, and when."""

import dataclasses
from typing import Callable

FAULTS = {}
PROGRESS_S = 30  # everything is served again so long after a fault has ended, at the latest


@dataclasses.dataclass
class Await:
    """A step's end: every shard is served through each of these nodes, and nobody waited longer than `bound_s`.

    Without a bound only the time is measured: then nothing is promised while the fault lasts."""
    what: str
    through: Callable
    bound_s: float | None = PROGRESS_S
    for_s: float = 2


@dataclasses.dataclass
class Fault:
    name: str
    sentence: str
    run: Callable                             # of the world and a random.Random: yields an Await after each step
    lacks: Callable = lambda world: None      # why it cannot be done here; none when it can
    ends_nobody: bool = False                 # no node may be ended by others in it


def fault(name, sentence, lacks=lambda world: None, ends_nobody=False):
    """Puts a function into the list of faults."""
    def listed(run):
        FAULTS[name] = Fault(name, sentence, run, lacks, ends_nobody)
        return run
    return listed


def healed(world, bound_s=PROGRESS_S):
    """After every fault: all nodes that should run serve everything."""
    def through():
        up = world.up()
        return up if sorted(up) == sorted(world.wanted) else []
    return Await("all nodes again", through, bound_s, 1)

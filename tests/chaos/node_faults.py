"""Nodes that are killed, stopped for a while, told to end, added, and that hang."""

import threading

from fault import Await, fault

KILLED_S, STOPPED_S, DRAINED_S, HANGING_S = 3, 5, 5, 8
ENDED_S = 30  # a node that was told to end has done so
HANGING = "section.before-append=delay:40000*1"  # a node has one thread for its actors


def victim_of(world, choice):
    """Sometimes the node with the hot event's own shard, sometimes one with a section, or just any."""
    whim = choice.random()
    if whim < 0.4:
        return world.home(0)
    return world.home(1, choice.randrange(9)) if whim < 0.8 else choice.choice(world.wanted)


def remaining(world, victim):
    return lambda: world.others(victim)


@fault("sigkill", "a node is killed, and started again")
def sigkill(world, choice):
    victim = victim_of(world, choice)
    world.note(f"node {victim} is killed")
    world.nodes[victim].kill()
    yield Await("the others serve everything", remaining(world, victim), KILLED_S)
    world.nodes[victim].start()


@fault("sigkill-two", "two of three nodes are killed at once, and started again")
def sigkill_two(world, choice):
    victims = choice.sample(world.wanted, 2)
    world.note(f"nodes {victims[0]} and {victims[1]} are killed")
    for victim in victims:
        world.nodes[victim].kill()
    yield Await("the last one serves everything", lambda: [name for name in world.wanted if name not in victims], 2 * KILLED_S)
    for victim in victims:
        world.nodes[victim].start()


def stopped(world, choice, for_s, bound_s):
    victim = victim_of(world, choice)
    world.note(f"node {victim} is stopped for {for_s:.1f} s")
    going_on = threading.Timer(for_s, world.nodes[victim].go_on)
    world.nodes[victim].pause()
    going_on.start()
    try:
        yield Await("the others serve everything", remaining(world, victim), bound_s, for_s + 1)
    finally:
        going_on.join()


@fault("sigstop-short", "a node is stopped for less than two seconds")
def sigstop_short(world, choice):
    yield from stopped(world, choice, choice.uniform(0.8, 1.8), STOPPED_S)


@fault("sigstop-long", "a node is stopped for ten seconds, and then goes on")
def sigstop_long(world, choice):
    yield from stopped(world, choice, 10, STOPPED_S)


@fault("sigterm", "a node is told to end under load, and started again", ends_nobody=True)
def sigterm(world, choice):
    victim = victim_of(world, choice)
    world.note(f"node {victim} is told to end")
    world.nodes[victim].tell_to_end()
    yield Await("the others serve everything", remaining(world, victim), DRAINED_S, 4)
    ended(world, victim)
    world.nodes[victim].start()


def ended(world, name):
    """Waits for a node that was told to end."""
    if not world.nodes[name].await_end(ENDED_S):
        raise AssertionError(f"node {name} has not ended {ENDED_S} s after it was told to")


@fault("scale", "one node is left, then there are five, then two, then three", ends_nobody=True)
def scale(world, choice):
    first = list(world.wanted)
    for wanted in ([choice.choice(first)], ["a", "b", "c", "d", "e"], choice.sample("abcde", 2), first):
        yield from scaled_to(world, sorted(wanted))


def scaled_to(world, wanted):
    world.note(f"from {len(world.wanted)} nodes to {len(wanted)}: {' '.join(wanted)}")
    coming, going = ([name for name in one if name not in other]
                     for one, other in ((wanted, world.wanted), (world.wanted, wanted)))
    for name in coming:
        world.nodes[name].start()
    world.wanted = wanted
    for name in going:
        world.nodes[name].tell_to_end()
    yield Await(f"{len(wanted)} nodes serve everything", lambda: wanted, DRAINED_S, 4)
    for name in going:
        ended(world, name)


def no_failpoints(world):
    return None if world.programs.get("failpoints") else "there is no build/usher-failpoints"


@fault("hang", "a node's actors stand still, and the rest of it goes on", no_failpoints)
def hang(world, choice):
    victim = victim_of(world, choice)
    node = world.nodes[victim]
    world.note(f"node {victim} is started again as one that hangs")
    node.stop()
    node.start(world.programs["failpoints"], USHER_FAILPOINTS=HANGING)
    try:
        yield Await("the others serve everything", remaining(world, victim), HANGING_S, 12)
    finally:
        node.kill()
        node.start()

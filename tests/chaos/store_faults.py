"""A database that is restarted, killed, paused, locked, and whose clock jumps; and a node's clock that does."""

import contextlib
import signal
import time

import database
from fault import Await, fault

LOCKED_S = 8
BACK_S = 5   # after the database is back; its promise is two seconds, and pages must be read again
SHARD_LOCK = "BEGIN; SELECT 1 FROM usher.shard s JOIN usher.event e ON e.number = s.event WHERE e.id = 'gala' AND s.kind = 1" \
             " AND s.section = {} FOR UPDATE OF s;\n"
NODE_LOCK = "BEGIN; SELECT 1 FROM usher.node WHERE living AND name = '{}' FOR UPDATE;\n"


def everybody(world):
    return lambda: list(world.wanted)


@fault("store-restart", "the database is restarted in order", ends_nobody=True)
def store_restart(world, choice):
    world.note("the database is restarted")
    world.database.stop(signal.SIGINT)
    world.database.start()
    yield Await("everything is served", everybody(world), BACK_S)


@fault("store-kill", "the database is killed, and comes back after some seconds")
def store_kill(world, choice):
    away_s = choice.choice([0.2, 2, 7])
    world.note(f"the database is killed, for {away_s} s")
    world.database.stop(signal.SIGQUIT)
    time.sleep(away_s)  # what is tried is an absence of this length
    world.database.start()
    yield Await("everything is served", everybody(world), BACK_S)


@fault("store-pause", "the database's processes are stopped for a while")
def store_pause(world, choice):
    for_s = choice.choice([1.5, 4, 9])
    world.note(f"the database is stopped for {for_s} s")
    world.database.pause()
    try:
        time.sleep(for_s)  # what is tried is a pause of this length
    finally:
        world.database.go_on()
    yield Await("everything is served", everybody(world), BACK_S)


@contextlib.contextmanager
def held_lock(world, statement):
    """A stranger's transaction that has a lock and stands still."""
    stranger = world.database.session()
    try:
        stranger.stdin.write(statement)
        stranger.stdin.flush()
        until = time.monotonic() + 5
        while not world.database.rows("SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'"
                                      " AND application_name = 'psql'") and time.monotonic() < until:
            time.sleep(0.05)
        stranger.send_signal(signal.SIGSTOP)
        yield
    finally:
        stranger.kill()
        stranger.wait()


@fault("store-lock-shard", "a stranger's paused connection holds a lock on a section's row")
def lock_shard(world, choice):
    section = choice.randrange(8)
    world.note(f"a stranger locks section {section}")
    with held_lock(world, SHARD_LOCK.format(section)):
        yield Await("measured while it is held", everybody(world), None, LOCKED_S)


@fault("store-lock-node", "a stranger's paused connection holds a lock on a node's row")
def lock_node(world, choice):
    victim = choice.choice(world.wanted)
    world.note(f"a stranger locks the row of node {victim}")
    with held_lock(world, NODE_LOCK.format(victim)):
        yield Await("measured while it is held", everybody(world), None, LOCKED_S)


def no_faketime(world):
    return None if database.faketime() else "no clock but the machine's own can be shown to a process: there is no libfaketime"


@fault("clock-store", "the database's clock jumps, forth and back", no_faketime, ends_nobody=True)
def clock_store(world, choice):
    world.database.stop(signal.SIGINT)
    world.database.start(shown=True)
    yield Await("everything is served", everybody(world), BACK_S)
    for ahead_s in choice.sample([30, -30, 3600, 2], 2) + [0]:
        world.note(f"the database's clock is {ahead_s} s ahead")
        world.database.clock(ahead_s)
        yield Await(f"everything is served, {ahead_s} s ahead", everybody(world), BACK_S, 5)
    world.database.stop(signal.SIGINT)
    world.database.start()
    yield Await("everything is served", everybody(world), BACK_S)


@fault("clock-node", "a node's wall clock jumps, forth and back", no_faketime, ends_nobody=True)
def clock_node(world, choice):
    victim = choice.choice(world.wanted)
    node = world.nodes[victim]
    node.stop()
    node.clock(0)
    node.start(shown=True)
    yield Await("everything is served", everybody(world), BACK_S)
    for ahead_s in choice.sample([30, -30, 600, -600], 2) + [0]:
        world.note(f"the clock of node {victim} is {ahead_s} s ahead")
        node.clock(ahead_s)
        yield Await(f"everything is served, {ahead_s} s ahead", everybody(world), BACK_S, 5)
    node.stop()
    node.start()
    yield Await("everything is served", everybody(world), BACK_S)

"""Cuts and slow links between nodes, and between a node and the database; and clients that read nothing."""

import json
import socket
import time

import sale
from fault import Await, fault
from node_faults import victim_of

CUT_S = 5
LASTS_S = 8
SLOW_S = 0.2
STUCK_CLIENTS = 6


def cut(world, *directions):
    """Cuts in these directions until the world has seen what becomes of it."""
    for host, other in directions:
        world.network.cut(host, other)
    try:
        yield Await("those who remain serve everything", world.up, CUT_S, LASTS_S)
    finally:
        world.network.heal()


def both_ways(one, other):
    return [(one, other), (other, one)]


@fault("cut-all", "a node is cut off from all others, which reach each other and the database")
def cut_all(world, choice):
    victim = victim_of(world, choice)
    world.note(f"node {victim} is cut off from the others")
    yield from cut(world, *[way for other in world.others(victim) for way in both_ways(victim, other)])


@fault("cut-pair", "two nodes are cut from each other, and reach the third one")
def cut_pair(world, choice):
    one, other = choice.sample(world.wanted, 2)
    world.note(f"nodes {one} and {other} are cut from each other")
    yield from cut(world, *both_ways(one, other))


@fault("cut-one-way", "what one node sends to another one is lost, not the reverse")
def cut_one_way(world, choice):
    one, other = choice.sample(world.wanted, 2)
    world.note(f"what node {one} sends to {other} is lost")
    yield from cut(world, (one, other))


@fault("cut-store", "a node is cut off from the database")
def cut_store(world, choice):
    victim = victim_of(world, choice)
    world.note(f"node {victim} is cut off from the database")
    yield from cut(world, *both_ways(victim, world.database.HOST))


@fault("cut-store-one-way", "what the database sends to a node is lost, or the reverse")
def cut_store_one_way(world, choice):
    way = [victim_of(world, choice), world.database.HOST]
    choice.shuffle(way)
    world.note(f"what {way[0]} sends to {way[1]} is lost")
    yield from cut(world, tuple(way))


@fault("cut-all-and-store", "a node is cut off from the others and from the database")
def cut_all_and_store(world, choice):
    victim = victim_of(world, choice)
    world.note(f"node {victim} is cut off from the others and the database")
    yield from cut(world, *[way for other in [*world.others(victim), world.database.HOST] for way in both_ways(victim, other)])


@fault("flap", "two nodes are cut from each other and healed, again and again")
def flap(world, choice):
    one, other = choice.sample(world.wanted, 2)
    world.note(f"the link between {one} and {other} flaps")
    for _ in range(4):
        for way in both_ways(one, other):
            world.network.cut(*way)
        time.sleep(choice.uniform(0.3, 3))  # what is tried is a cut of this length
        world.network.heal()
        time.sleep(choice.uniform(0.2, 1.5))
    yield Await("those who remain serve everything", world.up)


@fault("slow-link", f"everything between two nodes takes {SLOW_S * 1000:.0f} ms longer in each direction", ends_nobody=True)
def slow_link(world, choice):
    one, other = choice.sample(world.wanted, 2)
    world.note(f"the link between {one} and {other} is slow")
    for way in both_ways(one, other):
        world.network.slow(*way, SLOW_S)
    try:
        yield Await("everything is served", lambda: list(world.wanted), CUT_S, LASTS_S)
    finally:
        world.network.heal()


@fault("client-reads-nothing", "clients watch every section and ask for seats, and read nothing", ends_nobody=True)
def client_reads_nothing(world, choice):
    node = world.nodes[choice.choice(world.wanted)]
    world.note(f"{STUCK_CLIENTS} clients of node {node.name} read nothing")
    clients = [stuck_client(node) for _ in range(STUCK_CLIENTS)]
    try:
        yield Await("everything is served", lambda: list(world.wanted), CUT_S, LASTS_S)
    finally:
        for client in clients:
            client.close()


def stuck_client(node):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(node.buyers)
    client.sendall((f"GET /v1/ws HTTP/1.1\r\nHost: {node.at}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Protocol: usher.v1\r\n\r\n").encode())
    frames = [{"type": "hello", "id": "0"}] + [
        {"type": "seats.watch", "id": "w", "event": sale.GALA, "section": section} for section in sale.SECTIONS for _ in range(8)]
    client.settimeout(5)
    try:
        for frame in frames:
            payload = json.dumps(frame).encode()  # masked with zeros
            client.sendall(bytes([0x81]) + (bytes([0x80 | len(payload)]) if len(payload) < 126
                                            else b"\xfe" + len(payload).to_bytes(2, "big")) + bytes(4) + payload)
    except OSError:
        pass  # the node has had enough of it, which is as good
    return client

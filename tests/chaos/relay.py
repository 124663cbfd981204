"""A host on the bridge that passes packets on, late, to the hosts that their addresses name."""

import heapq
import itertools
import select
import socket
import struct
import subprocess
import threading
import time

SOL_PACKET, PACKET_VNET_HDR = 263, 15
OFFLOADS = 10  # bytes before each packet: what is still to be done to it, e.g. its checksum, which is passed on, too
ETHERNET, IPV4 = 14, 0x0800
LARGEST = 1 << 17
WAITING_MAX = 20_000


class Relay:
    def __init__(self, hardware, hosts, bridge):
        """`hosts`: each host's hardware address by its IP address."""
        self.mine = bytes.fromhex(hardware.replace(":", ""))
        self.hosts = {socket.inet_aton(address): bytes.fromhex(mac.replace(":", "")) for address, mac in hosts.items()}
        self.late_s = 0
        for words in (["link", "add", "relay", "type", "veth", "peer", "name", "to-relay"],
                      ["link", "set", "to-relay", "master", bridge, "up"],
                      ["link", "set", "relay", "address", hardware, "up"]):
            subprocess.run(["ip", *words], check=True, capture_output=True)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(IPV4))
        self.socket.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind(("relay", IPV4))
        self.waiting, self.order = [], itertools.count()
        self.wake, self.end = socket.socketpair()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            due = max(0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            ready, _, _ = select.select([self.socket, self.wake], [], [], due)
            if self.wake in ready:
                return
            if self.socket in ready:
                self.take(self.socket.recv(LARGEST))
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                self.pass_on(heapq.heappop(self.waiting)[2])

    def take(self, packet):
        destination = packet[OFFLOADS:OFFLOADS + 6]
        kind, = struct.unpack_from("!H", packet, OFFLOADS + 12)
        if destination == self.mine and kind == IPV4 and len(self.waiting) < WAITING_MAX:
            heapq.heappush(self.waiting, (time.monotonic() + self.late_s, next(self.order), packet))

    def pass_on(self, packet):
        to = self.hosts.get(packet[OFFLOADS + ETHERNET + 16:OFFLOADS + ETHERNET + 20])
        if to:
            try:
                self.socket.send(packet[:OFFLOADS] + to + self.mine + packet[OFFLOADS + 12:])
            except OSError:
                pass  # a packet is lost, as packets are

    def close(self):
        self.end.send(b".")
        self.thread.join()
        self.socket.close()

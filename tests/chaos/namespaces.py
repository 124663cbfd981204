"""Every host in a network namespace of its own, all on one bridge.

The bridge is in a namespace that this process moves to, so nothing of it is seen outside, and the kernel takes all of it away
with the last process. A host finds the others by fixed neighbour entries. An entry that leads to nobody is a cut in one
direction, as silent as a cable that was pulled; one that leads to the relay is a slow link.
"""

import ctypes
import os
import shutil
import subprocess

from relay import Relay

CLONE_NEWNET = 0x40000000
NETWORK = "198.18.0.0/24"
HUB = "198.18.0.100"
NOBODY = "02:00:c6:12:00:ff"
RELAY = "02:00:c6:12:00:fe"
PORTS = {"http": 8080, "admin": 8081, "link": 7400, "store": 5432}
TOOLS = ("ip", "unshare", "nsenter")


def lacks():
    """Why namespaces cannot be made here; none when they can."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return "there is no " + ", no ".join(missing)
    trial = subprocess.run(["unshare", "--net", "sh", "-c", "ip link add trial type bridge && ip link add name one type veth peer name other"],
                           capture_output=True, text=True)
    return None if trial.returncode == 0 else (trial.stderr.strip() or "no namespace can be made")


def ip(*words, inside=None):
    entered = ["nsenter", f"--net=/proc/{inside}/ns/net", "--"] if inside else []
    subprocess.run([*entered, "ip", *map(str, words)], check=True, capture_output=True)


class Namespaces:
    mode = "network namespaces"
    insecure = True  # the links' addresses are not loopback ones

    def __init__(self, hosts):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        ip("link", "set", "lo", "up")
        ip("link", "add", "bridge", "type", "bridge")
        ip("addr", "add", f"{HUB}/24", "dev", "bridge")
        ip("link", "set", "bridge", "up")
        self.numbers = {host: number for number, host in enumerate(hosts, start=1)}
        self.holders = {}
        for host in hosts:
            self.add(host)
        for host in hosts:
            for other in hosts:
                if other != host:
                    self.lead(host, other, self.hardware(other))
        self.relay = Relay(RELAY, {self.address(host): self.hardware(host) for host in hosts}, "bridge")
        self.changed = set()

    def add(self, host):
        holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo made; exec cat"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        holder.stdout.readline()
        self.holders[host] = holder
        ip("link", "add", f"to-{host}", "type", "veth", "peer", "name", "eth0", "netns", holder.pid)
        ip("link", "set", f"to-{host}", "master", "bridge", "up")
        ip("link", "set", "lo", "up", inside=holder.pid)
        ip("link", "set", "eth0", "address", self.hardware(host), "up", inside=holder.pid)
        ip("addr", "add", f"{self.address(host)}/24", "dev", "eth0", inside=holder.pid)

    # ---- where everybody is ----

    def hardware(self, host):
        return f"02:00:c6:12:00:{self.numbers[host]:02x}"

    def address(self, host):
        return f"198.18.0.{self.numbers[host]}"

    def port(self, host, kind):
        return PORTS[kind]

    def seen_by(self, host, other, kind):
        """Where `host` reaches the port of that kind of `other`."""
        return self.address(other), PORTS[kind]

    def command(self, host, words):
        """The command that runs those words at the host, in one process."""
        return ["nsenter", f"--net=/proc/{self.holders[host].pid}/ns/net", "--", *words]

    # ---- what goes wrong ----

    def lead(self, host, other, hardware):
        ip("neigh", "replace", self.address(other), "lladdr", hardware, "nud", "permanent", "dev", "eth0",
           inside=self.holders[host].pid)

    def cut(self, host, other):
        """What `host` sends to `other` is lost; not the reverse."""
        self.lead(host, other, NOBODY)
        self.changed.add((host, other))

    def slow(self, host, other, late_s):
        """What `host` sends to `other` takes so much longer."""
        self.relay.late_s = late_s
        self.lead(host, other, RELAY)
        self.changed.add((host, other))

    def heal(self):
        for host, other in self.changed:
            self.lead(host, other, self.hardware(other))
        self.changed.clear()

    def gone(self, host):
        """The process at `host` has ended: its port refuses by itself."""

    def back(self, host):
        """A process at `host` is about to start."""

    def started(self, host, process):
        """A process runs at `host`."""

    def close(self):
        self.relay.close()
        for holder in self.holders.values():
            holder.stdin.close()
            holder.wait()

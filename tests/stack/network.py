# SPDX-License-Identifier: MIT
"""Hosts of their own on this machine, each a network namespace with a cable to one or more switches, so that a
test can pull a cable: both ends keep their addresses and their links, and nothing arrives any more.

Invariant: a namespace lives as long as a process of this module holds it, which dies with the test, so that
nothing of it is left however the test ends. Needs root, iproute2 and the kernel's veth and bridge."""
import ctypes
import os
import signal
import subprocess
import threading

NETWORK = "198.18"  # RFC 2544: for tests of network devices, routed nowhere
CLONE_NEWNET = 0x40000000


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def enter(namespace):
    """Moves the calling thread there, and what it starts."""
    file = os.open(namespace, os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(file, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns", namespace)
    finally:
        os.close(file)


class Space:
    """A namespace, and the process that holds it."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo held; exec sleep infinity"],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       preexec_fn=die_with_parent)
        if self.holder.stdout.readline() != b"held\n":
            raise OSError(self.holder.stderr.read().decode().strip())
        self.path = f"/proc/{self.holder.pid}/ns/net"

    def ip(self, *arguments):
        """Runs ip(8) inside."""
        done = subprocess.run(["ip", *arguments], preexec_fn=lambda: enter(self.path), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")

    def close(self):
        self.holder.kill()
        self.holder.communicate()


class Network:
    """switches: the hosts at each, by the switch's name. Host k of switch n has the address 198.18.n.k, both
    counted from 1."""

    def __init__(self, switches):
        self.switches, self.hosts, self.ports, self.addresses = {}, {}, {}, {}
        for number, (switch, hosts) in enumerate(switches.items(), 1):
            self.switches[switch] = space = Space()
            space.ip("link", "add", "switch", "type", "bridge")
            space.ip("link", "set", "switch", "up")
            for k, host in enumerate(hosts, 1):
                self._plug(switch, number, host, k)

    def _plug(self, switch, number, host, k):
        if host not in self.hosts:
            self.hosts[host] = Space()
            self.hosts[host].ip("link", "set", "lo", "up")
        space, there = self.switches[switch], self.hosts[host]
        address = f"{NETWORK}.{number}.{k}"
        space.ip("link", "add", f"port{k}", "type", "veth", "peer", "name", switch, "netns", str(there.holder.pid))
        space.ip("link", "set", f"port{k}", "master", "switch", "up")
        there.ip("addr", "add", address + "/24", "dev", switch)
        there.ip("link", "set", switch, "up")
        self.ports[switch, host] = f"port{k}"
        self.addresses[switch, host] = address

    def namespace(self, host):
        return self.hosts[host].path

    def cut(self, switch, host):
        """From here on nothing passes between the host and all others at this switch."""
        self.switches[switch].ip("link", "set", self.ports[switch, host], "nomaster")

    def heal(self, switch, host):
        self.switches[switch].ip("link", "set", self.ports[switch, host], "master", "switch")

    def inside(self, host, function):
        """What function returns or raises when it is called on that host."""
        result = []

        def run():
            try:
                enter(self.namespace(host))
                result.append((function(), None))
            except BaseException as error:  # for the caller, whatever it is
                result.append((None, error))
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        value, error = result[0]
        if error is not None:
            raise error
        return value

    def close(self):
        for space in [*self.hosts.values(), *self.switches.values()]:
            space.close()

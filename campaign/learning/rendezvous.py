"""Where the processes of a training over several nodes find each other."""

from __future__ import annotations

import socket

import psutil

from ... import PerrinError


class InterfaceError(PerrinError, ValueError):
    """A network interface that this node does not have."""


def rendezvous(interface: str | None, nodes: int, processes: int) -> dict[str, str]:
    """Environment of all processes, of which the first is to run on this node.

    srun adds which of them each one is.
    """
    variables = {
        "MASTER_ADDR": address_of(interface) if interface else socket.gethostname(),
        "MASTER_PORT": str(_free_port()),
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes // nodes),
    }
    if interface:
        variables |= dict.fromkeys(("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"), interface)
    return variables


def address_of(interface: str) -> str:
    """Address of this node on a network interface, IPv4 if it has one."""
    known = psutil.net_if_addrs()
    if interface not in known:
        raise InterfaceError(
            f"interface = {interface!r}: this node has none of that name, but "
            + ", ".join(sorted(known))
        )
    found = {entry.family: entry.address for entry in known[interface]}
    address: str = found.get(socket.AF_INET) or found[socket.AF_INET6]
    return address


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port

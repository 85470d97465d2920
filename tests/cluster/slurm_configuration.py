"""The slurm.conf of a private cluster whose nodes are all this host."""

from __future__ import annotations

import contextlib
import os
import random
import socket
from collections.abc import Sequence
from pathlib import Path

# Ports to listen on are sought here, below those that the system gives to outgoing connections.
PORTS = range(10000, 32000)

# proctrack/pgid kills the process group of every task, and so the children of a shell that is gone,
# which proctrack/linuxproc loses. It misses what left for a session of its own.
# MessageTimeout counts towards the time that a dead node takes to be seen.
# MPICH names shared memory after the job, on what is one host for all clusters, and leaves it there
# when it is killed: jobs are numbered from anywhere.
# With ReturnToService=1 a node comes back by itself if its slurmd was away, not if it was set down.
TEMPLATE = """\
ClusterName=perrin
SlurmctldHost={host}
SlurmctldPort={controller_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={sockets}/munge
StateSaveLocation={directory}/state
SlurmdSpoolDir={sockets}/%n
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd-%n.pid
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,bf_interval=1
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
JobRequeue=0
FirstJobId={first_job}
ReturnToService=1
InactiveLimit=0
OverTimeLimit=0
MinJobAge=120
MessageTimeout=5
KillWait={kill_wait}
SlurmdTimeout={slurmd_timeout}
PartitionName=main Nodes=ALL Default=YES State=UP DefaultTime={walltime} MaxTime=INFINITE
"""
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} "
    "CPUs={cpus} RealMemory={memory_mb} State=UNKNOWN\n"
)


def slurm_configuration(
    directory: Path,
    sockets: Path,
    nodes: Sequence[str],
    ports: Sequence[int],
    *,
    cpus: int,
    memory_mb: int,
    walltime: str,
    kill_wait: int,
    slurmd_timeout: int,
) -> str:
    """Text of slurm.conf; the first port is the controller's, then follows one for each node."""
    host = socket.gethostname()
    controller_port, *node_ports = ports
    head = TEMPLATE.format(
        host=host,
        controller_port=controller_port,
        directory=directory,
        first_job=random.randrange(1, 10**7),
        sockets=sockets,
        walltime=walltime,
        kill_wait=kill_wait,
        slurmd_timeout=slurmd_timeout,
    )
    return head + "".join(
        NODE.format(name=name, host=host, port=port, cpus=cpus, memory_mb=memory_mb)
        for name, port in zip(nodes, node_ports, strict=True)
    )


def free_ports(count: int) -> list[int]:
    """Ports on which nobody listens, sought from a place that depends on the process."""
    first = os.getpid() * 97 % len(PORTS)
    ports: list[int] = []
    with contextlib.ExitStack() as stack:
        for offset in range(len(PORTS)):
            probe = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("", PORTS[(first + offset) % len(PORTS)]))
                ports.append(probe.getsockname()[1])
            if len(ports) == count:
                break
    return ports

"""A group whose processes are threads: many domains on few cores, where MPI would spin."""

import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from queue import Queue


class Done:
    """A communication that is over."""

    def Test(self):
        return True


class Group:
    def __init__(self, size):
        self.size = size
        self.boxes = defaultdict(Queue)
        self.barrier = threading.Barrier(size, timeout=60)
        self.table = [None] * size


class ThreadCommunicator:
    """What domains need of a communicator, between threads."""

    def __init__(self, group, rank):
        self._group, self.rank, self.size = group, rank, group.size

    def Ibarrier(self):
        self._group.barrier.wait()
        return Done()

    def Send(self, buf, dest, tag=0):
        self._group.boxes[self.rank, dest, tag].put(buf.copy())

    def Recv(self, buf, source, tag=0):
        buf[...] = self._group.boxes[source, self.rank, tag].get(timeout=60)

    def Sendrecv(self, sendbuf, dest, sendtag, recvbuf, source, recvtag):
        self.Send(sendbuf, dest, sendtag)
        self.Recv(recvbuf, source, recvtag)

    def _all(self, value):
        """What every thread has, by rank."""
        self._group.barrier.wait()
        self._group.table[self.rank] = value
        self._group.barrier.wait()
        found = list(self._group.table)
        self._group.barrier.wait()
        return found

    def Allreduce(self, sendbuf, recvbuf):
        recvbuf[...] = sum(self._all(sendbuf))

    def Reduce(self, sendbuf, recvbuf, root=0):
        total = sum(self._all(sendbuf))
        if self.rank == root:
            recvbuf[...] = total

    def bcast(self, obj, root=0):
        return self._all(obj)[root]

    def gather(self, sendobj, root=0):
        found = self._all(sendobj)
        return found if self.rank == root else None


def run_group(size, function):
    """Call ``function(communicator)`` in as many threads; return what the first one does."""
    group = Group(size)
    with ThreadPoolExecutor(size) as pool:
        futures = [pool.submit(function, ThreadCommunicator(group, rank)) for rank in range(size)]
        first, *_ = [future.result() for future in futures]
        return first

"""One large system cut into domains, a process of an MPI group for each."""

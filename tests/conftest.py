"""What holds for every test."""

import os

# One thread per process for the libraries that NumPy and torch compute with: tests run side by
# side, and many start workers of their own. Child processes inherit it. Set before those imports.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

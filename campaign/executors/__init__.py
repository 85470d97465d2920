"""Parsl and Dask behind one small adaptor."""

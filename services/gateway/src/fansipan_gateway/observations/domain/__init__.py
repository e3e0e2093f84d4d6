"""Rules of reading a time series: which granularity, and which points of a dense one."""

"""Largest-Triangle-Three-Buckets: thin a series to few points that keep its look.

After Sveinn Steinarsson, "Downsampling Time Series for Visual Representation"
(MSc thesis, University of Iceland, 2013).
"""

import numpy as np
from numpy.typing import NDArray


def lttb_indices(times: NDArray[np.float64], values: NDArray[np.float64], points: int) -> NDArray[np.intp]:
    """Indices of the points to keep, ascending; the first and the last are always among them.

    The inner points are cut into `points - 2` buckets of nearly equal size. From each, the one is kept that makes the
    largest triangle with the point kept before it and the mean of the next bucket; of equals, the earliest.

    Args:
        times: n ascending times, in any unit; best relative to the first, to keep precision.
        values: n finite values.
        points: how many to keep, at least 2. With n ≤ `points`, all are kept.

    Raises:
        ValueError: `points` < 2, or lengths differ.
    """
    size = len(times)
    if points < 2:
        raise ValueError("at least two points must be kept: the first and the last")
    if len(values) != size:
        raise ValueError(f"{size} times but {len(values)} values")
    if size <= points:
        return np.arange(size)
    kept = np.empty(points, dtype=np.intp)
    kept[0], kept[-1] = 0, size - 1
    if points == 2:
        return kept
    edges = 1 + np.arange(points - 1) * (size - 2) // (points - 2)
    counts = np.diff(edges)
    # the mean of the bucket after each; behind the last bucket stands the last point alone
    mean_times = np.append((np.add.reduceat(times[:-1], edges[:-1]) / counts)[1:], times[-1])
    mean_values = np.append((np.add.reduceat(values[:-1], edges[:-1]) / counts)[1:], values[-1])
    before = 0
    for bucket in range(points - 2):
        start, end = edges[bucket], edges[bucket + 1]
        time, value = times[before], values[before]
        doubled_areas = np.abs(
            (time - mean_times[bucket]) * (values[start:end] - value)
            - (time - times[start:end]) * (mean_values[bucket] - value)
        )
        before = int(start + np.argmax(doubled_areas))
        kept[bucket + 1] = before
    return kept

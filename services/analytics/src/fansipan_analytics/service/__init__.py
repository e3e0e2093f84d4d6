"""What analytics does: store micro-batches, work off dirty buckets."""

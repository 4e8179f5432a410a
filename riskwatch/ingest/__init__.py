"""Sources become event batches: mapping files, streamed readers, the mapper and quarantine."""

"""Jobs: which there are, the queue of those that wait, how one is run."""

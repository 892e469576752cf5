"""What runs videos: images, functions, Batch, the state machine, and the events that start and follow it."""

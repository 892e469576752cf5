"""What operators see and hear: alarms, reminders. Nothing depends on it."""

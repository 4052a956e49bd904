"""What every method shares: many whole updates in one compiled train_on_batch call."""

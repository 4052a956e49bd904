"""The engine that all methods share: one compiled train_on_batch call runs many updates."""

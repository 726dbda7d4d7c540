"""What `tfkit.diagnose.checkup` and `signal_propagation` are made of."""

"""What is measured and printed, never asserted on a clock."""

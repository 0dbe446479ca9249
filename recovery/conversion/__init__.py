"""What is converted and how: from the closure of keys to the gate and the comparison."""

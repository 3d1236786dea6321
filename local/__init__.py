"""What runs on one machine: the embedded AWS, a simulated month, the command line."""

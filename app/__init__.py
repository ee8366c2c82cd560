"""The running program; alone knows everything."""

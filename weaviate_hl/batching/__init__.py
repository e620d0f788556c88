"""Batching without I/O: what is to be sent, when, in which parts, and what became of it. Pure; time is an argument."""

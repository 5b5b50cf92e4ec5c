"""Kernels for one instruction set each: what they accept, and how their tables are laid out."""

"""A bench of real boards: who uses which, and what to do with one that stops answering."""

"""The gate of a firmware team's CI: budgets and a committed baseline for each model and board."""

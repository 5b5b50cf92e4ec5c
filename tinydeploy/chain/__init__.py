"""Sequences of compression techniques, each checked before the next, and measured on the board.

After Sudharsan et al., "Multi-Component Optimization and Efficient Deployment of Neural-Networks on
Resource-Constrained IoT Hardware", arXiv 2204.10183.
"""

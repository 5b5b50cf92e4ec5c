"""tinydeploy: from a Keras model to int8 C firmware, measured on the board."""

__version__ = "0.1.0"

"""Imports TensorFlow late and quietly."""

from __future__ import annotations

import functools
import logging
import os
import warnings
from typing import Any

from tinydeploy.errors import ToolMissingError

# Before the first import of TensorFlow, or never. oneDNN off: the calibrated ranges, and with them
# the bytes of the quantized model, must not depend on the machine's instruction set more than
# they have to. A GPU would do the same, and these models are small.
_ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
QUIET_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    _ONEDNN: "0",
    "GRPC_VERBOSITY": "ERROR",
    "GLOG_minloglevel": "3",
}
TRAINING_ENVIRONMENT = {**QUIET_ENVIRONMENT, _ONEDNN: "1"}
"""Of a process that trains: it is much faster by oneDNN."""


def import_tensorflow() -> Any:
    """Return the module tensorflow, with Keras on top of it, silenced.

    What C++ writes to standard error before logging is set up can't be silenced from here: run
    this in a worker process (convert_worker.py). Raises ToolMissingError.
    """
    os.environ.update({**QUIET_ENVIRONMENT, _ONEDNN: os.environ.get(_ONEDNN, "0")})
    warnings.filterwarnings("ignore", module=r"(tensorflow|keras|ai_edge_litert|h5py|absl)(\..*)?")
    try:
        import keras  # noqa: F401, PLC0415 - slow; its absence is reported here
        import tensorflow  # noqa: ICN001, PLC0415 - slow to import, and rarely needed
    except ImportError as error:
        raise ToolMissingError(
            f"converting a Keras model needs TensorFlow, which can't be imported: {error}",
            'pip install tensorflow, or convert the model elsewhere and pass an int8 ".tflite".',
        ) from error
    for name in ("tensorflow", "absl", "h5py"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return tensorflow


@functools.cache
def import_keras() -> Any:
    """Return the module keras, on top of TensorFlow, silenced. Raises ToolMissingError."""
    import_tensorflow()
    import keras  # noqa: PLC0415 - slow to import, and rarely needed

    return keras

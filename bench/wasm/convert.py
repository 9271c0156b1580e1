"""convert.py MODEL.pb OUTPUT FOLDER: writes TensorFlow.js's form of a frozen graph with its own converter, which folds and fuses.

Called by bench/wasm/run in an environment with TensorFlow, and with the converter's package without what it depends on:
of that a frozen graph needs nothing else.
"""
import sys
from unittest import mock

for name in ('tf_keras', 'tensorflow_decision_forests', 'tensorflow_hub', 'jax', 'jax.experimental', 'jax.experimental.jax2tf'):
    sys.modules.setdefault(name, mock.MagicMock())
from tensorflowjs.converters import tf_saved_model_conversion_v2  # noqa: E402

tf_saved_model_conversion_v2.convert_tf_frozen_model(sys.argv[1], sys.argv[2], sys.argv[3])

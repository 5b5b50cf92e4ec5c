"""Where a model has its MACs and its weights, as far as each technique can reach them."""

from __future__ import annotations

from tinydeploy.chain.run import load_model
from tinydeploy.chain.techniques import TECHNIQUES
from tinydeploy.chain.trial import Setting
from tinydeploy.compress.rewrite import rewrite
from tinydeploy.compress.size import SIZES, Of


def run_survey(setting: Setting) -> dict[str, dict[Of, float]]:
    """{technique: share of the model's MACs, and of its bytes of weights}. Loads TensorFlow.

    Raises ModelFileError, UnsupportedModelError.
    """
    calls = rewrite(load_model(setting.model)).calls
    whole: dict[Of, int] = {of: size.of_calls(calls) for of, size in SIZES.items()}
    found = {}
    for one in TECHNIQUES:
        taken = [call for call in calls if one.takes(call.layer)]
        found[one.name] = {
            of: size.of_calls(taken) / max(whole[of], 1) for of, size in SIZES.items()
        }
    return found

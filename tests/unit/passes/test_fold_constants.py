"""What does not depend on an input of the model is computed on the host."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.passes import apply_pass, operators
from tests.support.tflite_builder import ModelBuilder
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.passes.fold_constants import fold_constants


def test_computed_shape_leaves_only_the_reshape(tmp_path: Path) -> None:
    model = ModelBuilder()
    source = model.input((1, 3, 4), scale=0.5)
    shape, batch = model.tensor((3,), "int32"), model.tensor((), "int32")
    wanted, out = model.tensor((2,), "int32"), model.output((1, 12), scale=0.5)
    zero, one = (model.tensor((1,), "int32", data=[value]) for value in (0, 1))
    rest = model.tensor((), "int32", data=12)
    model.operator("SHAPE", [source], [shape], "ShapeOptions", outType=2)
    model.operator(
        "STRIDED_SLICE", [shape, zero, one, one], [batch], "StridedSliceOptions", shrinkAxisMask=1
    )
    model.operator("PACK", [batch, rest], [wanted], "PackOptions", valuesCount=2)
    model.operator("RESHAPE", [source, wanted], [out], "ReshapeOptions")
    graph = apply_pass(fold_constants, model.build(), tmp_path)
    assert operators(graph) == ["RESHAPE"]
    assert graph.tensors[wanted].constant.tolist() == [1, 12]


def test_moved_constant_is_added_as_it_is(tmp_path: Path) -> None:
    model = ModelBuilder()
    values = np.random.default_rng(6).integers(-128, 128, (4, 3))
    table = model.tensor((4, 3), scale=0.1, zero_point=4, data=values)
    order = model.tensor((2,), "int32", data=[1, 0])
    turned = model.tensor((3, 4), scale=0.1, zero_point=4)
    model.operator("TRANSPOSE", [table, order], [turned])
    source, out = model.input((3, 4), scale=0.2), model.output((3, 4), scale=0.3)
    model.operator("ADD", [source, turned], [out], "AddOptions")
    graph = apply_pass(fold_constants, model.build(), tmp_path)
    assert operators(graph) == ["ADD"]
    assert np.array_equal(graph.tensors[turned].constant, values.T)


def test_operators_on_inputs_stay(tmp_path: Path) -> None:
    model = ModelBuilder()
    source, out = model.input((3, 4), scale=0.2), model.output((4, 3), scale=0.2)
    model.operator("TRANSPOSE", [source, model.tensor((2,), "int32", data=[1, 0])], [out])
    assert operators(apply_pass(fold_constants, model.build(), tmp_path)) == ["TRANSPOSE"]


def test_constant_too_large_for_any_device_is_not_made() -> None:
    model = ModelBuilder()
    one = model.tensor((1, 1), scale=1.0, data=[3])
    shape = model.tensor((2,), "int32", data=[30_000, 30_000])
    large = model.output((30_000, 30_000), scale=1.0)
    model.operator("BROADCAST_TO", [one, shape], [large])
    model.operator("RELU", [model.input((1, 1), scale=1.0)], [model.output((1, 1), scale=1.0)])
    graph = fold_constants(read_tflite(model.build(), "large"))
    assert operators(graph) == ["BROADCAST_TO", "RELU"]

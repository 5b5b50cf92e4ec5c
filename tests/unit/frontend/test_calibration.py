from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tinydeploy.errors import CalibrationError
from tinydeploy.frontend.calibration import load_calibration, spread_indices
from tinydeploy.frontend.specs import ANY_SIZE, TensorSpec

GREY = TensorSpec("image", (1, 4, 6, 1), "float32")
COLOUR = TensorSpec("image", (1, 4, 6, 3), "float32")
VECTOR = TensorSpec("features", (1, 3), "float32")
SCALAR = TensorSpec("x", (1, 1), "float32")
RANDOM = np.random.default_rng(0)


def save_npy(path: Path, array: Any) -> Path:
    np.save(path, array)
    return path


# --- shapes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "spec", "samples"),
    [
        ((5, 4, 6, 1), GREY, 5),
        ((5, 4, 6), GREY, 5),
        ((4, 6), GREY, 1),
        ((4, 6, 1), GREY, 1),
        ((5, 24), GREY, 5),
        ((5, 1, 4, 6, 1), GREY, 5),
        ((5, 3, 1), VECTOR, 5),
        ((3,), VECTOR, 1),
        ((72,), COLOUR, 1),
        ((9,), SCALAR, 9),
        ((9, 1), SCALAR, 9),
        ((2, 7, 5, 3), TensorSpec("x", (1, ANY_SIZE, ANY_SIZE, 3), "float32"), 2),
    ],
)
def test_harmless_differences_of_shape_are_mended(
    tmp_path: Path, shape: tuple[int, ...], spec: TensorSpec, samples: int
) -> None:
    values = RANDOM.normal(size=shape).astype(np.float32)
    data = load_calibration(save_npy(tmp_path / "x.npy", values), [spec])
    assert data.sample_count == samples
    assert data.x[0].dtype == np.float32
    assert np.array_equal(data.x[0].ravel(), values.ravel())


@pytest.mark.parametrize("shape", [(5, 6, 4, 1), (5, 4, 6, 3), (5, 23), (24, 5), (5, 4), ()])
def test_another_shape_is_refused_with_both_shapes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = save_npy(tmp_path / "x.npy", np.zeros(shape))
    with pytest.raises(CalibrationError, match=r"shape \[.*takes samples of shape \[4, 6, 1\]"):
        load_calibration(path, [GREY])


def test_channels_first_gets_a_hint(tmp_path: Path) -> None:
    path = save_npy(tmp_path / "x.npy", np.zeros((5, 3, 4, 6)))
    with pytest.raises(CalibrationError) as caught:
        load_calibration(path, [COLOUR])
    assert "transpose" in caught.value.hint


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "float64", "bool", ">f4"])
def test_numbers_of_any_type_become_float32(tmp_path: Path, dtype: str) -> None:
    path = save_npy(tmp_path / "x.npy", np.ones((2, 3), dtype))
    assert load_calibration(path, [VECTOR]).x[0].dtype == np.float32


def test_fortran_order_is_read_right(tmp_path: Path) -> None:
    values = np.asfortranarray(RANDOM.normal(size=(5, 3)).astype(np.float32))
    path = save_npy(tmp_path / "x.npy", values)
    assert np.array_equal(load_calibration(path, [VECTOR]).x[0], values)


def test_integers_of_a_quantized_input_stay_integers(tmp_path: Path) -> None:
    spec = TensorSpec("x", (1, 3), "int8", 0.1, 5)
    raw = load_calibration(save_npy(tmp_path / "a.npy", np.ones((2, 3), np.int8)), [spec])
    real = load_calibration(save_npy(tmp_path / "b.npy", np.ones((2, 3), np.uint8)), [spec])
    assert [str(data.x[0].dtype) for data in (raw, real)] == ["int8", "float32"]


# --- .npz ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x", "features", "arr_0"])
def test_npz_names_of_a_single_input(tmp_path: Path, name: str) -> None:
    arrays: dict[str, Any] = {name: np.zeros((4, 3)), "y": np.arange(4)}
    np.savez(tmp_path / "c.npz", **arrays)
    data = load_calibration(tmp_path / "c.npz", [VECTOR])
    assert data.y is not None
    assert data.y.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("names", [("features", "x"), ("x0", "x1")])
def test_npz_of_two_inputs_follows_the_models_order(tmp_path: Path, names: tuple[str, str]) -> None:
    arrays: dict[str, Any] = {names[1]: np.full((4, 1), 2.0), names[0]: np.full((4, 3), 1.0)}
    np.savez(tmp_path / "c.npz", **arrays)
    data = load_calibration(tmp_path / "c.npz", [VECTOR, SCALAR])
    assert [x.shape for x in data.x] == [(4, 3), (4, 1)]
    assert [x.mean() for x in data.sample(2)] == [1.0, 2.0]


def test_npz_input_names_of_the_converter_are_understood(tmp_path: Path) -> None:
    np.savez(tmp_path / "c.npz", a=np.zeros((2, 3)), b=np.zeros((2, 3)))
    specs = [TensorSpec(f"serving_default_{n}:0", (1, 3), "int8", 1.0, 0) for n in "ab"]
    assert load_calibration(tmp_path / "c.npz", specs).sample_count == 2


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        (np.eye(4)[[2, 0, 1]], [2, 0, 1]),
        (np.array([[1], [2], [0]]), [1, 2, 0]),
        (np.array([1.0, 2.0, 0.0]), [1, 2, 0]),
        (np.array([True, False, True]), [1, 0, 1]),
    ],
)
def test_labels_in_usual_forms(tmp_path: Path, labels: Any, wanted: list[int]) -> None:
    np.savez(tmp_path / "c.npz", x=np.zeros((3, 3)), y=labels)
    data = load_calibration(tmp_path / "c.npz", [VECTOR])
    found = data.labels()
    assert found is not None
    assert found.tolist() == wanted


def test_real_targets_are_not_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "c.npz", x=np.zeros((3, 3)), y=[0.5, 0.25, -1.0])
    data = load_calibration(tmp_path / "c.npz", [VECTOR])
    assert data.labels() is None
    assert data.y is not None
    assert data.y.tolist() == [0.5, 0.25, -1.0]


# --- bad files -----------------------------------------------------------------------------


def _object_array(path: Path) -> None:
    np.save(path, np.array([{"a": 1}, None], dtype=object), allow_pickle=True)


def _bomb(path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (10**9, 10**6)}
    )
    path.write_bytes(header.getvalue())


def _cut(path: Path) -> None:
    np.save(path, np.zeros((100, 3)))
    path.write_bytes(path.read_bytes()[:-50])


def _write(values: Any) -> Callable[[Path], None]:
    return lambda path: np.save(path, values)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_object_array, "type object"),
        (_write(np.array([["a", "b", "c"]])), "type <U1"),
        (_write(np.zeros((2, 3), complex)), "type complex128"),
        (_write(np.zeros((2, 3), "M8[s]")), "datetime64"),
        (_write(np.zeros((0, 3))), "no samples"),
        (_write(np.array([[1, 2, 3], [1, np.nan, 3]])), "NaN.*first: sample 1"),
        (_write(np.array([[1, 2, np.inf]])), "infinite"),
        (_write(np.array([[1, 2, 1e300]])), "infinite"),
        (_bomb, "MiB of memory"),
        (_cut, "cut off"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_bytes(b"nonsense" * 20), "not a NumPy array"),
        (lambda path: path.write_bytes(b"\x93NUMPY\x01\x00v\x00" + b"[" * 118), "not a NumPy"),
        (lambda path: path.write_bytes(b"\x93NUMPY\x09\x00v\x00" + b" " * 118), "not a NumPy"),
        (lambda path: None, "does not exist"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
def test_bad_npy_files(tmp_path: Path, make: Callable[[Path], None], says: str) -> None:
    path = tmp_path / "x.npy"
    make(path)
    with pytest.raises(CalibrationError, match=says) as caught:
        load_calibration(path, [VECTOR])
    assert caught.value.hint


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"x": np.zeros((4, 3)), "y": np.zeros(5)}, "5 labels for 4 samples"),
        ({"x": np.zeros((4, 3)), "y": np.array(["a"] * 4)}, "type <U1"),
        ({"x": np.zeros((4, 3)), "y": np.array([np.nan] * 4)}, "labels are NaN"),
        ({"a": np.zeros((4, 3)), "b": np.zeros(4)}, 'holds a, b; expected x .*"features"'),
        ({"y": np.zeros(4)}, "holds y; expected x"),
        ({}, "holds no arrays"),
    ],
)
def test_bad_npz_contents(tmp_path: Path, arrays: dict[str, Any], says: str) -> None:
    np.savez(tmp_path / "c.npz", **arrays)
    with pytest.raises(CalibrationError, match=says):
        load_calibration(tmp_path / "c.npz", [VECTOR])


def test_inputs_of_different_length(tmp_path: Path) -> None:
    np.savez(tmp_path / "c.npz", x0=np.zeros((4, 3)), x1=np.zeros((5, 1)))
    with pytest.raises(CalibrationError, match="different numbers of samples"):
        load_calibration(tmp_path / "c.npz", [VECTOR, SCALAR])


def test_an_npz_cut_anywhere_or_changed_anywhere_is_refused_or_read(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    np.savez_compressed(path, x=RANDOM.normal(size=(20, 3)), y=np.arange(20))
    whole = path.read_bytes()
    for length in range(1, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(CalibrationError):
            load_calibration(path, [VECTOR])
    for _ in range(300):
        mutated = bytearray(whole)
        for place in RANDOM.integers(0, len(whole), 3):
            mutated[place] = RANDOM.integers(0, 256)
        path.write_bytes(mutated)
        try:
            load_calibration(path, [VECTOR])
        except CalibrationError:
            continue


def test_a_zip_that_lies_about_its_size_is_no_bomb(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (2**33, 3)}
    )
    with zipfile.ZipFile(tmp_path / "c.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", header.getvalue() + bytes(1 << 20))
    with pytest.raises(CalibrationError, match="MiB of memory"):
        load_calibration(tmp_path / "c.npz", [VECTOR])


def test_npy_holds_only_one_input(tmp_path: Path) -> None:
    path = save_npy(tmp_path / "x.npy", np.zeros((4, 3)))
    with pytest.raises(CalibrationError, match='the model has 2 \\("features", "x"\\)'):
        load_calibration(path, [VECTOR, SCALAR])


def test_an_unknown_kind_of_file(tmp_path: Path) -> None:
    path = tmp_path / "x.pickle"
    path.write_bytes(b"x")
    with pytest.raises(CalibrationError, match="unknown kind") as caught:
        load_calibration(path, [VECTOR])
    assert ".npz" in caught.value.hint


# --- CSV -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("1,2,3\n4,5,6\n", None),
        ("a,b,c\n1,2,3\n4,5,6\n", None),
        ("\ufeffa;b;c\r\n1;2;3\r\n4;5;6\r\n", None),
        ("1,2,3,7\n4,5,6,8\n", [7, 8]),
        ("label,a,b,c\n7,1,2,3\n8,4,5,6\n", [7, 8]),
        ("0,1,2\n1,2,3\n4,5,6\n", None),  # pandas, of columns without names
        ("a,b,c,y\n1,2,3,dog\n\n4,5,6,cat\n", [1, 0]),
    ],
)
def test_csv_in_usual_forms(tmp_path: Path, text: str, labels: list[int] | None) -> None:
    path = tmp_path / "c.csv"
    path.write_text(text, "utf-8")
    data = load_calibration(path, [VECTOR])
    assert data.x[0].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert (None if data.y is None else data.y.tolist()) == labels


def test_csv_is_split_among_inputs(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("1,2,3,4\n")
    data = load_calibration(path, [VECTOR, SCALAR])
    assert [x.tolist() for x in data.x] == [[[1, 2, 3]], [[4]]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1,2\n", "2 feature columns, the model takes 3"),
        ("1,2,3\n1,2\n", "row 2 has 2 columns"),
        ("a,b,c\n", "no samples"),
        (",a,b,c\n0,1,2,3\n1,4,5,6\n", "4 feature columns, the model takes 3"),  # with an index
        ("\n\n", "no samples"),
        ("1,2,3\n1,x,3\n", 'row 2, column 2 is "x"'),
        ("1,2,nan\n", "NaN"),
        ("1,,3\n", 'column 2 is ""|no samples'),
    ],
)
def test_bad_csv(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "c.csv"
    path.write_text(text)
    with pytest.raises(CalibrationError, match=says):
        load_calibration(path, [VECTOR])


def test_binary_csv(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(CalibrationError):
        load_calibration(path, [VECTOR])


# --- images --------------------------------------------------------------------------------


def save_image(path: Path, value: int, size: tuple[int, int] = (6, 4), mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value if mode == "L" else (value, 0, 0)).save(path)


def test_images_are_sorted_resized_and_in_0_to_255(tmp_path: Path) -> None:
    save_image(tmp_path / "b.png", 255, (12, 8))
    save_image(tmp_path / "a.png", 10)
    (tmp_path / "notes.txt").write_text("not an image")
    data = load_calibration(tmp_path, [GREY])
    assert data.x[0].shape == (2, 4, 6, 1)
    assert [x.mean() for x in data.x[0]] == [10, 255]
    assert data.y is None


def test_image_range_is_linear(tmp_path: Path) -> None:
    save_image(tmp_path / "a.png", 0)
    save_image(tmp_path / "b.png", 255)
    data = load_calibration(tmp_path, [GREY], image_range=(-1.0, 1.0))
    assert [float(x.mean()) for x in data.x[0]] == pytest.approx([-1, 1])


def test_sub_folders_are_classes_in_sorted_order(tmp_path: Path) -> None:
    save_image(tmp_path / "dog" / "1.png", 20)
    save_image(tmp_path / "cat" / "1.png", 10)
    save_image(tmp_path / "cat" / "2.PNG", 11)
    (tmp_path / "bear").mkdir()  # a class all the same
    data = load_calibration(tmp_path, [GREY])
    assert data.y is not None
    assert data.y.tolist() == [1, 1, 2]
    assert [x.mean() for x in data.x[0]] == [10, 11, 20]


def test_colour_and_grey_convert_into_each_other(tmp_path: Path) -> None:
    save_image(tmp_path / "a.png", 100, mode="RGB")
    save_image(tmp_path / "b.png", 50)
    data = load_calibration(tmp_path, [COLOUR])
    assert data.x[0][0, 0, 0].tolist() == [100, 0, 0]
    assert data.x[0][1, 0, 0].tolist() == [50, 50, 50]


def test_a_folder_without_images(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="no images"):
        load_calibration(tmp_path, [GREY])


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    save_image(tmp_path / "a.png", 1)
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:40])
    with pytest.raises(CalibrationError, match=r"b\.png is not a readable image"):
        load_calibration(tmp_path, [GREY])


def test_an_image_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    save_image(tmp_path / "a.png", 1)
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[16:24] = struct.pack(">II", 30000, 30000)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(CalibrationError, match="pixels"):
        load_calibration(tmp_path, [GREY])


def test_images_for_a_model_that_takes_none(tmp_path: Path) -> None:
    save_image(tmp_path / "a.png", 1)
    with pytest.raises(CalibrationError, match="does not take images"):
        load_calibration(tmp_path, [VECTOR])


def test_images_both_above_and_in_classes(tmp_path: Path) -> None:
    save_image(tmp_path / "a.png", 1)
    save_image(tmp_path / "cat" / "b.png", 1)
    with pytest.raises(CalibrationError, match="both directly"):
        load_calibration(tmp_path, [GREY])


def test_spread_indices_cover_the_data_evenly() -> None:
    assert spread_indices(3, 5) == [0, 1, 2]
    assert spread_indices(10, 5) == [0, 2, 4, 6, 8]

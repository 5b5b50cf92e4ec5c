"""Read the Free Spoken Digit Dataset, from its recordings or packed in one .npz."""

import wave
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from features import SAMPLE_RATE_HZ, log_mel


@dataclass(frozen=True, slots=True)
class Recordings:
    """One row per recording: features (n, FRAMES, MEL_BANDS), label, speaker and take (n,)."""

    features: npt.NDArray[np.float32]
    label: npt.NDArray[np.int64]
    speaker: npt.NDArray[np.str_]
    take: npt.NDArray[np.int64]

    def where(self, mask: npt.NDArray[np.bool_]) -> "Recordings":
        """Only the recordings that the mask (n,) selects."""
        return Recordings(
            self.features[mask], self.label[mask], self.speaker[mask], self.take[mask]
        )


def read_wave(path: Path) -> npt.NDArray[np.int16]:
    """The samples of a mono 16-bit 8 kHz file, the dataset's own format."""
    with wave.open(str(path)) as recording:
        if (recording.getframerate(), recording.getsampwidth(), recording.getnchannels()) != (
            SAMPLE_RATE_HZ,
            2,
            1,
        ):
            raise SystemExit(f"{path}: not a mono 16-bit recording at {SAMPLE_RATE_HZ} Hz")
        return np.frombuffer(recording.readframes(recording.getnframes()), "<i2")


def read_folder(folder: Path) -> Recordings:
    """Recordings named <digit>_<speaker>_<take>.wav."""
    paths = sorted(folder.glob("*_*_*.wav"))
    if not paths:
        raise SystemExit(f"{folder}: holds no <digit>_<speaker>_<take>.wav")
    digits, speakers, takes = zip(*(path.stem.split("_") for path in paths), strict=True)
    return Recordings(
        np.stack([log_mel(read_wave(path)) for path in paths]),
        np.array(digits, np.int64),
        np.array(speakers),
        np.array(takes, np.int64),
    )


def read_packed(path: Path) -> Recordings:
    """An .npz: audio (int16, end to end), offset (n + 1), label, speaker, take (n)."""
    with np.load(path) as packed:
        audio, offset = packed["audio"], packed["offset"]
        clips = [audio[a:b] for a, b in pairwise(offset)]
        return Recordings(
            np.stack([log_mel(clip) for clip in clips]),
            packed["label"].astype(np.int64),
            packed["speaker"],
            packed["take"].astype(np.int64),
        )


def read_recordings(path: Path) -> Recordings:
    """The dataset's folder of recordings, or the same packed in one .npz."""
    return read_folder(path) if path.is_dir() else read_packed(path)

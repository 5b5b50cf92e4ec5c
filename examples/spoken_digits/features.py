"""Log-mel features of a spoken digit, in NumPy alone."""

import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ = 8000
CLIP_SAMPLES = 8000
FRAME_SAMPLES = 256
HOP_SAMPLES = 160
MEL_BANDS = 20
FRAMES = 1 + (CLIP_SAMPLES - FRAME_SAMPLES) // HOP_SAMPLES

# From silence to the loudest band: 16 octaves of energy, in steps of 1/16 of an octave, which is
# as fine as an int8 input can be.
RANGE_OCTAVES = 16
STEPS = 256

Floats = npt.NDArray[np.floating]


def _hz_to_mel(hz: Floats) -> Floats:
    mel: Floats = 2595 * np.log10(1 + hz / 700)
    return mel


def mel_filters() -> Floats:
    """Triangular filters from 60 Hz to 4 kHz, shape (FRAME_SAMPLES // 2 + 1, MEL_BANDS)."""
    low, high = _hz_to_mel(np.array([60.0, SAMPLE_RATE_HZ / 2]))
    corners = np.linspace(low, high, MEL_BANDS + 2)
    bins = _hz_to_mel(np.fft.rfftfreq(FRAME_SAMPLES, 1 / SAMPLE_RATE_HZ))[:, None]
    rising = (bins - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - bins) / (corners[2:] - corners[1:-1])
    filters: Floats = np.maximum(np.minimum(rising, falling), 0)
    return filters


FILTERS = mel_filters()


def log_mel(audio: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
    """Loudness from 0 (silence) to 1 (the loudest band of the clip), shape (FRAMES, MEL_BANDS).

    The first second counts; what is shorter is padded with silence.
    """
    clip = np.zeros(CLIP_SAMPLES)
    clip[: len(audio)] = audio[:CLIP_SAMPLES]
    frames = np.lib.stride_tricks.sliding_window_view(clip, FRAME_SAMPLES)[::HOP_SAMPLES]
    spectrum = np.fft.rfft(frames * np.hanning(FRAME_SAMPLES))
    energy = np.abs(spectrum) ** 2 @ FILTERS
    relative = np.maximum(energy / max(energy.max(), 1.0), 2.0**-RANGE_OCTAVES)
    loudness = 1 + np.log2(relative) / RANGE_OCTAVES
    rounded: npt.NDArray[np.float32] = (np.round(loudness * STEPS) / STEPS).astype(np.float32)
    return rounded

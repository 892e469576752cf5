"""JPEG bytes to the array that a model expects."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from heaters.domain.errors import UnsupportedMedia
from heaters.embed.manifest import Preprocessing


def prepare_images(images: Sequence[bytes], preprocessing: Preprocessing) -> NDArray[np.float32]:
    """(n, 3, height, width) float32 of encoded images. Raises UnsupportedMedia for one that cannot be decoded."""
    return np.stack([_prepare(image, preprocessing) for image in images])


def _prepare(image: bytes, preprocessing: Preprocessing) -> NDArray[np.float32]:
    size = (preprocessing.width, preprocessing.height)
    try:
        with Image.open(BytesIO(image)) as opened:
            picture = opened.convert("RGB").resize(size, Image.Resampling.BOX)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as exc:
        raise UnsupportedMedia(
            f"An image of {len(image)} bytes cannot be decoded: {exc}; make it again."
        ) from exc
    pixels = np.asarray(picture, dtype=np.float32) / 255.0
    scaled = (pixels - np.asarray(preprocessing.mean)) / np.asarray(preprocessing.std)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1), dtype=np.float32)

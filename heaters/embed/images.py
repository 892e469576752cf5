"""Encoded pictures to the array that a model expects: our own keyframes, and pictures that anybody may have made."""

import warnings
from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from heaters.domain.errors import SourceTooLarge, UnsupportedMedia
from heaters.domain.query_jobs import MAX_IMAGE_BYTES
from heaters.embed.manifest import Preprocessing

MAX_PIXELS = 50_000_000
"""Of a picture to search with: what large cameras make. Decoded, it takes 150 MB."""

_STRANGE_FORMATS = ("JPEG", "PNG", "WEBP")


def prepare_images(images: Sequence[bytes], preprocessing: Preprocessing) -> NDArray[np.float32]:
    """(n, 3, height, width) float32 of encoded images. Raises UnsupportedMedia for one that cannot be decoded."""
    return np.stack([_prepare(image, preprocessing) for image in images])


def prepare_strange_image(image: bytes, preprocessing: Preprocessing) -> NDArray[np.float32]:
    """(1, 3, height, width) of a JPEG, PNG or WebP from anybody, upright, on white where it is transparent.

    Raises SourceTooLarge for too many bytes or pixels, before any pixel is decoded; UnsupportedMedia for the rest.
    """
    if len(image) > MAX_IMAGE_BYTES:
        raise SourceTooLarge(
            f"The picture has {len(image)} bytes, more than {MAX_IMAGE_BYTES}; send a smaller one."
        )
    try:
        with _open_strange(image) as opened:
            _check_pixels(opened)
            picture = _flatten(ImageOps.exif_transpose(opened))
            return _to_array(picture, preprocessing)[None]
    except SourceTooLarge:
        raise
    except Image.DecompressionBombError as exc:
        raise SourceTooLarge(f"The picture has too many pixels: {exc} Send a smaller one.") from exc
    except Exception as exc:  # Pillow's decoders have no common root for their errors
        raise UnsupportedMedia(
            f"The picture is not a JPEG, PNG or WebP that can be decoded ({exc}); save it as one and send it again."
        ) from exc


def _open_strange(image: bytes) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # MAX_PIXELS refuses more than that
        return Image.open(BytesIO(image), formats=_STRANGE_FORMATS)


def _check_pixels(picture: Image.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise SourceTooLarge(
            f"The picture has {picture.width} x {picture.height} pixels, more than {MAX_PIXELS}; send a smaller one."
        )


def _flatten(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    white = Image.new("RGB", layer.size, "white")
    white.paste(layer, mask=layer)
    return white


def _prepare(image: bytes, preprocessing: Preprocessing) -> NDArray[np.float32]:
    try:
        with Image.open(BytesIO(image)) as opened:
            return _to_array(opened.convert("RGB"), preprocessing)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as exc:
        raise UnsupportedMedia(
            f"An image of {len(image)} bytes cannot be decoded: {exc}; make it again."
        ) from exc


def _to_array(picture: Image.Image, preprocessing: Preprocessing) -> NDArray[np.float32]:
    size = (preprocessing.width, preprocessing.height)
    pixels = np.asarray(picture.resize(size, Image.Resampling.BOX), dtype=np.float32) / 255.0
    scaled = (pixels - np.asarray(preprocessing.mean)) / np.asarray(preprocessing.std)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1), dtype=np.float32)

"""Pictures from anybody: embedded like a clip's keyframes, or refused under a name before they cost anything."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from heaters.domain.errors import NoTextModel, SourceTooLarge, UnsupportedMedia
from heaters.domain.query_jobs import MAX_IMAGE_BYTES
from heaters.embed.images import MAX_PIXELS, prepare_images, prepare_strange_image
from heaters.embed.manifest import Preprocessing
from heaters.embed.query_vectors import embed_query_image, embed_query_text
from heaters.embed.registry import ImageModel, load_model

SMALL = Preprocessing(width=8, height=4)


@pytest.fixture(scope="module")
def model() -> ImageModel:
    return load_model("colour-layout")


def encode(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    target = BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def noise(width: int = 96, height: int = 64) -> Image.Image:
    return Image.merge("RGB", [Image.effect_noise((width, height), 40 + n) for n in range(3)])


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of_size(width: int, height: int) -> bytes:
    """A few bytes that call themselves a picture of this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 4096)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_to_search_with_is_prepared_like_a_keyframe(kind: str) -> None:
    body = encode(noise(), kind)
    assert np.array_equal(prepare_strange_image(body, SMALL), prepare_images([body], SMALL))


def test_its_vector_is_that_of_the_same_keyframe(model: ImageModel) -> None:
    body = encode(noise(640, 360), "JPEG")
    keyframe = model.run(prepare_images([body], model.manifest.preprocessing))[0]
    found = embed_query_image(model, body)
    assert np.array(found.vector) == pytest.approx(keyframe, abs=1e-6)
    assert (found.model, found.model_version, found.dimensions) == ("colour-layout", "1", 512)


def test_a_photograph_is_turned_upright_as_its_camera_says() -> None:
    picture = Image.new("RGB", (40, 20), "black")
    picture.paste("white", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 3  # turned by 180 degrees
    turned = prepare_strange_image(encode(picture, "JPEG", exif=exif, quality=95), SMALL)[0, 0, 0]
    assert (turned[0] < 0.1, turned[-1] > 0.9) == (True, True)


def test_what_is_transparent_counts_as_white() -> None:
    body = encode(Image.new("RGBA", (20, 20), (255, 0, 0, 0)))
    assert prepare_strange_image(body, SMALL).min() == pytest.approx(1)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
def test_pictures_of_every_mode_are_taken(mode: str) -> None:
    picture = noise().convert("L").convert("I").convert("I;16") if mode == "I;16" else noise().convert(mode)
    body = encode(picture, "JPEG" if mode == "CMYK" else "PNG")
    assert prepare_strange_image(body, SMALL).shape == (1, 3, 4, 8)


@pytest.mark.parametrize("size", [(50_000, 50_000), (20_000, 6_000), (MAX_PIXELS + 1, 1)])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(SourceTooLarge, match="pixels"):
        prepare_strange_image(png_of_size(*size), SMALL)


def test_more_bytes_than_are_allowed_are_refused() -> None:
    with pytest.raises(SourceTooLarge, match="bytes"):
        prepare_strange_image(b"\0" * (MAX_IMAGE_BYTES + 1), SMALL)


@pytest.mark.parametrize(
    "body",
    [b"", b"no picture", png_of_size(64, 64), encode(noise(), "GIF"), encode(noise(), "TIFF"), encode(noise(), "BMP"),
     encode(noise(), "JPEG")[:400], encode(noise(), "PNG")[:200], encode(noise(), "WEBP")[:100],
     b"%PDF-1.7\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff\xe0" + b"\xff" * 4096,
     encode(noise(), "PNG")[:16] + b"\xff" * 500],
    ids=["empty", "text", "too few rows", "GIF", "TIFF", "BMP", "half a JPEG", "half a PNG", "half a WebP", "PDF",
         "SVG", "JPEG of nothing", "PNG of nothing"],
)  # fmt: skip
def test_what_is_not_a_whole_jpeg_png_or_webp_is_refused(body: bytes) -> None:
    with pytest.raises(UnsupportedMedia, match="save it as one"):
        prepare_strange_image(body, SMALL)


def test_a_text_is_refused_by_a_model_that_reads_pictures_only(model: ImageModel) -> None:
    with pytest.raises(NoTextModel, match="make models"):
        embed_query_text(model, "a red car")

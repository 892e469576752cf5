"""Vectors of the built-in model, from real pictures."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from heaters.domain.errors import InvalidJob, ModelRejected, UnsupportedMedia
from heaters.embed.clip_vectors import WHOLE_CLIP, average_direction, embed_clips, join_vectors
from heaters.embed.colour_layout import build_model, describe_model, write_model
from heaters.embed.images import prepare_images
from heaters.embed.manifest import read_manifest
from heaters.embed.registry import BUILT_IN_MODELS, ImageModel, load_model


@pytest.fixture(scope="module")
def model() -> ImageModel:
    return load_model("colour-layout")


@dataclass(frozen=True, kw_only=True)
class Clip:
    clip_id: str
    images: tuple[bytes, ...]

    def read_images(self) -> Sequence[bytes]:
        return self.images


def jpeg(picture: Image.Image, quality: int = 90) -> bytes:
    target = BytesIO()
    picture.save(target, "JPEG", quality=quality)
    return target.getvalue()


def frames_of(path: Path, wanted: Sequence[int]) -> list[Image.Image]:
    with av.open(str(path)) as media:
        return [frame.to_image() for n, frame in enumerate(media.decode(video=0)) if n in wanted]


def vectors_of(model: ImageModel, pictures: Sequence[Image.Image]) -> np.ndarray:
    return model.run(prepare_images([jpeg(picture) for picture in pictures], model.manifest.preprocessing))


def test_the_committed_model_is_the_one_that_its_program_builds() -> None:
    """Nobody has to trust a binary: it can be made again from source."""
    body = build_model()
    assert body == (BUILT_IN_MODELS / "colour-layout.onnx").read_bytes()
    assert describe_model(body) == read_manifest(BUILT_IN_MODELS / "colour-layout.json")


@pytest.mark.parametrize("colour", ["black", "white", "red"])
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (1920, 1080)])
def test_a_picture_without_structure_has_a_vector_of_unit_length(
    model: ImageModel, colour: str, size: tuple[int, int]
) -> None:
    vectors = vectors_of(model, [Image.new("RGB", size, colour)])
    assert vectors.shape == (1, 512)
    assert np.linalg.norm(vectors[0]) == pytest.approx(1, abs=1e-5)


def test_a_picture_alone_and_in_a_batch_has_the_same_vector(model: ImageModel) -> None:
    pictures = [Image.effect_noise((64, 64), 40 + n).convert("RGB") for n in range(5)]
    together = vectors_of(model, pictures)
    alone = np.vstack([vectors_of(model, [picture]) for picture in pictures])
    assert np.allclose(together, alone, atol=1e-5)


def test_frames_of_one_shot_are_nearer_than_frames_of_others(model: ImageModel, media_folder: Path) -> None:
    """Two frames from each of five real shots: everybody's nearest neighbour is the other one of its shot."""
    bunny = frames_of(media_folder / "big_buck_bunny_480p_30s.mp4", (300, 370, 400, 540, 600, 700))
    car = frames_of(media_folder / "car_detection.mp4", (20, 300))
    bottle = frames_of(media_folder / "bottle_detection.mp4", (20, 900))
    likeness = (found := vectors_of(model, [*bunny, *car, *bottle])) @ found.T
    np.fill_diagonal(likeness, -1)
    assert likeness.argmax(axis=1).tolist() == [1, 0, 3, 2, 5, 4, 7, 6, 9, 8]


def test_a_smaller_and_rougher_copy_is_a_near_duplicate(model: ImageModel, media_folder: Path) -> None:
    (picture,) = frames_of(media_folder / "big_buck_bunny_480p_30s.mp4", (600,))
    rough = Image.open(BytesIO(jpeg(picture.resize((212, 120)), quality=40)))
    original, copy = vectors_of(model, [picture, rough])
    assert original @ copy > 0.99


def test_a_clip_has_a_vector_for_each_keyframe_and_one_for_the_whole(model: ImageModel) -> None:
    images = tuple(jpeg(Image.new("RGB", (32, 18), colour)) for colour in ("red", "green", "blue"))
    clips = [Clip(clip_id="a", images=images), Clip(clip_id="b", images=images[:1])]
    found = join_vectors(list(embed_clips(model, clips)))
    assert found.clip_ids == ("a", "a", "a", "a", "b", "b")
    assert found.positions == (0, 1, 2, WHOLE_CLIP, 0, WHOLE_CLIP)
    assert np.allclose(found.vectors[3], average_direction(found.vectors[:3]))
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)


def test_directions_that_cancel_out_still_have_an_average() -> None:
    opposite = np.array([[1, 0], [-1, 0]], dtype=np.float32)
    assert average_direction(opposite).tolist() == [1, 0]


def test_a_clip_without_keyframes_is_refused(model: ImageModel) -> None:
    with pytest.raises(InvalidJob, match="Clip a has no keyframes"):
        list(embed_clips(model, [Clip(clip_id="a", images=())]))


def test_an_image_that_cannot_be_decoded_is_refused(model: ImageModel) -> None:
    with pytest.raises(UnsupportedMedia, match="cannot be decoded"):
        prepare_images([b"not a picture"], model.manifest.preprocessing)


def test_a_file_that_is_not_the_manifests_is_not_loaded(tmp_path: Path) -> None:
    write_model(tmp_path)
    with (tmp_path / "colour-layout.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelRejected, match="not the file that its manifest describes"):
        load_model("colour-layout", folder=tmp_path)


def test_an_unknown_model_is_refused_with_the_names_of_those_installed() -> None:
    with pytest.raises(ModelRejected, match="installed are colour-layout"):
        load_model("clip-vit-b32")


def test_a_model_with_another_number_of_dimensions_than_it_says_is_refused(tmp_path: Path) -> None:
    write_model(tmp_path)
    manifest = tmp_path / "colour-layout.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"dimensions": 768}))
    model = load_model("colour-layout", folder=tmp_path)
    with pytest.raises(ModelRejected, match="768 dimensions"):
        vectors_of(model, [Image.new("RGB", (8, 8))])

"""Images: the `Image` people log, and MlflowClient's way of storing one."""

import re
import uuid
import warnings
from typing import TYPE_CHECKING, Any

from kirok.base.clock import now_ms
from kirok.client import tags as tag_keys
from kirok.client.artifacts import ArtifactMethods
from kirok.client.delivery import RunOperations
from kirok.client.records import RecordMethods

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image

PREVIEW_SIDE_PIXELS = 256
"""The longer side of the small copy that run pages show."""

_KEY = re.compile(r"[a-zA-Z0-9_\-./ ]+")


class Image:
    """An image to log, alone or in a table: made of an array or nested lists of pixels, a PIL image, or a file's path.

    Integer pixels are 0 to 255, floats 0 to 1; the shape is (height, width) or (height, width, 1, 3 or 4).
    """

    def __init__(self, image: "np.ndarray[Any, Any] | PIL.Image.Image | str | list[Any]") -> None:
        self.image: PIL.Image.Image
        if isinstance(image, str):
            self.image = _pillow().open(image)
        elif isinstance(image, list):
            import numpy as np

            self.image = from_array(np.array(image))
        else:
            self.image = as_pil(image)
        self.size: tuple[int, int] = self.image.size
        """(width, height) in pixels."""

    def to_list(self) -> list[Any]:
        """The pixels, row by row."""
        return list(self.image.getdata())

    def to_array(self) -> "np.ndarray[Any, Any]":
        """The pixels as an array of shape (height, width[, channels])."""
        import numpy as np

        return np.array(self.image)

    def to_pil(self) -> "PIL.Image.Image":
        """The PIL image."""
        return self.image

    def save(self, path: str) -> None:
        """Write to a file, in the format its name asks for."""
        self.image.save(path)

    def resize(self, size: tuple[int, int]) -> "Image":
        """A copy of (width, height) pixels."""
        return Image(self.image.resize(size))


class ImageMethods(ArtifactMethods, RecordMethods):
    """Images of runs."""

    def log_image(
        self,
        run_id: str,
        image: "np.ndarray[Any, Any] | PIL.Image.Image | Image",
        artifact_file: str | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
        synchronous: bool | None = None,
    ) -> None:
        """Store an image as `artifact_file`, or under `key` as one of a series that run pages show by step.

        `timestamp` in milliseconds since the epoch. TypeError unless exactly one of file and key is given, or for an
        object that is no image; ValueError for a key of other than letters, digits, `_-./` and space.
        """
        if artifact_file is not None and any(given is not None for given in (key, step, timestamp)):
            raise TypeError(
                "The `artifact_file` parameter cannot be used in conjunction with `key`, `step`, or `timestamp` "
                "parameters. Please ensure that `artifact_file` is specified alone."
            )
        if artifact_file is None and key is None:
            raise TypeError(
                "Invalid arguments: Please specify exactly one of `artifact_file` or `key`. Use `key` to log dynamic "
                "image charts or `artifact_file` for saving static images."
            )
        picture = as_pil(image)
        if artifact_file is not None:
            self._save_image(run_id, picture, artifact_file)
            return
        if key is None or not _KEY.fullmatch(key):
            raise ValueError(
                "The `key` parameter may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces "
                f"( ), and slashes (/). The provided key `{key}` contains invalid characters."
            )
        # MLflow's pages read name, step and time out of the file name; `~` stands for a slash.
        stem = f"images/{key.replace('/', '~')}+step+{step or 0}+timestamp+{timestamp or now_ms()}+{uuid.uuid4()}"
        self._save_image(run_id, picture, f"{stem}.png")
        self._save_image(run_id, preview(picture), f"{stem}+compressed.webp")
        operations = self.set_tag(run_id, tag_keys.LOGGED_IMAGES, True, synchronous)
        if isinstance(operations, RunOperations):
            operations.wait()

    def _save_image(self, run_id: str, picture: "PIL.Image.Image", artifact_file: str) -> None:
        with self._new_file(run_id, artifact_file) as file:
            picture.save(file)


def as_pil(image: Any) -> "PIL.Image.Image":
    """A PIL image of an array, an `Image` or itself. TypeError for anything else."""
    if isinstance(image, Image):
        return image.to_pil()
    if type(image).__module__ == "numpy" and hasattr(image, "dtype"):
        return from_array(image)
    if isinstance(image, _pillow().Image):
        picture: PIL.Image.Image = image
        return picture
    raise TypeError(
        f"Unsupported image object type: {type(image)}. `image` must be one of numpy.ndarray, PIL.Image.Image, and "
        "mlflow.Image."
    )


def from_array(pixels: "np.ndarray[Any, Any]") -> "PIL.Image.Image":
    """A PIL image of pixels. Floats outside 0 to 1 are stretched to it with a warning, as MLflow does.

    TypeError for an array of other than numbers; ValueError for another shape, or integers outside 0 to 255.
    """
    import numpy as np

    if pixels.dtype.kind not in "biuf":
        raise TypeError(
            f"Invalid array data type: '{pixels.dtype}'. Must be one of bool, signed integer, unsigned integer, "
            "floating"
        )
    if pixels.ndim not in (2, 3):
        raise ValueError(f"`image` must be a 2D or 3D array but got image shape: {pixels.shape}")
    if pixels.ndim == 3 and pixels.shape[2] not in (1, 3, 4):
        raise ValueError(f"Invalid channel length: {pixels.shape[2]}. Must be one of [1, 3, 4]")
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    low, high = pixels.min(), pixels.max()
    if pixels.dtype.kind in "iu":
        if low < 0 or high > 255:
            raise ValueError(
                "Integer pixel values out of acceptable range [0, 255]. Found minimum value "
                f"{low} and maximum value {high}. Ensure all pixel values are within the specified range."
            )
        return _from_bytes(pixels.astype(np.uint8))
    if low < 0 or high > 1:
        warnings.warn(
            f"Float pixel values out of acceptable range [0.0, 1.0]. Found minimum value {low} and maximum value "
            f"{high}. Rescaling values to [0.0, 1.0] with min/max scaler.",
            stacklevel=2,
        )
        pixels = (pixels - low) / ((high - low) or 1)
    return _from_bytes((pixels * 255).astype(np.uint8))


def preview(picture: "PIL.Image.Image") -> "PIL.Image.Image":
    """A copy whose longer side has PREVIEW_SIDE_PIXELS."""
    width, height = picture.size
    scale = PREVIEW_SIDE_PIXELS / max(width, height)
    return picture.resize((max(1, int(width * scale)), max(1, int(height * scale))))


def _from_bytes(pixels: "np.ndarray[Any, Any]") -> "PIL.Image.Image":
    picture: PIL.Image.Image = _pillow().fromarray(pixels)
    return picture


def _pillow() -> Any:
    try:
        import PIL.Image
    except ImportError as missing:
        raise ImportError("Images need Pillow. Please install it via: pip install Pillow") from missing
    return PIL.Image

"""Arrays as they are stored beside a proxy: an npz of a stated version. Knows nothing of what the arrays mean."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heaters.domain.errors import InvalidJob


def write_arrays(version: int, **arrays: Any) -> bytes:
    """An npz; the same arrays give the same bytes."""
    file = io.BytesIO()
    np.savez(file, version=np.int64(version), **arrays)
    return file.getvalue()


@contextmanager
def open_arrays(data: bytes, *, version: int, what: str) -> Iterator[Mapping[str, NDArray[Any]]]:
    """What `write_arrays` made of this version, each array read when it is asked for. Raises InvalidJob, naming
    `what` was stored, for anything else, and for what cannot be read of it while it is open.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            if (found := int(stored["version"])) != version:
                raise InvalidJob(f"{what.capitalize()} of version {found}; make the proxy again.")
            yield stored
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as exc:
        raise InvalidJob(f"The stored {what} cannot be read ({exc}); make the proxy again.") from exc

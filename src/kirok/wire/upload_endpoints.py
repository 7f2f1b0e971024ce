"""The rows of the endpoint table under which large files travel in parts, or straight to and from an object store."""

from kirok.wire import uploads
from kirok.wire.endpoint import Endpoint, Permission, post
from kirok.wire.experiments import Empty as _Empty

_READ, _EDIT = Permission.READ, Permission.EDIT
_BASE = "/mlflow-artifacts"
_OWN = "/api/kirok/mlflow-artifacts/uploads"

BEGIN_UPLOAD = Endpoint(
    "begin_upload",
    "POST",
    f"{_OWN}/begin",
    uploads.BeginUpload,
    uploads.UploadBegun,
    _EDIT,
    "Begin a file below the server's artifacts destination that is sent in parts.",
    base=_BASE,
    at_root=True,
)
UPLOAD_PART = Endpoint(
    "upload_part",
    "PUT",
    f"{_OWN}/part",
    bytes,
    _Empty,
    _EDIT,
    "Keep the request's body as one part of an upload; sent again, it takes the place of what was there.",
    base=_BASE,
    at_root=True,
    query=uploads.NamedPart,
)
SIGN_PARTS = Endpoint(
    "sign_parts",
    "POST",
    f"{_OWN}/sign",
    uploads.SignParts,
    uploads.SignedParts,
    _EDIT,
    "Requests by which parts of an upload may be sent straight to the store.",
    base=_BASE,
    at_root=True,
)
LIST_PARTS = Endpoint(
    "list_parts",
    "GET",
    f"{_OWN}/parts",
    uploads.NamedUpload,
    uploads.KeptParts,
    _READ,
    "The parts of an upload that are kept.",
    base=_BASE,
    at_root=True,
)
COMPLETE_UPLOAD = Endpoint(
    "complete_upload",
    "POST",
    f"{_OWN}/complete",
    uploads.CompleteUpload,
    _Empty,
    _EDIT,
    "Put the parts of an upload together as the file, whole or not at all.",
    base=_BASE,
    at_root=True,
)
ABANDON_UPLOAD = Endpoint(
    "abandon_upload",
    "POST",
    f"{_OWN}/abandon",
    uploads.NamedUpload,
    _Empty,
    _EDIT,
    "Drop an upload and what came of it; nothing there is no error.",
    base=_BASE,
    at_root=True,
)
CREATE_MULTIPART = Endpoint(
    "create_multipart_upload",
    "POST",
    "/mpu/create/{path}",
    uploads.CreateMultipart,
    uploads.CreatedMultipart,
    _EDIT,
    "Begin a file in the directory named by the path, in parts that go straight to the store by signed URLs.",
    base=_BASE,
)
COMPLETE_MULTIPART = Endpoint(
    "complete_multipart_upload",
    "POST",
    "/mpu/complete/{path}",
    uploads.CompleteMultipart,
    _Empty,
    _EDIT,
    "Put its parts together as the file.",
    base=_BASE,
)
ABORT_MULTIPART = Endpoint(
    "abort_multipart_upload",
    "POST",
    "/mpu/abort/{path}",
    uploads.AbortMultipart,
    _Empty,
    _EDIT,
    "Drop its parts.",
    base=_BASE,
)
PRESIGNED_DOWNLOAD = Endpoint(
    "presigned_download",
    "GET",
    "/presigned/{path}",
    _Empty,
    uploads.PresignedFile,
    _READ,
    "A signed URL by which a file below the server's artifacts destination comes straight from the store.",
    base=_BASE,
)
CREATE_PRESIGNED_UPLOAD = post(
    "create_presigned_upload_url",
    "/artifacts/presigned-upload-url",
    uploads.CreatePresignedUpload,
    uploads.PresignedUrl,
    _EDIT,
    "A signed URL by which a file of a run goes straight to the store that holds the run's files.",
)
CREATE_PRESIGNED_DOWNLOAD = post(
    "create_presigned_download_url",
    "/artifacts/presigned-download-url",
    uploads.CreatePresignedDownload,
    uploads.PresignedUrl,
    _READ,
    "A signed URL by which a file of a run comes straight from the store that holds the run's files.",
)

UPLOAD_ENDPOINTS: tuple[Endpoint, ...] = tuple(row for row in globals().values() if isinstance(row, Endpoint))
"""Every row, in the order above."""

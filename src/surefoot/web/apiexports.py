"""The exports of /api/v1: a patient's files, as ``surefoot export`` writes them, packed into one."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

from fastapi import Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from surefoot.exports.fhir import write_fhir
from surefoot.exports.parquet import write_parquet
from surefoot.exports.plain import write_csv
from surefoot.exports.tables import Range, tables
from surefoot.pipeline.store import Store
from surefoot.web.apipaging import Since, Until
from surefoot.web.apireads import PatientId, allowed
from surefoot.web.problems import ProblemError

Form = Literal["csv", "parquet", "fhir"]


class Exports:
    """What may be taken out as files."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    def export(
        self, request: Request, patient_id: PatientId, form: Form, since: Since = None, until: Until = None
    ) -> FileResponse:
        """Everything of a patient as files in a ZIP: tables as CSV or Parquet, or a FHIR R4 bundle.

        No name of the patient stands in any of them.
        """
        allowed(self._store, request.state.token, patient_id)
        folder = Path(mkdtemp(prefix="surefoot-export-"))
        try:
            packed = self._packed(patient_id, form, Range(since, until, None), folder)
        except ModuleNotFoundError as error:
            shutil.rmtree(folder, ignore_errors=True)
            what, remedy = f"{error.name} is missing at the clinic.", 'python -m pip install "surefoot[parquet]"'
            raise ProblemError("not-installed", what, remedy) from error
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        gone = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
        name = f"surefoot-{patient_id[:8]}-{form}.zip"
        return FileResponse(packed, media_type="application/zip", filename=name, background=gone)

    def _packed(self, patient_id: str, form: Form, span: Range, folder: Path) -> Path:
        if form == "fhir":
            written = write_fhir(self._store, patient_id, span, self._clock(), folder)
        else:
            every = tables(self._store, patient_id, span)
            written = write_csv(every, folder) if form == "csv" else write_parquet(every, folder)
        packed = folder / "export.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as into:
            for path in written:
                into.write(path, path.name)
        return packed

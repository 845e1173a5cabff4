"""Parquet: one file a table, with each column's unit and meaning in its schema. Needs pyarrow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from surefoot.exports.table import Column, Table


def write_parquet(tables: Sequence[Table], folder: Path) -> list[Path]:
    """zstd-packed; what cannot be said is null, never NaN."""
    import pyarrow
    from pyarrow import parquet

    types = {
        "text": pyarrow.string(), "number": pyarrow.float64(), "whole": pyarrow.int64(), "truth": pyarrow.bool_()
    }  # fmt: skip
    written = []
    for table in tables:
        schema = pyarrow.schema([_field(pyarrow, types, one) for one in table.columns], {"words": table.words})
        columns = zip(*table.rows, strict=True) if table.rows else ([] for _ in table.columns)
        arrays = [pyarrow.array(list(cells), field.type) for cells, field in zip(columns, schema, strict=True)]
        path = folder / f"{table.name}.parquet"
        parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), path, compression="zstd")
        written.append(path)
    return written


def _field(pyarrow: Any, types: dict[str, Any], column: Column) -> Any:
    return pyarrow.field(column.name, types[column.kind], metadata={"unit": column.unit, "words": column.words})

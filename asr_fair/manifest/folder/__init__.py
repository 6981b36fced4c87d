"""A folder of recordings, and somebody's table of who said what, as a manifest."""

from asr_fair.manifest.folder.importing import FolderSummary, import_folder
from asr_fair.manifest.folder.options import FolderOptions

__all__ = ["FolderOptions", "FolderSummary", "import_folder"]

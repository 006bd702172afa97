"""Banks and prompts on disk."""

from coach.library.banks import Library, check_banks, find_banks, load_library
from coach.library.drafting import draft_bank, new_bank
from coach.library.shipped import shipped
from coach.library.source import dump_bank, read_bank

__all__ = [
    "Library",
    "check_banks",
    "draft_bank",
    "dump_bank",
    "find_banks",
    "load_library",
    "new_bank",
    "read_bank",
    "shipped",
]

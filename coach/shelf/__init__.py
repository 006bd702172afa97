"""GGUF models on this machine: the catalogue, what is installed and by whom, pulling and removing."""

from coach.shelf.catalogue import Entry, HubFile, load_catalogue
from coach.shelf.found import InstalledModel, find_model, installed_models, models_folder
from coach.shelf.gguf import file_digest
from coach.shelf.machine import Memory, memory, memory_needed, readable
from coach.shelf.pulling import Progress, pull_model
from coach.shelf.removing import remove_model

__all__ = [
    "Entry",
    "HubFile",
    "InstalledModel",
    "Memory",
    "Progress",
    "file_digest",
    "find_model",
    "installed_models",
    "load_catalogue",
    "memory",
    "memory_needed",
    "models_folder",
    "pull_model",
    "readable",
    "remove_model",
]

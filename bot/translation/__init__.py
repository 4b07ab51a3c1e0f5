"""Words, dates, lists and directions in the reader's language."""

from bot.translation.catalogues import N_, Translator, catalogue_folder, translator
from bot.translation.forms import Forms, forms

__all__ = ["N_", "Forms", "Translator", "catalogue_folder", "forms", "translator"]

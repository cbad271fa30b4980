"""The words for the values of settings that offer a choice, the same in the form and on the buttons of advice."""

from ui.text import names, t


def choice(field: str, value: str) -> str:
    """Median frequency, for class_weights and median_frequency; a value without a word is itself."""
    return t(f"choice.{field}.{value}") if f"{field}.{value}" in names("choice") else value

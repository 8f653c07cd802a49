"""Where the settings for all clips of a folder lie, and the budget of the folder beside them."""

PRESETS = "presets/"
PRESET_LEVELS = 3  # how deep a folder may lie to have a preset of its own
BUDGET = "budget"  # how much the folder may spend; no setting of any clip


def preset_keys(key: str, prefix: str) -> list[str]:
    """Where the preset of a clip may lie, that of the deepest folder first."""
    folders = key.removeprefix(prefix).split("/")[:-1][:PRESET_LEVELS]
    names = ["/".join(folders[:depth]) for depth in range(len(folders), 0, -1)]
    return [f"{prefix}{PRESETS}{name}.json" for name in names if name]

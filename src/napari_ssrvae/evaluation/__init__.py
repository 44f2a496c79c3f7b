"""Data with known truth, metrics and rivals; import from the submodules."""

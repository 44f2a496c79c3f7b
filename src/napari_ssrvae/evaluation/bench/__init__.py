"""The benchmarks behind `napari-ssrvae bench`; import from the submodules.

A task (`runner.TASKS`) measures one line or a few of the table, each method on the same data and labels.
"""

"""The experiments of Ziatdinov et al., arXiv 2105.11475, on our model, with the paper's numbers beside ours.

Each experiment is a module with `run(lab)`, a generator of events that returns an `Outcome`, and `draw(outcome)`,
which makes the figure. `reproduce` runs them and writes figure and numbers. Import from the submodules.
"""

"""The parts of the Train page.

like        the settings of an older run, changed as a link says
presets     configurations to begin with
problems    everything that is wrong with a configuration, found before anything starts
preflight   the panel "Check before start"
lr_finder   the panel "Find a learning rate"
command     the command line that says the same
"""

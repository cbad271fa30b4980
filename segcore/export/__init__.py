"""Files for other programs and for people: CSV, TensorBoard events and HTML reports.

Reports are plain data (`sections`), which `page` writes as HTML. Pages draw the same sections, which need neither torch
nor tensorboardX, so nothing is imported here: import each exporter from its module.
"""

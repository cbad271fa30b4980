"""The dashboard: everything that imports Streamlit, except app.py and the pages themselves.

main        the script behind every page: navigation
frame       page(): title, and errors as sentences
server      security headers, host names, warm-up: what app.py adds to Streamlit
routes      addresses that the browser reads directly: photos, masks, thumbnails, the curves of a run
vendor      the chart library in the installed plotly package
language    the switch of the language
text        t(key): every word that people read, from locale/*.json
state       the only file that touches st.session_state and the query of the address
cache       the only file that caches; store.py is what it keeps things in
choices     what can be chosen, as plain hashable values
pickers     draw the choice of a model and of its detail
samples     the photos that come with scikit-image
views       a row of views of which one is shown
tables      small tables as HTML of our own, with every text escaped
tiles       a row of facts, as HTML of our own
jobs        a short job: start, progress, cancel, answer
forms       TrainConfig ↔ widgets, made from the fields' own metadata
segment     the parts of the Segment page
train       the parts of the Train page
learn       the lessons and the glossary
runs        the parts of the Runs page
data        the parts of the Data page
evaluate    the parts of the Evaluate page
shelf       the parts of the Models page
viewer      the mask viewer, a component of our own
live        the live curves of one run or several, a component of our own
scrubber    a run epoch by epoch: masks, errors, counts; a component of our own
style.css   what the theme cannot say
"""

"""The dashboard: everything that imports Streamlit, except app.py and the pages themselves.

main        the script behind every page: navigation
frame       page(): title, language, errors as sentences
server      security headers, warm-up; what app.py adds to Streamlit
routes      addresses that the browser reads directly: photos, masks, thumbnails
text        t(key): every word that people read, from locale/*.json
state       the only file that touches st.session_state and the query of the address
cache       the only file that caches
pickers     choose a photo, a model, a detail → plain values
samples     the photos that come with scikit-image
segment     the parts of the Segment page
viewer      the mask viewer, a component of our own
"""

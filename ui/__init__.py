"""The dashboard: everything that imports Streamlit, except app.py and the pages themselves."""

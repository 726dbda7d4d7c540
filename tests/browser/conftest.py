# A script that trains and draws: for people, see CONTRIBUTING.md.
collect_ignore = ["screenshots.py"]

"""NumPy, SciPy, Matplotlib and others with the names they had in 2016 to 2019.

The tree is that of the libraries: `scipy/misc.py` here is what a program gets for
`scipy.misc`. A file defines what has been dropped or changed, and hands on all else:

    __getattr__, __dir__ = faces.attach(__name__)

A module that has no file here is given to programs as it is. The libraries themselves
are not touched: other code in the process sees them as they are.
"""

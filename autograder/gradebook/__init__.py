"""What was judged, in nbgrader's gradebook.

books.py        the process that writes, and who feeds it
writing.py      what it writes, with nbgrader's own code
transaction.py  many submissions in one transaction
standing.py     what then stands there
"""

"""Two releases -> what the second one changes, for whom: a witness for each kind of change, or that there is none.

What is written otherwise but means the same is proved to be the same. Needs the extra `prove`.
"""

"""A city of any size, with the rows its people would have left.

`play` lets one learner study through the real actions. `clone` copies what such a play left, for as many learners as
wanted, by set-based writes. A test holds the two against each other.
"""

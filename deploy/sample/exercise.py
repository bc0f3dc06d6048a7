"""x."""
A_DRAFT="VD-NQ-01"
def write(*a): pass

"""PyTorch is a witness where it happens to be installed; it is never asked for."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") else ["test_torch.py"]

"""Speed and memory, side by side in one run: `make bench`, or `python tests/benchmarks startup batch mini chat`."""

import sys
from importlib import import_module

PARTS = ("startup", "batch", "mini", "chat")


def main() -> None:
    """Run the named parts, or all."""
    for name in sys.argv[1:] or PARTS:
        print(f"\n{name}", flush=True)
        import_module(name).main()


if __name__ == "__main__":
    main()

"""Speed and memory, side by side in one run: `make bench`, or `python tests/benchmarks rivals mini` for some parts."""

import sys
from importlib import import_module

PARTS = ("startup", "app", "batch", "on_ray", "mini", "rivals", "chat")


def main() -> None:
    """Run the named parts, or all."""
    for name in sys.argv[1:] or PARTS:
        print(f"\n{name}", flush=True)
        import_module(name).main()


if __name__ == "__main__":
    main()

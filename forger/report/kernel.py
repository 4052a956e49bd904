"""The notebook's kernel: IPython as it comes, whatever a person or a system has configured."""

from typing import Any

from ipykernel.kernelapp import IPKernelApp


class Kernel(IPKernelApp):
    """Reads no configuration file and runs no start-up file."""

    def load_config_file(self, *_: Any, **__: Any) -> None:
        """Not those of a profile, of this Python's prefix or of /etc."""

    def _run_startup_files(self) -> None:
        """Likewise."""


if __name__ == "__main__":
    Kernel.launch_instance()

"""The notebook's kernel: plain IPython, whatever a user or the system has configured."""

from typing import Any

from ipykernel.kernelapp import IPKernelApp


class Kernel(IPKernelApp):
    """A kernel that reads no configuration file and runs no start-up file."""

    def load_config_file(self, *_: Any, **__: Any) -> None:
        """Ignore the configuration files of a profile, of this Python's prefix and of /etc."""

    def _run_startup_files(self) -> None:
        """Run no start-up file."""


if __name__ == "__main__":
    Kernel.launch_instance()

"""What a person or CI runs over the pipeline, each as `python3 -m jobs.NAME`."""

from stages.gan.isolation import isolate

isolate("jobs")

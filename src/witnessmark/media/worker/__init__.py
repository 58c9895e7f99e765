"""The process that decodes: imported by nobody, run as ``python -m witnessmark.media.worker``, one file a process."""

"""An auction day under load on this machine: ``make load SESSIONS=40000``. What it found is in docs/load.md."""

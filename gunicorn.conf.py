"""How `gunicorn config.wsgi` serves Perennial. Every value gives way to the same option on the command line."""

import os

# The application is loaded once, before any worker: a wrong setting ends gunicorn in one sentence with exit code 1,
# where each worker would fail by itself.
preload_app = True

# By default it listens on 127.0.0.1:8000; PORT and WEB_CONCURRENCY are gunicorn's own variables.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Requests wait for Instagram (at most 20 seconds): threads cost less than processes.
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 30
max_requests = 10_000
max_requests_jitter = 1_000

# gunicorn trusts nobody's forwarding headers: Django reads them, as TRUSTED_PROXY_COUNT says.
forwarded_allow_ips = ""

logger_class = "config.gunicorn_log.MaskingLogger"
accesslog = "-"
access_log_format = '%(h)s "%(r)s" %(s)s %(b)s %(M)sms'
# It would lie in the home directory, where every installation of the machine finds the same one.
control_socket_disable = True

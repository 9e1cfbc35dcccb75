"""The web server's entry: `gunicorn config.wsgi`."""

from config.start import web_application

application = web_application()

"""Facebook's side of Meta: Facebook Login with Pages, and the system users of businesses."""

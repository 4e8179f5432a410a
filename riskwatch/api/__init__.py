"""The page and the JSON API over an opened store; `application.make_app` is what the CLI serves."""

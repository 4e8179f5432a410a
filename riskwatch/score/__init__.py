"""From features to an explained likelihood and impact."""

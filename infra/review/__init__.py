"""What reviewers use: the API, sign-in, the site and the front that serves both."""

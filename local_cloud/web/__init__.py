"""The one public port: site, API and media, with the headers that the templates say."""
